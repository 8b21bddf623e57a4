"""Complaint 9: the dashboard forgets on restart, is slow with many jobs, and cannot be searched.

There is no dashboard yet; what it would show is, and the commands that show it.
"""

from __future__ import annotations

import redis

from orchestrator.db.engine import Database
from orchestrator.db.runs import RunStatus, list_runs
from orchestrator.settings import Settings
from tests.jobs.conftest import execute
from tests.queue.conftest import Desk

MANY = """
INSERT INTO feed.job_run (job, job_group, scope, as_of, trigger, status, started_at, heartbeat_at, finished_at, duration_ms,
  algorithm_version, host, pid)
SELECT 'match-scores', 'matching', 'users:' || n, now(), 'EVENT', CASE WHEN n % 40000 = 0 THEN 'FAILED' ELSE 'SUCCESS' END,
  now(), now(), now(), 5, '1', 'here', 1
FROM generate_series(1, 200000) AS n
"""


def test_the_history_is_there_when_redis_was_emptied_and_every_process_is_another(
    desk: Desk, settings: Settings, broker: redis.Redis
) -> None:
    desk.enqueue("third")
    desk.work()
    broker.flushall()
    with Database(settings) as another, another.connection() as connection:
        assert [record.job for record in list_runs(connection)] == ["third", "second", "first"]


def test_two_hundred_thousand_runs_are_searched_within_a_second(database: Database) -> None:
    execute(database, MANY, "ANALYZE feed.job_run")
    with database.connection() as connection:
        connection.execute("SET LOCAL statement_timeout = '1s'")
        newest = list_runs(connection, limit=50)
        failed = list_runs(connection, status=RunStatus.FAILED, job="match-scores")
        assert list_runs(connection, job="trending") == []
    assert [record.id for record in newest] == list(range(200_000, 199_950, -1))
    assert [record.scope for record in failed] == [
        f"users:{n}" for n in (200_000, 160_000, 120_000, 80_000, 40_000)
    ]
