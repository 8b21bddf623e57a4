"""Complaint 3: the scheduler dies silently when Redis has trouble, and so do the workers."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from orchestrator.db.engine import Database
from orchestrator.queue.broker import connect
from orchestrator.queue.embedded_redis import EmbeddedRedis
from orchestrator.settings import Settings
from tests.jobs.conftest import execute, rows

from .conftest import LONG, Start, until

OUTAGE_S = 30.0 if LONG else 3.0
SLOTS = "SELECT outcome FROM feed.schedule_slot WHERE schedule = 'analytics-rollup' ORDER BY slot"
TWO_WEEKS_MISSED = (
    "UPDATE feed.schedule SET decided_until = now() - interval '15 days' WHERE name = 'analytics-rollup'"
)


def test_redis_killed_for_a_while_ends_no_process_and_loses_no_slot(
    database: Database, settings: Settings, broker_settings: Settings, start: Start, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"data_dir": broker_settings.data_dir / "outage"})
    server = EmbeddedRedis(settings)
    server.start()
    try:
        processes = [
            start(settings, "tests.complaints.clock_process"), start(settings, "orchestrator", "worker-process"),
        ]  # fmt: skip
        until(
            lambda: (
                rows(database, "SELECT FROM feed.schedule") and connect(settings).keys("feedscore:worker:*")
            )
        )
        os.kill(int(connect(settings).info()["process_id"]), signal.SIGKILL)
        until(lambda: not server.is_running)
        execute(database, TWO_WEEKS_MISSED)
        began = time.monotonic()
        until(lambda: rows(database, SLOTS))
        time.sleep(max(0.0, OUTAGE_S - (time.monotonic() - began)))
        assert [outcome for (outcome,) in rows(database, SLOTS)][-2:] == ["missed", "enqueued"], (
            "by policy `once`"
        )
        server.start()
        until(
            lambda: rows(
                database, "SELECT FROM feed.job_run WHERE job = 'analytics-rollup' AND status = 'SUCCESS'"
            )
        )
        assert [process.poll() for process in processes] == [None, None], "all are still alive"
        assert "Redis is away, the clock ticks by itself" in (tmp_path / "told.log").read_text()
    finally:
        server.stop()
