"""Every job, killed with signal 9 at random moments of its run; the next run goes on and gives the undisturbed rows.

In the suite: a small town and one kill a job. `FEEDSCORE_KILLS=20 FEEDSCORE_KILLED_PEOPLE=20000` make it the long form.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from orchestrator.errors import ExitCode
from orchestrator.jobs import registry
from orchestrator.plan import make_plan
from orchestrator.registry import Job

from .conftest import Home
from .written_rows import rows_of, tables_of

# Read here, before the fixture that clears FEEDSCORE_ variables for each test.
KILLS = int(os.environ.get("FEEDSCORE_KILLS", "1"))
PEOPLE = int(os.environ.get("FEEDSCORE_KILLED_PEOPLE", "800"))
BATCHES = 12
"""Into so many batches the items of a run are cut: a kill falls before, between, within or after them."""
TRIES = 20
"""So often, for each kill, a moment is chosen anew when the run had ended before it was killed."""
RUNNING = "SELECT count(*) FROM feed.job_run WHERE job = %s AND status = 'RUNNING'"
BEGUN = "SELECT count(*) FROM feed.job_run WHERE job = %s AND pid = %s"
COMMITTED = "SELECT count(*) FROM feed.job_batch JOIN feed.job_run ON id = run_id WHERE job = %s AND status = 'RUNNING'"
LAST = "SELECT items_processed, duration_ms FROM feed.job_run WHERE job = %s ORDER BY id DESC LIMIT 1"
LEFT = "SELECT (SELECT count(*) FROM feed.job_run WHERE status = 'RUNNING'), (SELECT count(*) FROM feed.job_batch)"
# A batch takes a few milliseconds more than it would, so that a kill can be aimed at it.
SLOW_DOWN = """
CREATE FUNCTION slow_down() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.03); RETURN NEW; END $$;
CREATE TRIGGER slow_down BEFORE INSERT ON feed.job_batch FOR EACH ROW EXECUTE FUNCTION slow_down();
"""
# What jobs that write no table of their own find to do: segments of people who are gone; runs and events of long ago.
SPOIL = {
    "feed-presort-cleanup": """
      INSERT INTO feed.feed_presorted
        (user_id, segment, kinds, item_ids, scores, fingerprint, computed_at, algorithm_version)
      SELECT user_id + 1000000000, segment, kinds, item_ids, scores, fingerprint, computed_at, algorithm_version
      FROM feed.feed_presorted ON CONFLICT DO NOTHING""",
    "job-run-cleanup": """
      INSERT INTO feed.event_outbox (kind, user_id, idempotency_key)
      VALUES ('profile.updated', 1, 'young') ON CONFLICT DO NOTHING;
      INSERT INTO feed.event_outbox (kind, user_id, processed_at, outcome)
      SELECT 'profile.updated', n, now() - interval '400 days', 'nothing to do' FROM generate_series(1, 1000) AS n""",
}
LEFT_BY = {
    "feed-presort-cleanup": ["feed.feed_presorted"],
    "job-run-cleanup": ["feed.event_outbox"],
}
# Their rows are about the runs themselves, of which each kill makes one more, or about the hour in which they were made.
OTHERWISE = frozenset({"analytics-rollup", "profile-analysis"})
VICTIMS = [job for job in registry if job.name not in OTHERWISE]


@dataclass
class Scene:
    """A town on a server that outlives the killed, as a database does, and the moment for which all is computed."""

    runner: subprocess.Popen[str]
    """Starts a process for each line that it is told."""
    connection: psycopg.Connection
    as_of: datetime

    def start(self, batch: int, *jobs: str) -> int:
        """Start a process that runs these jobs; give its id."""
        assert self.runner.stdin is not None
        self.runner.stdin.write(f"{batch} {' '.join(f'{job}={self.as_of.isoformat()}' for job in jobs)}\n")
        self.runner.stdin.flush()
        return self.told()

    def told(self) -> int:
        """What the runner tells next: the id of the process that it has started, or how that has ended."""
        assert self.runner.stdout is not None
        return int(self.runner.stdout.readline())

    def finish(self, batch: int, *jobs: str) -> None:
        """Run these jobs to their end."""
        self.start(batch, *jobs)
        assert self.told() == ExitCode.DONE

    def ask(self, query: str, *about: object) -> tuple[Any, ...]:  # Any: what a query gives
        row = self.connection.execute(query.encode(), about).fetchone()
        assert row is not None
        return row


@pytest.fixture(scope="module")
def scene(home: Home) -> Iterator[Scene]:
    """A town over which all jobs have run."""
    server = home.server
    server.acquire()
    try:
        for arguments in (("town", "--people", str(PEOPLE), "--seed", "1"), ("db", "init")):
            made = home.run(*arguments)
            assert made.returncode == ExitCode.DONE, made.stderr
        command = [sys.executable, "-m", "tests.acceptance.quiet", server.url]
        with (
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as runner,
            psycopg.connect(server.url, autocommit=True) as connection,
        ):
            connection.execute(SLOW_DOWN)
            scene = Scene(runner, connection, datetime.now(UTC))
            scene.finish(0, *(step.job.name for step in make_plan(registry, ["all"])))
            yield scene
    finally:
        server.release()


def spoil(scene: Scene, job: Job) -> None:
    """Give the job everything to do."""
    scene.connection.execute(SPOIL.get(job.name, f"TRUNCATE {', '.join(job.writes)}").encode())


def rows_left(scene: Scene, job: Job) -> list[tuple[Any, ...]]:  # Any: what a query gives
    """How many rows there are in each table of the job, and a digest of them."""
    digest = "SELECT count(*), sum(hashtextextended(r::text, 0)::numeric) FROM ({rows}) AS r"
    return [scene.ask(digest.format(rows=rows_of(table))) for table in LEFT_BY.get(job.name, tables_of(job))]


def killed_at(scene: Scene, job: Job, batch: int, moments: random.Random, took_s: float) -> int | None:
    """Kill a run at a random moment; tell how many batches it had committed, or None if it had ended by itself."""
    aim = moments.randrange(BATCHES + 1)
    pid = scene.start(batch, job.name)
    while not scene.ask(BEGUN, job.name, pid)[0]:
        time.sleep(0.001)
    while scene.ask(COMMITTED, job.name)[0] < aim and scene.ask(RUNNING, job.name)[0]:
        pass
    time.sleep(moments.uniform(0, 0.8 * took_s if aim == 0 else 0.05))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    scene.told()
    return int(scene.ask(COMMITTED, job.name)[0]) if scene.ask(RUNNING, job.name)[0] else None


@pytest.mark.parametrize("job", VICTIMS, ids=lambda job: job.name)
def test_kills_at_random_moments_leave_no_trace(job: Job, scene: Scene) -> None:
    moments = random.Random(f"{job.name}, killed")
    spoil(scene, job)
    scene.finish(0, job.name)
    undisturbed = rows_left(scene, job)
    items, took_ms = scene.ask(LAST, job.name)
    assert undisturbed[0][0], "there must be something to compare"
    batch = max(1, items // BATCHES)
    committed: list[int] = []
    for _ in range(TRIES * KILLS):
        spoil(scene, job)
        found = killed_at(scene, job, batch, moments, took_ms / 1000)
        scene.finish(batch, job.name)
        assert rows_left(scene, job) == undisturbed
        assert scene.ask(LEFT) == (0, 0)
        committed += [found] if found is not None else []
        if len(committed) == KILLS:
            break
    print(f"{job.name}: killed behind {sorted(committed)} batches")  # noqa: T201 -- shown by pytest -s
    assert len(committed) == KILLS
