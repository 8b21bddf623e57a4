"""Runs that end, and are enqueued, at the same moment: nobody overlooks what another transaction is just about to commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg

from orchestrator.db.engine import Database
from orchestrator.db.runs import RunStatus, find_run, finish_run
from orchestrator.runner.settle import settle
from orchestrator.settings import Settings

from .conftest import Desk, nothing, registry_of

FORK = registry_of(left=(nothing, ()), right=(nothing, ()), both=(nothing, ("left", "right")))
BLOCKED = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)
START = "UPDATE feed.job_run SET status = 'RUNNING', started_at = now(), heartbeat_at = now() WHERE status = 'QUEUED'"
# The first end of a run meets a deadlock.
DEADLOCK_ONCE = """
CREATE SEQUENCE ends;
CREATE FUNCTION deadlock_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.status = 'SUCCESS' AND nextval('ends') = 1 THEN
    RAISE EXCEPTION 'deadlock detected' USING ERRCODE = 'deadlock_detected';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER deadlock_once BEFORE UPDATE ON feed.job_run FOR EACH ROW EXECUTE FUNCTION deadlock_once();
"""


def end(connection: psycopg.Connection, run_id: int) -> None:
    """End a run well, without a commit."""
    finish_run(connection, run_id, RunStatus.SUCCESS, processed=0, failed=0, metadata={}, error=None)
    record = find_run(connection, run_id)
    assert record is not None
    settle(connection, record)


def meanwhile(desk: Desk, first: psycopg.Connection, second: Callable[[psycopg.Connection], None]) -> None:
    """Do something in a transaction of its own while `first` is open, which is committed when the other waits for it."""

    def do() -> None:
        with desk.database.connection() as connection:
            second(connection)

    thread = threading.Thread(target=do)
    thread.start()
    deadline = time.monotonic() + 30
    while desk.rows(BLOCKED) == [(0,)] and thread.is_alive():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    first.commit()
    thread.join()


def test_of_two_runs_that_end_at_once_the_later_frees_what_waited_for_both(
    database: Database, settings: Settings
) -> None:
    desk = Desk(database, settings, FORK)
    left, right, both = (one.record.id for one in desk.enqueue("both"))
    desk.rows(START + " RETURNING id")
    with database.connection() as first:
        end(first, left)
        meanwhile(desk, first, lambda connection: end(connection, right))
    assert desk.find(both).status is RunStatus.QUEUED


def test_a_need_that_is_just_being_added_is_waited_for(database: Database, settings: Settings) -> None:
    desk = Desk(database, settings, FORK)
    left, right, both = (one.record.id for one in desk.enqueue("both"))
    desk.rows(START + " RETURNING id")
    with database.connection() as connection:
        end(connection, left)
    with database.connection() as first:
        first.execute("SELECT FROM feed.job_run WHERE id = %s FOR UPDATE", (both,))
        first.execute("UPDATE feed.job_run SET priority = 60 WHERE id = %s", (both,))
        row = first.execute(
            "INSERT INTO feed.job_run (job, job_group, scope, as_of, trigger, status, algorithm_version)"
            " VALUES ('left', 'matching', 'all', now(), 'EVENT', 'QUEUED', '1') RETURNING id"
        ).fetchone()
        assert row is not None
        first.execute("INSERT INTO feed.job_run_need VALUES (%s, %s)", (both, row[0]))
        meanwhile(desk, first, lambda connection: end(connection, right))
    assert desk.find(both).status is RunStatus.WAITING


def test_a_deadlock_at_its_end_makes_no_failure_of_a_run(desk: Desk) -> None:
    (one,) = desk.enqueue("first")
    with desk.database.connection() as connection:
        connection.execute(DEADLOCK_ONCE)
    desk.work()
    assert desk.find(one.record.id).status is RunStatus.SUCCESS
