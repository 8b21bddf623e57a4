"""The rows of feed.job_run: one for every run of a job, from its start to how it ended."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

Facts = Mapping[str, Any]  # Any: whatever JSON can hold


class RunStatus(StrEnum):
    """How a run stands."""

    WAITING = "WAITING"
    """For other runs."""
    QUEUED = "QUEUED"
    """For a worker, or for its time."""
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    SKIPPED = "SKIPPED"


class Trigger(StrEnum):
    """Who asked for a run."""

    MANUAL = "MANUAL"
    CRON = "CRON"
    EVENT = "EVENT"


@dataclass(frozen=True)
class RunRecord:
    """One row of feed.job_run."""

    id: int
    job: str
    job_group: str
    scope: str
    as_of: datetime
    """The time the job computed for."""
    trigger: Trigger
    status: RunStatus
    attempt: int
    resumed_from: int | None
    started_at: datetime | None
    """None: not started yet."""
    heartbeat_at: datetime | None
    finished_at: datetime | None
    duration_ms: int | None
    items_processed: int
    """Items done by this run itself; `metadata["items_resumed"]` were done by the run it resumed."""
    items_failed: int
    algorithm_version: str
    parameters: dict[str, Any]  # Any: whatever JSON can hold
    metadata: dict[str, Any]  # Any: whatever JSON can hold
    error: str | None
    host: str | None
    pid: int | None
    created_at: datetime
    cause: str | None
    """Why it was enqueued; None: it was started by hand."""
    priority: int
    """0 to 100; the larger go first."""
    queue: str
    """high (priority 70 and more), medium (30 and more) or low."""
    max_attempts: int
    not_before: datetime | None
    dispatched_at: datetime | None
    """When its number was last handed to the workers; None: it never was, or is to be handed out again."""
    cancel_requested: bool
    shards: int | None
    """Of a whole: how many. It is RUNNING from its opening to the end of its last part, and in no process."""
    parent_id: int | None
    """Of a part: the whole."""
    part: dict[str, Any] | None  # Any: the fields of a Part
    """Of a part: what of the job it does."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "trigger", Trigger(self.trigger))
        object.__setattr__(self, "status", RunStatus(self.status))

    @property
    def items_per_s(self) -> float | None:
        """How many items it did in a second; None: it has not ended, or took no time."""
        return round(1000 * self.items_processed / self.duration_ms, 1) if self.duration_ms else None

    def as_json(self) -> dict[str, Any]:  # Any: whatever JSON can hold
        """Give the row with its times as ISO text."""
        return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in asdict(self).items()}


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What a run is going to do."""

    job: str
    job_group: str
    scope: str
    as_of: datetime
    trigger: Trigger
    algorithm_version: str
    parameters: Facts
    metadata: Facts


INSERT = """
INSERT INTO feed.job_run (job, job_group, scope, as_of, trigger, status, attempt, resumed_from,
  started_at, heartbeat_at, finished_at, duration_ms, algorithm_version, parameters, metadata, error, host,
  pid)
SELECT %(job)s, %(job_group)s, %(scope)s, %(as_of)s, %(trigger)s, %(status)s, %(attempt)s, %(resumed_from)s,
  t, t, CASE WHEN %(status)s <> 'RUNNING' THEN t END, CASE WHEN %(status)s <> 'RUNNING' THEN 0 END,
  %(algorithm_version)s, %(parameters)s, %(metadata)s, %(error)s, %(host)s, %(pid)s
FROM clock_timestamp() AS t
RETURNING *
"""
# A RUNNING row while its lock is ours belongs to a dead process; its last heartbeat is its end.
BURY_THE_DEAD = """
UPDATE feed.job_run SET status = 'FAILED', error = 'the process ended without a word',
  finished_at = heartbeat_at, duration_ms = 1000 * extract(epoch FROM heartbeat_at - started_at)
WHERE job = %s AND scope = %s AND status = 'RUNNING' AND shards IS NULL
RETURNING *
"""
LATEST = """
SELECT * FROM feed.job_run WHERE job = %s AND scope = %s AND status NOT IN ('SKIPPED', 'WAITING', 'QUEUED')
ORDER BY id DESC LIMIT 1
"""
HEARTBEAT = """
UPDATE feed.job_run SET heartbeat_at = clock_timestamp(), items_processed = %s, items_failed = %s,
  metadata = metadata || jsonb_build_object('now', %s::jsonb)
WHERE id = %s AND status = 'RUNNING'
RETURNING cancel_requested
"""
# Ends a run that still counts as running; one that a successor has already buried stays as it is.
FINISH = """
UPDATE feed.job_run SET status = %(status)s, error = %(error)s,
  items_processed = %(processed)s, items_failed = %(failed)s,
  metadata = metadata - 'now' || %(metadata)s, finished_at = t, heartbeat_at = t,
  duration_ms = round(1000 * extract(epoch FROM t - started_at))
FROM clock_timestamp() AS t
WHERE id = %(id)s AND status = 'RUNNING'
"""
SILENT = """
SELECT * FROM feed.job_run
WHERE status = 'RUNNING' AND shards IS NULL AND heartbeat_at < clock_timestamp() - %s * interval '1 second' ORDER BY id
"""
BY_ID = "SELECT * FROM feed.job_run WHERE id = %s"
HISTORY = """
SELECT * FROM feed.job_run
WHERE (parent_id IS NULL OR %(parts)s)
  AND (%(job)s::text IS NULL OR job = %(job)s) AND (%(status)s::text IS NULL OR status = %(status)s)
ORDER BY id DESC LIMIT %(limit)s
"""


def insert_run(
    connection: psycopg.Connection,
    request: RunRequest,
    *,
    status: RunStatus = RunStatus.RUNNING,
    attempt: int = 1,
    resumed_from: int | None = None,
    error: str | None = None,
) -> RunRecord:
    """Record that a run starts, or with status SKIPPED that it does not."""
    values = {
        **asdict(request),
        "parameters": Jsonb(request.parameters),
        "metadata": Jsonb(request.metadata),
        "status": status,
        "attempt": attempt,
        "resumed_from": resumed_from,
        "error": error,
        "host": socket.gethostname(),
        "pid": os.getpid(),
    }
    with connection.cursor(row_factory=class_row(RunRecord)) as cursor:
        record = cursor.execute(INSERT, values).fetchone()
    assert record is not None  # noqa: S101 -- an INSERT of one row returns one row
    return record


def bury_the_dead(connection: psycopg.Connection, job: str, scope: str) -> list[RunRecord]:
    """Mark runs as FAILED whose process is gone; call it only while holding the lock of the job and scope."""
    with connection.cursor(row_factory=class_row(RunRecord)) as cursor:
        return cursor.execute(BURY_THE_DEAD, (job, scope)).fetchall()


def latest_run(connection: psycopg.Connection, job: str, scope: str) -> RunRecord | None:
    """Find the last run of a job and scope that has started."""
    with connection.cursor(row_factory=class_row(RunRecord)) as cursor:
        return cursor.execute(LATEST, (job, scope)).fetchone()


class Pulse(Enum):
    """What a heartbeat finds out."""

    ALIVE = "go on"
    CANCELLED = "somebody asked to stop it"
    LOST = "its row no longer counts as running"


def beat(connection: psycopg.Connection, run_id: int, *, processed: int, failed: int, now: Facts) -> Pulse:
    """Say that the run lives and what it does now, and learn whether it may go on."""
    row = connection.execute(HEARTBEAT, (processed, failed, Jsonb(now), run_id)).fetchone()
    if row is None:
        return Pulse.LOST
    return Pulse.CANCELLED if row[0] else Pulse.ALIVE


def finish_run(
    connection: psycopg.Connection,
    run_id: int,
    status: RunStatus,
    *,
    processed: int,
    failed: int,
    metadata: Facts,
    error: str | None,
) -> bool:
    """Record how a run ended; False if it no longer counted as running."""
    values = {
        "id": run_id,
        "status": status,
        "processed": processed,
        "failed": failed,
        "metadata": Jsonb(metadata),
        "error": error,
    }
    return connection.execute(FINISH, values).rowcount == 1


def find_run(connection: psycopg.Connection, run_id: int) -> RunRecord | None:
    """Find a run by its id."""
    with connection.cursor(row_factory=class_row(RunRecord)) as cursor:
        return cursor.execute(BY_ID, (run_id,)).fetchone()


def list_runs(
    connection: psycopg.Connection,
    *,
    job: str | None = None,
    status: RunStatus | None = None,
    parts: bool = False,
    limit: int = 20,
) -> list[RunRecord]:
    """List runs, the newest first, with or without the parts of wholes."""
    with connection.cursor(row_factory=class_row(RunRecord)) as cursor:
        return cursor.execute(
            HISTORY, {"job": job, "status": status, "parts": parts, "limit": limit}
        ).fetchall()


def silent_runs(connection: psycopg.Connection, silent_s: float) -> list[RunRecord]:
    """List the runs that count as running but have not beaten for so long."""
    with connection.cursor(row_factory=class_row(RunRecord)) as cursor:
        return cursor.execute(SILENT, (silent_s,)).fetchall()
