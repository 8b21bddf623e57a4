"""Complaint 4: a run is lost, or `started` for ever, when its worker dies."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from orchestrator.db import pending
from orchestrator.db.engine import Database
from orchestrator.db.runs import Trigger
from orchestrator.jobs import registry
from orchestrator.queue import supervise
from orchestrator.queue.broker import connect
from orchestrator.queue.dispatch import dispatch
from orchestrator.queue.embedded_redis import EmbeddedRedis
from orchestrator.queue.enqueue import enqueue_job
from orchestrator.runner import bury_the_silent
from orchestrator.settings import Settings
from tests.jobs.conftest import execute, rows

from .conftest import LONG, Start, today, until

RECOVERED_S = 60
DIGEST = """
SELECT count(*), sum(hashtextextended(l::text, 0)::numeric)
FROM (SELECT viewer_id, candidate_ids, scores, facts FROM feed.match_list) AS l
"""
SLOW_DOWN = """
CREATE FUNCTION slow_down() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END';
CREATE TRIGGER slow_down BEFORE INSERT ON feed.job_batch FOR EACH ROW EXECUTE FUNCTION slow_down();
"""
UNDER_WAY = """
SELECT pid FROM feed.job_run JOIN feed.job_batch ON run_id = id WHERE status = 'RUNNING' GROUP BY id HAVING count(*) > 2
"""
RUNS = "SELECT status, attempt, error, (metadata ->> 'items_resumed')::int > 0 FROM feed.job_run WHERE id >= {} ORDER BY id"


def test_a_run_whose_worker_is_killed_is_back_within_a_minute_and_ends_with_the_same_rows(
    strict_town: Database, strict_settings: Settings, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The short form looks for the dead at once, where a supervisor waits for three missed heartbeats."""
    undisturbed = rows(strict_town, DIGEST)
    execute(strict_town, "TRUNCATE feed.match_list", SLOW_DOWN)
    server = EmbeddedRedis(strict_settings)
    server.start()
    broker = connect(strict_settings)
    try:
        worker = ("worker", "--count", "1") if LONG else ("worker-process",)
        process = start(strict_settings, "orchestrator", *worker)
        job = registry["match-scores"]
        with strict_town.connection() as connection:
            made = enqueue_job(
                connection, strict_settings, job, job.parameters(batch_size=10), now=today(),
                trigger=Trigger.MANUAL, cause="by hand",
            )  # fmt: skip
        until(lambda: rows(strict_town, UNDER_WAY), step=lambda: dispatch(strict_town, broker))
        time.sleep(random.Random().uniform(0, 0.3))
        killed_at = time.monotonic()
        os.kill(rows(strict_town, UNDER_WAY)[0][0], signal.SIGKILL)
        if not LONG:
            process.kill()
            process.wait()
            start(strict_settings, "orchestrator", "worker-process")
            monkeypatch.setattr(pending, "RETRY_BASE_S", 0.1)

        def look() -> None:
            if not LONG:
                bury_the_silent(strict_town, 0.5)
                dispatch(strict_town, broker)

        until(lambda: rows(strict_town, RUNS.format(made.record.id))[-1][0] == "SUCCESS", RECOVERED_S, look)
        assert time.monotonic() - killed_at < RECOVERED_S
        assert rows(strict_town, RUNS.format(made.record.id)) == [
            ("FAILED", 1, "the process ended without a word", None), ("SUCCESS", 2, None, True),
        ]  # fmt: skip
        assert rows(strict_town, DIGEST) == undisturbed
    finally:
        server.stop()


def test_a_supervisor_finds_the_dead_soon_enough() -> None:
    first_retry_s = 1.5 * pending.RETRY_BASE_S
    assert supervise.SILENT_S + supervise.SWEEP_EVERY_S + first_retry_s < RECOVERED_S
