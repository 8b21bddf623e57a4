"""The rows of feed.job_run that have not started: enqueued, waiting for others, handed to workers, taken."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from .runs import RunRecord, RunRequest, RunStatus
from .wholes import end_wholes

RETRY_BASE_S = 10
RETRY_CAP_S = 900

INSERT = """
INSERT INTO feed.job_run (job, job_group, scope, as_of, trigger, status, algorithm_version, parameters, metadata,
  cause, priority, max_attempts)
VALUES (%(job)s, %(job_group)s, %(scope)s, %(as_of)s, %(trigger)s, %(status)s, %(algorithm_version)s, %(parameters)s,
  %(metadata)s, %(cause)s, %(priority)s, %(max_attempts)s)
ON CONFLICT (job, scope) WHERE status IN ('WAITING', 'QUEUED') DO NOTHING
RETURNING *
"""
# The one that waits already; locked, so that it cannot start or be skipped while others come to depend on it.
PENDING = """
SELECT * FROM feed.job_run WHERE job = %s AND scope = %s AND status IN ('WAITING', 'QUEUED') FOR UPDATE
"""
# More urgent wins when two ask for the same run.
RAISE_PRIORITY = "UPDATE feed.job_run SET priority = greatest(priority, %s) WHERE id = %s"
ADD_NEEDS = """
INSERT INTO feed.job_run_need (run_id, need_id) SELECT %s, unnest(%s::bigint[]) ON CONFLICT DO NOTHING
"""
# One that was free to go has come to need something that is yet to be done.
WAIT_FOR_NEEDS = """
UPDATE feed.job_run SET status = 'WAITING', dispatched_at = NULL
WHERE id = %(id)s AND status = 'QUEUED' AND EXISTS (
  SELECT FROM feed.job_run AS r WHERE r.id = ANY (%(needs)s::bigint[]) AND r.status IN ('WAITING', 'QUEUED', 'RUNNING'))
RETURNING *
"""
START = """
UPDATE feed.job_run AS r SET status = 'RUNNING', started_at = t, heartbeat_at = t, as_of = %(as_of)s,
  resumed_from = coalesce(%(resumed_from)s, resumed_from), algorithm_version = %(algorithm_version)s,
  metadata = metadata || %(metadata)s, host = %(host)s, pid = %(pid)s
FROM clock_timestamp() AS t
WHERE r.id = %(id)s AND r.status = 'QUEUED' AND NOT r.cancel_requested
  AND (r.not_before IS NULL OR r.not_before <= t OR r.attempt = 1 AND r.part ? 'hold_s')
  AND NOT EXISTS (SELECT FROM feed.job_run AS o WHERE o.job = r.job AND o.scope = r.scope AND o.status = 'RUNNING')
  AND NOT EXISTS (SELECT FROM feed.pause AS p WHERE p.kind = 'job' AND p.name = r.job
    OR p.kind = 'queue' AND p.name = r.queue)
RETURNING r.*
"""
REFUSE = """
UPDATE feed.job_run SET status = 'FAILED', error = %s, started_at = t, finished_at = t, duration_ms = 0
FROM clock_timestamp() AS t WHERE id = %s AND status = 'QUEUED'
"""
HAND_OUT_AGAIN = "UPDATE feed.job_run SET dispatched_at = NULL WHERE id = ANY (%s) AND status = 'QUEUED'"
# Runs that a worker may take now, the most urgent first, each handed out once.
TAKE_READY = """
WITH ready AS (
  SELECT id FROM feed.job_run AS q
  WHERE status = 'QUEUED' AND dispatched_at IS NULL AND (not_before IS NULL OR not_before <= clock_timestamp())
    AND NOT EXISTS (SELECT FROM feed.pause AS p WHERE p.kind = 'job' AND p.name = q.job
      OR p.kind = 'queue' AND p.name = q.queue)
    AND NOT EXISTS (SELECT FROM feed.job_run AS r
      WHERE r.job = q.job AND r.scope = q.scope AND r.status = 'RUNNING')
  ORDER BY priority DESC, id LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE feed.job_run AS r SET dispatched_at = clock_timestamp() FROM ready WHERE r.id = ready.id
RETURNING r.id, r.job, r.queue, r.dispatched_at, r.priority
"""
# Runs handed out a while ago that nobody has taken: their messages may be lost.
OVERDUE = """
SELECT id, job, queue, dispatched_at, priority FROM feed.job_run
WHERE status = 'QUEUED' AND dispatched_at < clock_timestamp() - %s * interval '1 second'
"""
# A further try of a run that failed or was interrupted: later after each failure, up to a quarter of an hour, with jitter.
FOLLOW_UP = """
INSERT INTO feed.job_run (job, job_group, scope, as_of, trigger, status, attempt, resumed_from, algorithm_version,
  parameters, metadata, cause, priority, max_attempts, parent_id, part, not_before)
SELECT job, job_group, scope, as_of, trigger, 'QUEUED', attempt + %(failures)s, id, algorithm_version,
  parameters, '{}', cause, priority, max_attempts, parent_id, part,
  CASE WHEN %(failures)s > 0 THEN clock_timestamp()
    + least(%(cap_s)s, %(base_s)s * 2 ^ (attempt - 1)) * (0.5 + random()) * interval '1 second' END
FROM feed.job_run WHERE id = %(id)s
ON CONFLICT (job, scope) WHERE status IN ('WAITING', 'QUEUED') DO NOTHING
"""
MOVE_NEEDS = """
INSERT INTO feed.job_run_need (run_id, need_id)
SELECT n.run_id, p.id FROM feed.job_run_need AS n, feed.job_run AS r
JOIN feed.job_run AS p ON p.job = r.job AND p.scope = r.scope AND p.status IN ('WAITING', 'QUEUED')
WHERE r.id = %(id)s AND n.need_id = r.id AND n.run_id <> p.id
ON CONFLICT DO NOTHING
"""
FORGET_NEED = "DELETE FROM feed.job_run_need WHERE need_id = %(id)s"
# What hangs on a run that has ended, or on anything that has; locked, so that two runs that end at once see each other's
# end, and nobody adds a need to what is about to be freed.
HOLD_WAITING = """
SELECT w.id FROM feed.job_run AS w
WHERE w.status = 'WAITING' AND (
  EXISTS (SELECT FROM feed.job_run_need AS n WHERE n.run_id = w.id AND n.need_id = ANY (%(ended)s))
  OR NOT EXISTS (SELECT FROM feed.job_run_need AS n JOIN feed.job_run AS r ON r.id = n.need_id
    WHERE n.run_id = w.id AND r.status IN ('WAITING', 'QUEUED', 'RUNNING')))
ORDER BY w.id FOR UPDATE
"""
# What waited for nothing but runs that ended well is free to go; a part that goes on with what some process has, for
# that process first.
RELEASE = """
UPDATE feed.job_run AS w SET status = 'QUEUED',
  not_before = coalesce(not_before, clock_timestamp() + (part ->> 'hold_s')::float8 * interval '1 second')
WHERE w.id = ANY (%(held)s) AND w.status = 'WAITING' AND NOT EXISTS (
  SELECT FROM feed.job_run_need AS n JOIN feed.job_run AS r ON r.id = n.need_id
  WHERE n.run_id = w.id AND r.status <> 'SUCCESS')
"""
# What waited for a run that did not end well, and what waited for that in turn, will not run; each says why. Of a whole
# that is only so when no part is under way any more: until then what failed may be tried again.
SKIP = """
WITH RECURSIVE doomed (run_id, why) AS (
  SELECT n.run_id, format('needs %s, which %s (run %s)%s',
    CASE WHEN r.parent_id IS NULL THEN r.job ELSE r.job || ', ' || r.scope END,
    CASE r.status WHEN 'FAILED' THEN 'failed' WHEN 'CANCELLED' THEN 'was cancelled' ELSE 'was skipped' END, r.id,
    coalesce(': ' || r.error, ''))
  FROM feed.job_run_need AS n JOIN feed.job_run AS r ON r.id = n.need_id
  JOIN feed.job_run AS w ON w.id = n.run_id AND w.status = 'WAITING'
  WHERE r.status IN ('FAILED', 'CANCELLED', 'SKIPPED')
  UNION
  SELECT n.run_id, d.why FROM doomed AS d JOIN feed.job_run_need AS n ON n.need_id = d.run_id
  JOIN feed.job_run AS w ON w.id = n.run_id AND w.status = 'WAITING'),
causes AS (SELECT run_id, min(why) AS why FROM doomed GROUP BY run_id)
UPDATE feed.job_run AS w SET status = 'SKIPPED', error = c.why, finished_at = clock_timestamp(), duration_ms = 0
FROM causes AS c WHERE w.id = c.run_id AND w.status = 'WAITING' AND NOT EXISTS (
  SELECT FROM feed.job_run AS p WHERE p.parent_id = w.parent_id AND p.status IN ('QUEUED', 'RUNNING'))
"""


@dataclass(frozen=True)
class Handout:
    """A run that is to be handed to a worker."""

    id: int
    job: str
    queue: str
    dispatched_at: datetime
    priority: int

    @property
    def message_id(self) -> str:
        """The id of the message to the workers: another one each time a run is handed out."""
        return f"run-{self.id}-{self.dispatched_at.timestamp() * 1e6:.0f}"


@dataclass(frozen=True, kw_only=True)
class Urgency:
    """How soon and how often a run is tried."""

    priority: int
    max_attempts: int


def enqueue_run(
    connection: psycopg.Connection,
    request: RunRequest,
    urgency: Urgency,
    *,
    cause: str,
    needs: Collection[int],
) -> tuple[RunRecord, bool]:
    """Record a run that is to be done, after the runs it needs; give it, and whether it is new.

    Where a run of the same job and scope has not started yet, that one is given. Call it in a transaction.
    """
    status = RunStatus.WAITING if needs else RunStatus.QUEUED
    values = {
        **asdict(request), **asdict(urgency), "status": status, "cause": cause,
        "parameters": Jsonb(request.parameters), "metadata": Jsonb(request.metadata),
    }  # fmt: skip
    with connection.cursor(row_factory=class_row(RunRecord)) as cursor:
        while True:  # the one that waits may start between the two statements
            if record := cursor.execute(INSERT, values).fetchone():
                connection.execute(ADD_NEEDS, (record.id, list(needs)))
                return record, True
            if record := cursor.execute(PENDING, (request.job, request.scope)).fetchone():
                connection.execute(RAISE_PRIORITY, (urgency.priority, record.id))
                connection.execute(ADD_NEEDS, (record.id, list(needs)))
                cursor.execute(WAIT_FOR_NEEDS, {"id": record.id, "needs": list(needs)})
                return cursor.fetchone() or record, False


def start_queued(
    connection: psycopg.Connection, run_id: int, request: RunRequest, resumed_from: int | None
) -> RunRecord | None:
    """Turn a QUEUED run into a RUNNING one of this process; None if it may not run now."""
    values = {
        "id": run_id, "as_of": request.as_of, "resumed_from": resumed_from,
        "algorithm_version": request.algorithm_version, "metadata": Jsonb(request.metadata),
        "host": socket.gethostname(), "pid": os.getpid(),
    }  # fmt: skip
    with connection.cursor(row_factory=class_row(RunRecord)) as cursor:
        return cursor.execute(START, values).fetchone()


def refuse_queued(connection: psycopg.Connection, run_id: int, why: str) -> None:
    """Mark a QUEUED run as FAILED without ever starting it."""
    connection.execute(REFUSE, (why, run_id))


def hand_out_again(connection: psycopg.Connection, run_ids: Collection[int]) -> None:
    """Let runs that could not be taken be handed out once more, when they can."""
    connection.execute(HAND_OUT_AGAIN, (list(run_ids),))


def take_ready(connection: psycopg.Connection, limit: int) -> list[Handout]:
    """Choose runs to hand to workers, and record that they are handed out."""
    with connection.cursor(row_factory=class_row(Handout)) as cursor:
        taken = cursor.execute(TAKE_READY, (limit,)).fetchall()
    return sorted(taken, key=lambda handout: (-handout.priority, handout.id))


def overdue(connection: psycopg.Connection, after_s: float) -> list[Handout]:
    """List runs that were handed out more than `after_s` seconds ago and not taken since."""
    with connection.cursor(row_factory=class_row(Handout)) as cursor:
        return cursor.execute(OVERDUE, (after_s,)).fetchall()


def follow_up(connection: psycopg.Connection, record: RunRecord, *, failures: int) -> None:
    """Enqueue a further try of a run, which takes its place among the needs of others."""
    values = {"id": record.id, "failures": failures, "base_s": RETRY_BASE_S, "cap_s": RETRY_CAP_S}
    connection.execute(FOLLOW_UP, values)
    take_place(connection, record.id)


def take_place(connection: psycopg.Connection, run_id: int) -> None:
    """Let what needs a run need the further try of it instead."""
    connection.execute(MOVE_NEEDS, {"id": run_id})
    connection.execute(FORGET_NEED, {"id": run_id})


def release_and_skip(connection: psycopg.Connection, ended: int | None = None) -> None:
    """Free the runs whose needs have all ended well, skip those with a need that did not, and end wholes.

    Call it in the transaction in which run `ended` does, if any.
    """
    ends = [] if ended is None else [ended]
    while True:
        held = [row[0] for row in connection.execute(HOLD_WAITING, {"ended": ends})]
        connection.execute(SKIP)
        connection.execute(RELEASE, {"held": held})
        ends = end_wholes(connection)
        if not ends:  # else what waited for them is next
            return
