"""match-scores, killed with signal 9 at random moments; each time the same command again gives the undisturbed rows.

In the suite: a small town and a few kills. `FEEDSCORE_KILLS=20 FEEDSCORE_KILLED_PEOPLE=100000` make it the long form.
"""

from __future__ import annotations

import json
import os
import random
import time

from orchestrator.db.embedded import EmbeddedServer
from orchestrator.errors import ExitCode

from .conftest import Home

# Read here, before the fixture that clears FEEDSCORE_ variables for each test.
KILLS = int(os.environ.get("FEEDSCORE_KILLS", "3"))
PEOPLE = int(os.environ.get("FEEDSCORE_KILLED_PEOPLE", "2000"))
COMMAND = ("run", "match-scores", "--json")
# Every column but the time of computing, which a later run rightly has later.
DIGEST = """
SELECT count(*), sum(hashtextextended(concat_ws('|', viewer_id, candidate_ids, scores, facts, interests, goals,
  fingerprint, inputs, algorithm_version), 0)::numeric)
FROM feed.match_list
"""
LEFT_RUNNING = "SELECT count(*) FROM feed.job_run WHERE status = 'RUNNING'"
LEFT_BATCHES = "SELECT count(*) FROM feed.job_batch"


def finish(home: Home) -> float:
    """Run the command to its end; tell how many seconds it took."""
    start = time.monotonic()
    done = home.run(*COMMAND)
    assert done.returncode == ExitCode.DONE, done.stderr
    assert json.loads(done.stdout)["runs"][-1]["status"] == "SUCCESS"
    return time.monotonic() - start


def test_kills_at_random_moments_leave_no_trace(home: Home) -> None:
    moments = random.Random(9)
    server: EmbeddedServer = home.server
    server.acquire()  # the server outlives the killed, as a database does
    try:
        made = home.run("town", "--people", str(PEOPLE), "--seed", "1")
        assert made.returncode == ExitCode.DONE, made.stderr
        made = home.run("db", "init")
        assert made.returncode == ExitCode.DONE, made.stderr
        took_s = finish(home)
        undisturbed = home.sql(DIGEST)
        for number in range(KILLS):
            home.sql("TRUNCATE feed.match_list")
            process = home.start(*COMMAND)
            time.sleep(moments.uniform(0.3, 1.0) * took_s)
            process.kill()
            process.communicate()
            killed_at = home.sql("SELECT count(*) FROM feed.match_list")[0][0]
            finish(home)
            print(f"kill {number + 1}: {killed_at} lists were there")  # noqa: T201 -- shown by pytest -s
            assert home.sql(DIGEST) == undisturbed
            assert home.sql(LEFT_RUNNING) == [(0,)]
            assert home.sql(LEFT_BATCHES) == [(0,)]
    finally:
        server.release()
