"""trending, killed with signal 9 at random moments: the next run goes on, and ends with the rows of an undisturbed one."""

from __future__ import annotations

import random
import subprocess
import sys
import time

from orchestrator.db.engine import Database
from tests.jobs.conftest import Runner, execute, rows

from .trending_days import write_days

BATCH_SIZE = 3
KILLS = 3
STORED = "SELECT * FROM feed.trending_post ORDER BY post_id"
LEFT = "SELECT (SELECT count(*) FROM feed.job_run WHERE status = 'RUNNING'), (SELECT count(*) FROM feed.job_batch)"


def start(url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.jobs.feed.program", url, "trending", str(BATCH_SIZE)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def test_kills_at_random_moments_leave_no_trace(database: Database, database_url: str, run: Runner) -> None:
    write_days(database)
    run("trending", batch_size=BATCH_SIZE)
    undisturbed, moments = rows(database, STORED), random.Random(5)
    with start(database_url) as process:
        began = time.monotonic()
        assert process.wait() == 0
        took_s = time.monotonic() - began
    for _ in range(KILLS):
        execute(database, "DELETE FROM feed.trending_post WHERE post_id % 3 > 0")
        with start(database_url) as process:
            time.sleep(moments.uniform(0, took_s))
            process.kill()
        run("trending", batch_size=BATCH_SIZE)
        assert rows(database, STORED) == undisturbed
        assert rows(database, LEFT) == [(0, 0)]
