"""Complaint 11: a batch job eats memory, takes days, cannot be resumed, and says nothing meanwhile.

That a run goes on behind its last batch: test_04, and the kills at random in tests/acceptance.
"""

from __future__ import annotations

import json
import subprocess
import sys

from orchestrator.db.engine import Database
from tests.jobs.conftest import execute

PROGRAM = """
import resource, sys
from orchestrator.cli.app import main
code = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(code)
"""
POSTS = """
INSERT INTO app.posts (id, author_id, created_at, content_type, body)
SELECT n, n % 100, now(), 'text', repeat('some words about hiking in the hills number ' || n % 900 || ' ', 8)
FROM generate_series({}, {}) AS n
"""
EXTRA_MB = 20


def peak_mb(url: str, posts: int) -> float:
    """Run content-features in a process of its own, and see what it says about its speed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "run", "content-features", "--batch-size", "500"],
        env={"FEEDSCORE_DATABASE_URL": url, "FEEDSCORE_CONTENT_PARTS": "none", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    ended = json.loads(done.stderr.splitlines()[-1])
    assert (ended["event"], ended["processed"]) == ("ended", posts)
    assert ended["items_per_s"] > 0
    return int(done.stdout.splitlines()[-1]) / 1024


def test_ten_times_the_posts_take_no_more_memory_and_the_log_tells_the_speed(
    database: Database, database_url: str
) -> None:
    execute(database, POSTS.format(1, 1500))
    few = peak_mb(database_url, 1500)
    execute(database, POSTS.format(1501, 16_500))
    assert peak_mb(database_url, 15_000) - few < EXTRA_MB
