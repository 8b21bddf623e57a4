"""Complaint 9: the dashboard forgets on restart, is slow with many jobs, and cannot be searched.

There is no dashboard yet; what it would show is, and the commands that show it.
"""

from __future__ import annotations

import psycopg
import redis

from orchestrator.db.engine import Database
from orchestrator.db.runs import HISTORY, RunStatus, list_runs
from orchestrator.settings import Settings
from tests.jobs.conftest import execute, rows
from tests.queue.conftest import Desk

MANY = """
INSERT INTO feed.job_run (job, job_group, scope, as_of, trigger, status, started_at, heartbeat_at, finished_at, duration_ms,
  algorithm_version, host, pid)
SELECT 'match-scores', 'matching', 'users:' || n, now(), 'EVENT', CASE WHEN n % 40000 = 0 THEN 'FAILED' ELSE 'SUCCESS' END,
  now(), now(), now(), 5, '1', 'here', 1
FROM generate_series(1, 200000) AS n
"""
EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)"


def test_the_history_is_there_when_redis_was_emptied_and_every_process_is_another(
    desk: Desk, settings: Settings, broker: redis.Redis
) -> None:
    desk.enqueue("third")
    desk.work()
    broker.flushall()
    with Database(settings) as another, another.connection() as connection:
        assert [record.job for record in list_runs(connection)] == ["third", "second", "first"]


def test_two_hundred_thousand_runs_are_listed_by_index_and_searched_in_one_pass(database: Database) -> None:
    execute(database, MANY, "ANALYZE feed.job_run")
    ((pages,),) = rows(
        database, "SELECT pg_relation_size('feed.job_run') / current_setting('block_size')::int"
    )
    with database.connection() as connection:
        newest = list_runs(connection, limit=50)
        failed = list_runs(connection, status=RunStatus.FAILED, job="match-scores")
        assert list_runs(connection, job="trending") == []
        assert pages_read(connection, limit=50) < pages / 100
        assert pages_read(connection, status="FAILED", job="match-scores") < pages * 1.2
    assert [record.id for record in newest] == list(range(200_000, 199_950, -1))
    assert [record.scope for record in failed] == [
        f"users:{n}" for n in (200_000, 160_000, 120_000, 80_000, 40_000)
    ]


def pages_read(connection: psycopg.Connection, **asked: object) -> int:
    """How many pages the server looks at to list these runs."""
    values = {"job": None, "status": None, "limit": 20, "parts": False, **asked}
    ((plan,),) = connection.execute(EXPLAIN + HISTORY, values).fetchall()
    read = plan[0]["Plan"]
    return int(read["Shared Hit Blocks"]) + int(read["Shared Read Blocks"])
