"""A database that goes away, fills up, or forgets us in the middle of a run."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from orchestrator.context import Batch, JobContext
from orchestrator.db.embedded import EmbeddedServer
from orchestrator.db.engine import Database
from orchestrator.db.migrate import migrate
from orchestrator.db.runs import RunStatus, find_run, list_runs
from orchestrator.runner import heart, run_job
from orchestrator.settings import Settings
from orchestrator.source.tables import create_application_tables

from .conftest import NOW, TABLE, batch_job, count_items, plain_job

TERMINATE_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_terminated_connections_end_the_run_which_the_next_resumes(
    items: Database, settings: Settings, database_url: str, workers: int
) -> None:
    def terminate(_: psycopg.Connection, batch: Batch) -> None:
        if batch.number == 3:
            with psycopg.connect(database_url) as other:
                other.execute(TERMINATE_OTHERS)

    failed = run_job(items, settings, batch_job(terminate, workers=workers), now=NOW)
    assert failed.status is RunStatus.FAILED
    assert failed.error is not None
    assert "terminating connection due to administrator command" in failed.error
    with items.connection() as connection:
        assert list_runs(connection) == [failed]
    done = count_items(items)
    again = run_job(items, settings, batch_job(), now=NOW)
    assert (again.status, again.items_processed, count_items(items)) == (RunStatus.SUCCESS, 50 - done, 50)


def test_a_stopped_server_leaves_nothing_half_written(open_folder: Path) -> None:
    server = EmbeddedServer(open_folder)
    server.acquire()

    def stop_server(_: psycopg.Connection, batch: Batch) -> None:
        if batch.number == 3:
            file = server.cluster / "postmaster.pid"
            os.kill(int(file.read_text().split()[0]), signal.SIGQUIT)  # at once, as by a crash
            while file.exists():
                time.sleep(0.01)

    settings = Settings(database_url=SecretStr(server.url), data_dir=open_folder)
    with Database(settings) as database:
        migrate_all(database)
        failed = run_job(database, settings, batch_job(stop_server), now=NOW)
    assert failed.status is RunStatus.FAILED
    assert failed.error is not None
    assert "the next run will resume" in failed.error
    assert server.revive(), "who uses it can start it again"
    assert not server.revive(), "it runs"
    with Database(settings) as database:
        again = run_job(database, settings, batch_job(), now=NOW)
        # Batches do not wait for the disk: the crash may have lost the last ones, with their checkpoints.
        assert (again.status, count_items(database)) == (RunStatus.SUCCESS, 50)
        assert again.items_processed + again.metadata.get("items_resumed", 0) == 50
    server.release()


def migrate_all(database: Database) -> None:
    with database.connection() as connection:
        create_application_tables(connection)
        connection.execute(TABLE)
    migrate(database)


def test_a_full_disk_ends_the_run_and_says_so(items: Database, settings: Settings) -> None:
    def fill_up(connection: psycopg.Connection, batch: Batch) -> None:
        if batch.number == 2:
            connection.execute(
                "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
            )

    record = run_job(items, settings, batch_job(fill_up), now=NOW)
    assert (record.status, record.items_processed, count_items(items)) == (RunStatus.FAILED, 20, 20)
    assert record.error == "the disk of the database is full: could not extend file"


def test_a_deadlock_or_time_limit_is_tried_again(items: Database, settings: Settings) -> None:
    tries: list[Batch] = []

    def wait_too_long(connection: psycopg.Connection, batch: Batch) -> None:
        if batch.number == 2 and not tries:
            tries.append(batch)
            connection.execute("SET LOCAL statement_timeout = 20")
            connection.execute("SELECT pg_sleep(5)")

    record = run_job(items, settings, batch_job(wait_too_long), now=NOW)
    assert (record.status, record.items_failed, count_items(items)) == (RunStatus.SUCCESS, 0, 50)


def test_a_run_without_its_lock_commits_nothing_more(items: Database, settings: Settings) -> None:
    def bury(_: psycopg.Connection, batch: Batch) -> None:
        if batch.number == 2:
            with items.connection() as other:
                other.execute("UPDATE feed.job_run SET status = 'FAILED', error = 'buried'")

    record = run_job(items, settings, batch_job(bury), now=NOW)
    assert (record.status, record.error, count_items(items)) == (RunStatus.FAILED, "buried", 20)


WAITING = {"step": "waiting", "done": 0, "total": None}


def test_a_run_beats_tells_what_it_does_and_notices_that_it_was_buried(
    items: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heart, "INTERVAL_S", 0.02)

    def run(context: JobContext) -> None:
        """Wait to be told that the run is over."""
        with items.connection() as connection:
            (record,) = list_runs(connection)
            connection.commit()
            context.run.step("waiting")
            while not (now := find_run(connection, record.id)) or now.metadata.get("now") != WAITING:
                connection.commit()
            assert now.heartbeat_at != record.heartbeat_at
            connection.execute("UPDATE feed.job_run SET status = 'FAILED', error = 'buried'")
        while True:
            context.run.check_stop()

    record = run_job(items, settings, plain_job(run), now=NOW)
    assert (record.status, record.error) == (RunStatus.FAILED, "buried")
