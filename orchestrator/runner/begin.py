"""Start a run: take its lock, bury a dead predecessor, and take over what that one has committed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg

from ..context import JobParameters
from ..db.checkpoints import adopt_batches, clear_older_batches, has_batches
from ..db.locks import try_lock, unlock
from ..db.pending import hand_out_again, start_queued
from ..db.runs import RunRecord, RunRequest, RunStatus, Trigger, bury_the_dead, insert_run, latest_run
from ..db.wholes import find_open_whole
from ..errors import AlreadyRunningError
from ..registry import Job
from ..settings import Settings
from .settle import settle

LONGEST_SCOPE = 120
# Parameters and settings that change how a job works, but not what it writes.
NEUTRAL_PARAMETERS = frozenset({"candidate_batch_size", "pause_ms"})
NEUTRAL_SETTINGS = frozenset({
    "database_url", "data_dir", "redis_url", "redis_prefix", "time_zone", "threads", "write_connections",
    "workers_here", "shard_s", "media_dir",
    "connect_timeout_s", "log_level", "http_host", "http_port", "api_token", "api_signing_key", "analyser_key",
    "analyser_timeout_s", "analyser_price_in", "analyser_price_out", "analyser_daily_budget", "analyser_at_once",
})  # fmt: skip


def scope_of(user_ids: Collection[int], post_ids: Collection[int] = ()) -> str:
    """Name what a run is for: `all`, `users:8,17` or `posts:8,17`; a long list by its length and hash."""
    what, ids = ("posts", post_ids) if post_ids else ("users", user_ids)
    if not ids:
        return "all"
    names = ",".join(map(str, sorted(set(ids))))
    if len(names) <= LONGEST_SCOPE:
        return f"{what}:{names}"
    noun = "people" if what == "users" else "posts"
    return f"{what}:{len(set(ids))} {noun}, {hashlib.sha256(names.encode()).hexdigest()[:16]}"


def request_of(
    job: Job, parameters: JobParameters, settings: Settings, now: datetime, trigger: Trigger
) -> RunRequest:
    """Put together what the row of a run says from the start."""
    told = settings.model_dump_json(exclude=set(NEUTRAL_SETTINGS))
    return RunRequest(
        job=job.name,
        job_group=job.group,
        scope=scope_of(parameters.user_id, getattr(parameters, "post_id", ())),
        as_of=now,
        trigger=trigger,
        algorithm_version=job.algorithm_version,
        parameters=parameters.model_dump(mode="json"),
        metadata={"settings": hashlib.sha256(told.encode()).hexdigest()[:16]},
    )


def begin_run(connection: psycopg.Connection, request: RunRequest) -> RunRecord:
    """Take the lock and insert the row, with the committed batches of the run it resumes, if any.

    AlreadyRunningError names the process that has the lock. A run over everybody and one over some people
    have locks of their own: both replace whole rows in transactions, so the last to commit wins, row by row.
    """
    if not try_lock(connection, request.job, request.scope):
        raise AlreadyRunningError(_who_runs(connection, request))
    if find_open_whole(connection, request.job, request.scope):
        unlock(connection, request.job, request.scope)
        raise AlreadyRunningError(_who_runs(connection, request))
    with connection.transaction():
        bury(connection, request.job, request.scope)
        before = _predecessor(connection, request)
        if not before:
            record = insert_run(connection, request)
        elif has_batches(connection, before.id):
            same = replace(request, as_of=before.as_of)
            record = insert_run(connection, same, attempt=before.attempt + 1, resumed_from=before.id)
            adopt_batches(connection, before.id, record.id)
        else:
            record = insert_run(connection, request, attempt=before.attempt + 1)
        clear_older_batches(connection, request.job, request.scope, record.id)
    return record


Opener = Callable[[psycopg.Connection, RunRecord, RunRecord | None], RunRecord]
"""Makes parts for a run that was just started, if it is large enough, given also the run it resumes."""


def claim_run(
    connection: psycopg.Connection, queued: RunRecord, request: RunRequest, opener: Opener | None = None
) -> RunRecord | None:
    """Take the lock and turn a QUEUED run into a RUNNING one, with the batches of the run it resumes, if any.

    None if it is not to be run now: not queued any more, not due, paused, or its job runs with the same scope;
    it is handed out again when that has passed. An `opener` may make it a whole, whose lock is free again.
    """
    if not try_lock(connection, request.job, request.scope):
        hand_out_again(connection, [queued.id])
        return None
    with connection.transaction():
        bury(connection, request.job, request.scope)
        before = _predecessor(connection, request)
        resumed = before if before and (before.shards or has_batches(connection, before.id)) else None
        if resumed and queued.parent_id and resumed.as_of != request.as_of:
            resumed = None  # a part of another whole, whose time is not that of this one
        as_of = resumed.as_of if resumed else request.as_of
        record = start_queued(
            connection, queued.id, replace(request, as_of=as_of), resumed.id if resumed else None
        )
        if record and resumed:
            adopt_batches(connection, resumed.id, record.id)
        if record:
            clear_older_batches(connection, request.job, request.scope, record.id)
            record = opener(connection, record, resumed) if opener else record
    if not record or record.shards:
        unlock(connection, request.job, request.scope)
    if not record:
        hand_out_again(connection, [queued.id])
    return record


def bury(connection: psycopg.Connection, job: str, scope: str) -> list[RunRecord]:
    """Mark runs as FAILED whose process is gone, and settle what waited for them; only under their lock."""
    dead = bury_the_dead(connection, job, scope)
    for record in dead:
        settle(connection, record)
    return dead


def _predecessor(connection: psycopg.Connection, request: RunRequest) -> RunRecord | None:
    """Find the run whose work this one would go on with."""
    before = latest_run(connection, request.job, request.scope)
    return before if before and _is_same_work(before, request) else None


def _is_same_work(before: RunRecord, request: RunRequest) -> bool:
    return (
        before.status in {RunStatus.FAILED, RunStatus.CANCELLED}
        and before.algorithm_version == request.algorithm_version
        and before.as_of.astimezone(UTC).date() == request.as_of.astimezone(UTC).date()
        and before.metadata.get("settings") == request.metadata["settings"]
        and _that_matter(before.parameters) == _that_matter(dict(request.parameters))
    )


def _that_matter(parameters: dict[str, Any]) -> dict[str, Any]:  # Any: whatever JSON can hold
    return {name: value for name, value in parameters.items() if name not in NEUTRAL_PARAMETERS}


def _who_runs(connection: psycopg.Connection, request: RunRequest) -> str:
    holder = latest_run(connection, request.job, request.scope)
    what = f"{request.job} ({request.scope}) is already running"
    if not holder or holder.status is not RunStatus.RUNNING:
        return f"{what}: it has just started or is just ending"
    if holder.shards:
        return f"{what}: run {holder.id}, in {holder.shards} shards"
    since = f", since {holder.started_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if holder.started_at else ""
    return f"{what}: run {holder.id} on {holder.host}, process {holder.pid}{since}"
