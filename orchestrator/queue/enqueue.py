"""From a plan to rows of runs that wait for workers, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from ..context import JobParameters
from ..db.engine import Database
from ..db.pending import Urgency, enqueue_run
from ..db.runs import RunRecord, RunRequest, Trigger
from ..errors import AlreadyRunningError
from ..plan import Step
from ..registry import Job
from ..runner.begin import request_of
from ..runner.limits import refuse_early
from ..settings import Settings

# The runs of some jobs over everybody that have not ended.
OPEN_RUNS = """
SELECT id FROM feed.job_run
WHERE job = ANY (%s) AND scope = 'all' AND status IN ('WAITING', 'QUEUED', 'RUNNING') ORDER BY id FOR UPDATE
"""


@dataclass(frozen=True)
class Enqueued:
    """A run of a plan, and whether it is new or was waiting already."""

    record: RunRecord
    is_new: bool


def enqueue_plan(
    database: Database,
    settings: Settings,
    steps: Sequence[Step],
    parameters: Mapping[str, JobParameters],
    *,
    now: datetime,
    trigger: Trigger = Trigger.MANUAL,
    priority: int | None = None,
) -> list[Enqueued]:
    """Record the runs of a plan and what each waits for; all or nothing.

    A run of the same job and scope that has not started is joined, not doubled; AlreadyRunningError if it was
    enqueued with other parameters, RateLimitedError if one has run for the user as often as it may for now.
    """
    done: dict[str, Enqueued] = {}
    with database.connection() as connection:
        for step in steps:
            needs = [done[need].record.id for need in step.job.needs if need in done]
            given = parameters.get(step.job.name) or step.job.parameters()
            request = request_of(step.job, given, settings, now, trigger)
            urgency = Urgency(
                priority=step.job.priority_of(given) if priority is None else priority,
                max_attempts=step.job.max_attempts,
            )
            record, is_new = enqueue_run(connection, request, urgency, cause=step.reason, needs=needs)
            made = Enqueued(record, is_new)
            _check(connection, step.job, given, request, made)
            done[step.job.name] = made
    return list(done.values())


def enqueue_job(
    connection: psycopg.Connection,
    settings: Settings,
    job: Job,
    given: JobParameters,
    *,
    now: datetime,
    trigger: Trigger,
    cause: str,
) -> Enqueued:
    """Record one run, to be done after the open runs of the jobs it needs; joins one that waits already.

    AlreadyRunningError if that one has other parameters, RateLimitedError if the job has run for the user as often
    as it may for now.
    """
    needs = [row[0] for row in connection.execute(OPEN_RUNS, (list(job.needs),))] if job.needs else []
    request = request_of(job, given, settings, now, trigger)
    urgency = Urgency(priority=job.priority_of(given), max_attempts=job.max_attempts)
    made = Enqueued(*enqueue_run(connection, request, urgency, cause=cause, needs=needs))
    _check(connection, job, given, request, made)
    return made


def _check(
    connection: psycopg.Connection, job: Job, given: JobParameters, request: RunRequest, made: Enqueued
) -> None:
    """Raise where the run that was made or joined is not what was asked for, or comes too early."""
    if made.is_new:
        refuse_early(connection, job, given, made.record)
    elif made.record.parameters != request.parameters:
        record = made.record
        raise AlreadyRunningError(
            f"{record.job} ({record.scope}) is enqueued already, with other parameters: run {record.id};"
            f" `orchestrator cancel {record.id}` makes room"
        )
