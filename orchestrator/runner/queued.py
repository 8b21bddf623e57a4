"""Run what was enqueued: take a run by its number, and find the runs that died."""

from __future__ import annotations

import contextlib
from datetime import datetime

import psycopg
from pydantic import ValidationError

from ..context import JobParameters
from ..db.engine import Database
from ..db.locks import try_lock, unlock
from ..db.pending import refuse_queued, release_and_skip
from ..db.runs import RunRecord, RunStatus, find_run, silent_runs
from ..errors import FeedscoreError
from ..registry import Job, Registry
from ..settings import Settings
from .begin import bury, claim_run, request_of
from .execute import Work, carry_out, own_connection
from .progress import Reporter, Silent
from .stop import Stop


def run_queued(
    database: Database,
    settings: Settings,
    registry: Registry,
    run_id: int,
    *,
    now: datetime,
    reporter: Reporter | None = None,
    stop: Stop | None = None,
) -> RunRecord | None:
    """Run an enqueued run; None if it is not to be run now, be it done already, not due, paused or gone."""
    with own_connection(database) as own:
        queued = find_run(own, run_id)
        if not queued or queued.status is not RunStatus.QUEUED:
            return None
        try:
            job, parameters = _job_of(registry, queued)
        except FeedscoreError as error:
            return _refuse(own, queued, str(error))
        request = request_of(job, parameters, settings, now, queued.trigger)
        record = claim_run(own, run_id, request)
        if not record:
            return None
        work = Work(database, settings, job, parameters, reporter or Silent(), stop or Stop())
        return carry_out(work, own, record)


def bury_the_silent(database: Database, silent_s: float) -> list[RunRecord]:
    """Mark as FAILED the runs whose processes are gone, and enqueue their further tries; tell which.

    A run is suspected when it has not beaten for `silent_s` seconds, and dead when nobody holds its lock.
    """
    dead: list[RunRecord] = []
    with own_connection(database) as own:
        for record in silent_runs(own, silent_s):
            if not try_lock(own, record.job, record.scope):
                continue  # it lives, and is only slow to say so
            with contextlib.ExitStack() as held:
                held.callback(unlock, own, record.job, record.scope)
                with own.transaction():
                    dead += bury(own, record.job, record.scope)
    return dead


def _job_of(registry: Registry, queued: RunRecord) -> tuple[Job, JobParameters]:
    job = registry.jobs.get(queued.job)
    if not job:
        raise FeedscoreError(f"this version of the software has no job {queued.job}")
    try:
        return job, job.parameters.model_validate(queued.parameters)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise FeedscoreError(f"parameter {where}: {fault['msg']} (got {fault['input']!r})") from None


def _refuse(own: psycopg.Connection, queued: RunRecord, why: str) -> RunRecord | None:
    """Record that a run can never be done: no further try would help."""
    with own.transaction():
        refuse_queued(own, queued.id, why)
        release_and_skip(own)
    return find_run(own, queued.id)
