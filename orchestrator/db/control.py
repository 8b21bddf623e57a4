"""What people do to runs that are enqueued or running: cancel, try again, pause, resume; and how the queues stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from .pending import take_place
from .runs import RunRecord

# Before their parts, as a part does that ends.
HOLD_WHOLES = """
SELECT FROM feed.job_run WHERE id = ANY (%(ids)s) OR id IN (SELECT parent_id FROM feed.job_run WHERE id = ANY (%(ids)s))
ORDER BY id FOR NO KEY UPDATE
"""
CANCEL_PENDING = """
UPDATE feed.job_run SET status = 'CANCELLED', cancel_requested = true, error = 'cancelled by hand',
  finished_at = clock_timestamp(), duration_ms = 0
WHERE (id = ANY (%(ids)s) OR parent_id = ANY (%(ids)s)) AND status IN ('WAITING', 'QUEUED')
RETURNING id
"""
CANCEL_RUNNING = """
UPDATE feed.job_run SET cancel_requested = true
WHERE (id = ANY (%(ids)s) OR parent_id = ANY (%(ids)s)) AND status = 'RUNNING' RETURNING id
"""
# Once more a part whose whole has not ended: it takes its place among the needs of others again.
RETRY_PART = """
INSERT INTO feed.job_run (job, job_group, scope, as_of, trigger, status, resumed_from, algorithm_version, parameters,
  cause, priority, max_attempts, parent_id, part)
SELECT p.job, p.job_group, p.scope, p.as_of, 'MANUAL', 'QUEUED', p.id, p.algorithm_version, p.parameters,
  'retry of run ' || p.id, p.priority, greatest(p.max_attempts, 1), p.parent_id, p.part
FROM feed.job_run AS p JOIN feed.job_run AS w ON w.id = p.parent_id AND w.status = 'RUNNING' AND NOT w.cancel_requested
WHERE p.id = ANY (%s) AND p.status IN ('FAILED', 'CANCELLED') AND NOT EXISTS (
  SELECT FROM feed.job_run AS later WHERE later.parent_id = p.parent_id AND later.scope = p.scope AND later.id > p.id)
ON CONFLICT (job, scope) WHERE status IN ('WAITING', 'QUEUED') DO NOTHING
RETURNING *
"""
# Once more what did not end well, with all its attempts; what it needed has ended long since. Instead of a part of a
# whole that has ended, the whole: it goes on with what its parts have done.
RETRY = """
INSERT INTO feed.job_run (job, job_group, scope, as_of, trigger, status, resumed_from, algorithm_version, parameters,
  cause, priority, max_attempts)
SELECT job, job_group, scope, clock_timestamp(), 'MANUAL', 'QUEUED', id, algorithm_version, parameters,
  'retry of run ' || id, priority, greatest(max_attempts, 1)
FROM feed.job_run AS r WHERE status IN ('FAILED', 'CANCELLED', 'SKIPPED') AND parent_id IS NULL
  AND (id = ANY (%(ids)s) OR id IN (SELECT parent_id FROM feed.job_run
    WHERE id = ANY (%(ids)s) AND status IN ('FAILED', 'CANCELLED', 'SKIPPED')))
ON CONFLICT (job, scope) WHERE status IN ('WAITING', 'QUEUED') DO NOTHING
RETURNING *
"""
PAUSE = "INSERT INTO feed.pause (kind, name) VALUES (%s, %s) ON CONFLICT DO NOTHING"
RESUME = "DELETE FROM feed.pause WHERE kind = %s AND name = %s"
PAUSES = "SELECT kind, name, since FROM feed.pause ORDER BY kind, name"
# How many runs wait or run in each queue, and since when the oldest could have started.
QUEUES = """
SELECT q.queue, count(r.id) FILTER (WHERE status = 'WAITING') AS waiting,
  count(r.id) FILTER (WHERE status = 'QUEUED') AS queued, count(r.id) FILTER (WHERE status = 'RUNNING') AS running,
  coalesce(extract(epoch FROM clock_timestamp() - min(greatest(r.created_at, r.not_before))
    FILTER (WHERE status = 'QUEUED' AND (not_before IS NULL OR not_before <= clock_timestamp()))), 0)::float8
    AS oldest_wait_s,
  EXISTS (SELECT FROM feed.pause AS p WHERE p.kind = 'queue' AND p.name = q.queue) AS is_paused
FROM unnest(ARRAY['high', 'medium', 'low']) WITH ORDINALITY AS q(queue, place)
LEFT JOIN feed.job_run AS r ON r.queue = q.queue AND r.status IN ('WAITING', 'QUEUED', 'RUNNING')
GROUP BY q.queue, q.place ORDER BY q.place
"""
# Seconds that runs took within the last while, counted only as far as they lie in it.
BUSY = """
SELECT coalesce(sum(extract(epoch FROM least(coalesce(finished_at, t), t) - greatest(started_at, t - w))), 0)::float8
FROM feed.job_run, (SELECT clock_timestamp() AS t, %s * interval '1 second' AS w) AS now
WHERE dispatched_at IS NOT NULL AND shards IS NULL AND started_at IS NOT NULL AND coalesce(finished_at, t) > t - w
  AND status IN ('RUNNING', 'SUCCESS', 'FAILED', 'CANCELLED')
"""
# Of the parts of a whole only those that run: the whole tells how many are done.
OPEN = """
SELECT * FROM feed.job_run
WHERE status IN ('WAITING', 'QUEUED', 'RUNNING') AND (parent_id IS NULL OR status = 'RUNNING')
ORDER BY status = 'RUNNING' DESC, status = 'QUEUED' DESC, priority DESC, id LIMIT %s
"""


@dataclass(frozen=True)
class QueueState:
    """How one queue stands."""

    queue: str
    waiting: int
    """Runs that wait for other runs."""
    queued: int
    running: int
    oldest_wait_s: float
    """How long the oldest of those that could start has waited."""
    is_paused: bool


@dataclass(frozen=True)
class Pause:
    """A job or a queue whose runs are not started."""

    kind: str
    name: str
    since: datetime


def cancel_runs(connection: psycopg.Connection, run_ids: Sequence[int]) -> tuple[list[int], list[int]]:
    """Cancel runs, wholes with their parts.

    Given are those that will never start, and those that were asked to stop after their batch.
    What waited for the former is skipped by `release_and_skip`.
    """
    ids = {"ids": list(run_ids)}
    connection.execute(HOLD_WHOLES, ids)
    pending = [row[0] for row in connection.execute(CANCEL_PENDING, ids)]
    running = [row[0] for row in connection.execute(CANCEL_RUNNING, ids)]
    return sorted(pending), sorted(running)


def retry_runs(connection: psycopg.Connection, run_ids: Sequence[int]) -> list[RunRecord]:
    """Enqueue again what failed, was cancelled or skipped; what is enqueued already is left out."""
    with connection.cursor(row_factory=class_row(RunRecord)) as cursor:
        parts = cursor.execute(RETRY_PART, (list(run_ids),)).fetchall()
        for part in parts:
            assert part.resumed_from is not None  # noqa: S101 -- RETRY_PART sets it
            take_place(connection, part.resumed_from)
        return parts + cursor.execute(RETRY, {"ids": list(run_ids)}).fetchall()


def pause(connection: psycopg.Connection, kind: str, name: str) -> bool:
    """Let no run of a job (kind `job`) or queue (`queue`) start; False if it was paused already."""
    return connection.execute(PAUSE, (kind, name)).rowcount == 1


def resume(connection: psycopg.Connection, kind: str, name: str) -> bool:
    """Let runs start again; False if there was no pause."""
    return connection.execute(RESUME, (kind, name)).rowcount == 1


def list_pauses(connection: psycopg.Connection) -> list[Pause]:
    """List the pauses in force."""
    with connection.cursor(row_factory=class_row(Pause)) as cursor:
        return cursor.execute(PAUSES).fetchall()


def queue_states(connection: psycopg.Connection) -> list[QueueState]:
    """Tell how the queues stand, the most urgent first."""
    with connection.cursor(row_factory=class_row(QueueState)) as cursor:
        return cursor.execute(QUEUES).fetchall()


def busy_s(connection: psycopg.Connection, within_s: float) -> float:
    """Sum up the seconds that runs of the queues took within the last `within_s` seconds."""
    row = connection.execute(BUSY, (within_s,)).fetchone()
    return float(row[0]) if row else 0.0


def open_runs(connection: psycopg.Connection, limit: int) -> list[RunRecord]:
    """List runs that have not ended: the running, then the queued, then the waiting."""
    with connection.cursor(row_factory=class_row(RunRecord)) as cursor:
        return cursor.execute(OPEN, (limit,)).fetchall()
