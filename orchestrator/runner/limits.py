"""How often a job may run for one user: what comes too early waits for its time, or is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg

from ..context import JobParameters
from ..db.runs import RunRecord
from ..db.windows import postpone
from ..errors import RateLimitedError
from ..registry import Job


def postpone_early(
    connection: psycopg.Connection, job: Job, given: JobParameters, new: RunRecord
) -> datetime | None:
    """Let a run that was just enqueued wait until its job may run for its user again; None: it need not wait.

    Only runs for a single user are limited: those over everybody or over several are an operator's deed.
    """
    if not job.limit or len(given.user_id) != 1:
        return None
    return postpone(connection, new.id, new.job, new.scope, runs=job.limit.runs, window_s=job.limit.window_s)


def refuse_early(connection: psycopg.Connection, job: Job, given: JobParameters, new: RunRecord) -> None:
    """Raise RateLimitedError, so that the run is not enqueued, if its job may not run for its user yet."""
    free_at = postpone_early(connection, job, given, new)
    if free_at:
        raise RateLimitedError(
            f"{job.name} may run {job.limit} for a user; for user {given.user_id[0]} it may again from"
            f" {free_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC on",
            free_at=free_at,
        )
