"""Refreshers as processes: one acts, one stands by, and neither loses an event."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.queue.supervise import Supervisor
from orchestrator.runner import run_job
from orchestrator.settings import Settings
from orchestrator.triggers.resident import refresher_lives
from tests.jobs.conftest import execute, rows

WAITING = "SELECT count(*) FROM feed.event_outbox WHERE processed_at IS NULL"
PATIENCE_S = 60


@contextmanager
def refresher(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    assert settings.database_url
    environment = {
        **os.environ,
        "FEEDSCORE_DATABASE_URL": settings.database_url.get_secret_value(),
        "FEEDSCORE_DATA_DIR": str(settings.data_dir),
    }
    process = subprocess.Popen([sys.executable, "-m", "orchestrator", "refresher"], env=environment)
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(PATIENCE_S) in {0, -9}


def wait_for_events(database: Database, *, at_most: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while rows(database, WAITING)[0][0] > at_most:
        assert time.monotonic() < deadline, "events are not worked off"
        time.sleep(0.02)


def test_a_killed_refresher_is_followed_by_the_one_that_stood_by_and_nothing_is_lost(
    town: Database, town_settings: Settings
) -> None:
    scores = registry["match-scores"]
    run_job(town, town_settings, scores, now=datetime.now(UTC))
    with refresher(town_settings) as first, refresher(town_settings):
        for users in ("1 AND 100", "101 AND 200", "201 AND 300"):
            execute(
                town,
                f"UPDATE app.users SET birth_date = birth_date - 500 WHERE id BETWEEN {users}",
                "INSERT INTO feed.event_outbox (kind, user_id)"
                f" SELECT 'profile.updated', id FROM app.users WHERE id BETWEEN {users}",
            )
        wait_for_events(town, at_most=290)
        first.kill()
        wait_for_events(town, at_most=0)
    record = run_job(town, town_settings, scores, now=datetime.now(UTC))
    assert record.metadata["rows_written"] == 0


def test_a_supervisor_leaves_events_to_the_refresher_that_lives(
    town: Database, town_settings: Settings
) -> None:
    supervisor = Supervisor(town_settings, town, [])
    execute(town, "INSERT INTO feed.event_outbox (kind, user_id) VALUES ('profile.updated', 3)")
    own = town.dedicated()
    own.execute("SELECT pg_advisory_lock(hashtextextended('feedscore run refresher all', 0))")
    with town.connection() as connection:
        assert refresher_lives(connection)
    supervisor._consume()
    assert rows(town, WAITING) == [(1,)]
    own.close()
    supervisor._consume()
    assert rows(town, WAITING) == [(0,)]
