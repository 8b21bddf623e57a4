"""Run what was enqueued: take a run by its number, and find the runs that died."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg
from pydantic import ValidationError

from ..context import JobParameters
from ..db.engine import Database
from ..db.locks import try_lock, unlock
from ..db.pending import refuse_queued, release_and_skip
from ..db.runs import RunRecord, RunRequest, RunStatus, find_run, silent_runs
from ..errors import FeedscoreError
from ..registry import Job, Registry
from ..settings import Settings
from .begin import Opener, bury, claim_run, request_of
from .execute import Work, carry_out, own_connection
from .progress import Reporter, Silent
from .stop import Stop
from .whole import is_whole, opener_of, size_of


def run_queued(
    database: Database,
    settings: Settings,
    registry: Registry,
    run_id: int,
    *,
    now: datetime,
    reporter: Reporter | None = None,
    stop: Stop | None = None,
    workers: Callable[[], int] = lambda: 1,
    kept: dict[str, Any] | None = None,  # Any: whatever a job keeps from part to part
) -> RunRecord | None:
    """Run an enqueued run; None if it is not to be run now, be it done already, not due, paused or gone.

    A run over everybody that is large is only opened: it then has `shards`, and its parts are enqueued runs.
    `workers` tells how many there are, `kept` what earlier parts of the same whole have left in this process.
    """
    with own_connection(database) as own:
        queued = find_run(own, run_id)
        if not queued or queued.status is not RunStatus.QUEUED:
            return None
        opener: Opener | None = None
        try:
            job, parameters = _job_of(registry, queued)
            request = request_of(job, parameters, settings, now, queued.trigger)
            if queued.parent_id:
                request = replace(request, scope=queued.scope, as_of=queued.as_of)
                _check_fits(own, queued.parent_id, job, request)
        except FeedscoreError as error:
            return _refuse(own, queued, str(error))
        if job.sharding and not queued.parent_id and is_whole(job, parameters):
            size = size_of(own, job, parameters, settings, workers())
            request = replace(request, metadata={**request.metadata, "people": size.people})
            opener = opener_of(job.sharding, size)
        record = claim_run(own, queued, request, opener)
        if not record or record.shards:
            return record
        work = Work(
            database, settings, job, parameters, reporter or Silent(), stop or Stop(),
            {} if kept is None else kept,
        )  # fmt: skip
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
    if queued.part and not (job.sharding and job.sharding.has(queued.part["stage"])):
        raise FeedscoreError(f"this version of the software has no part {queued.scope} of {queued.job}")
    try:
        return job, job.parameters.model_validate(queued.parameters)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise FeedscoreError(f"parameter {where}: {fault['msg']} (got {fault['input']!r})") from None


def _check_fits(own: psycopg.Connection, whole_id: int, job: Job, request: RunRequest) -> None:
    """Raise FeedscoreError unless this process would do a part as all others do theirs."""
    whole = find_run(own, whole_id)
    if whole and (job.algorithm_version, request.metadata["settings"]) != (
        whole.algorithm_version,
        whole.metadata.get("settings"),
    ):
        raise FeedscoreError(
            f"run {whole_id} was begun with other settings, or by version {whole.algorithm_version} of {job.name}:"
            f" all workers must have the same (this one, on {socket.gethostname()}, has version {job.algorithm_version})"
        )


def _refuse(own: psycopg.Connection, queued: RunRecord, why: str) -> RunRecord | None:
    """Record that a run can never be done: no further try would help."""
    with own.transaction():
        refuse_queued(own, queued.id, why)
        release_and_skip(own)
    return find_run(own, queued.id)
