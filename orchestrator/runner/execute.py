"""Run one job here and now, from its lock to the last word in its row."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import psycopg
import structlog

from ..context import JobContext, JobParameters
from ..db.checkpoints import clear_batches
from ..db.engine import Database
from ..db.faults import ends_the_run
from ..db.locks import unlock
from ..db.parts import part_of
from ..db.runs import RunRecord, RunStatus, Trigger, find_run, finish_run
from ..db.wholes import hold_whole
from ..errors import CancelledError, DatabaseError, FeedscoreError, SkippedError
from ..registry import Job
from ..settings import Settings
from .batches import Scene, describe
from .begin import begin_run, request_of
from .handle import Run
from .heart import Heart
from .progress import Reporter, Silent
from .settle import settle
from .stop import Interrupted, Patience, Stop
from .tally import Tally

log = structlog.get_logger()
LONGEST_TRACEBACK = 4000
WAITS_S = (0.0, 0.5, 2.0)  # before each try to record the end on a fresh connection


@dataclass(frozen=True)
class Work:
    """What a run does, and with what."""

    database: Database
    settings: Settings
    job: Job
    parameters: JobParameters
    reporter: Reporter
    stop: Stop
    kept: dict[str, Any] = field(default_factory=dict)  # Any: whatever a job keeps from part to part


@dataclass(frozen=True)
class Ending:
    """How a run ended."""

    status: RunStatus
    error: str | None = None


def run_job(
    database: Database,
    settings: Settings,
    job: Job,
    parameters: JobParameters | None = None,
    *,
    now: datetime,
    trigger: Trigger = Trigger.MANUAL,
    reporter: Reporter | None = None,
    stop: Stop | None = None,
) -> RunRecord:
    """Run a job and give its row; a job that fails is told by the row, not raised.

    `now` must be UTC. AlreadyRunningError if the same job runs with the same scope; DatabaseError if the run
    could not even be recorded as started.
    """
    parameters, reporter, stop = parameters or job.parameters(), reporter or Silent(), stop or Stop()
    with own_connection(database) as own:
        record = begin_run(own, request_of(job, parameters, settings, now, trigger))
        return carry_out(Work(database, settings, job, parameters, reporter, stop), own, record)


@contextlib.contextmanager
def own_connection(database: Database) -> Iterator[psycopg.Connection]:
    """Lend a connection to one run: it holds the lock, beats, and has the last word."""
    own = database.dedicated()
    try:
        yield own
    finally:
        with contextlib.suppress(psycopg.Error):
            own.close()


def carry_out(work: Work, own: psycopg.Connection, record: RunRecord) -> RunRecord:
    """Do the work of a run that counts as RUNNING and whose lock `own` holds, and record how it ended."""
    work.reporter.started(record)
    tally = Tally(record.id, record.job, work.reporter)
    heart = Heart(own, record.id, tally, work.stop)
    handle = Run(Scene(record.id, work.database, tally, work.stop, heart), work.parameters)
    part = part_of(record)
    context = JobContext(work.database, work.settings, record.as_of, work.parameters, handle, part, work.kept)
    run = work.job.sharding.stage(part.stage).run if part and work.job.sharding else work.job.run
    ending = _run(run, context, tally, heart, work.stop)
    record = _end(work.database, own, record, ending, tally)
    with contextlib.suppress(psycopg.Error):  # closing frees it too, but only when the server notices
        unlock(own, record.job, record.scope)
    work.reporter.ended(record)
    return record


def _run(
    run: Callable[[JobContext], None], context: JobContext, tally: Tally, heart: Heart, stop: Stop
) -> Ending:
    try:
        with heart.beating(), stop.patience(Patience.NONE):
            stop.check()
            run(context)
        heart.check()
    except (CancelledError, Interrupted, KeyboardInterrupt) as error:
        return Ending(RunStatus.CANCELLED, str(error) or "stopped by the keyboard")
    except SkippedError as error:
        return Ending(RunStatus.SKIPPED, str(error))
    except Exception as error:  # the row tells it, and whoever reads the row
        if not isinstance(error, FeedscoreError | psycopg.Error):  # a defect: keep what it takes to find it
            tally.tell({"traceback": "".join(traceback.format_exception(error))[-LONGEST_TRACEBACK:]})
        log.debug("where it failed", exc_info=error)
        return Ending(RunStatus.FAILED, describe(heart.lost or error))
    if not tally.failed:
        return Ending(RunStatus.SUCCESS)
    failures = f"{tally.failed:,} items failed"
    if tally.first_failure:
        failures += f", the first because: {tally.first_failure}"
    nothing_done = not tally.processed and not tally.facts.get("items_resumed")
    return Ending(RunStatus.FAILED if nothing_done else RunStatus.SUCCESS, failures)


def _end(
    database: Database, own: psycopg.Connection, record: RunRecord, ending: Ending, tally: Tally
) -> RunRecord:
    """Record how the run ended, on a fresh connection if that of the run is gone."""
    for wait in WAITS_S:
        time.sleep(wait)
        try:
            return _write_end(own, record, ending, tally)
        except psycopg.Error as error:
            if not ends_the_run(error):
                continue  # another transaction was in the way, such as that of a run that ended at the same time
            if (
                ending.status is RunStatus.SUCCESS
            ):  # the last batches did not wait for the disk and may be lost
                ending = Ending(RunStatus.FAILED, describe(error))
            break
    for wait in WAITS_S:
        time.sleep(wait)
        with contextlib.suppress(DatabaseError, psycopg.Error), database.connection() as connection:
            return _write_end(connection, record, ending, tally)
    unrecorded = f"{ending.error}; this could not be recorded, the next run will resume run {record.id}"
    return replace(
        record,
        status=ending.status,
        error=unrecorded,
        items_processed=tally.processed,
        items_failed=tally.failed,
    )


def _write_end(connection: psycopg.Connection, record: RunRecord, ending: Ending, tally: Tally) -> RunRecord:
    with connection.transaction():
        if record.parent_id:
            hold_whole(connection, record.parent_id)
        if ending.status is RunStatus.SUCCESS:
            clear_batches(connection, record.id)
        ended = finish_run(
            connection, record.id, ending.status,
            processed=tally.processed, failed=tally.failed, metadata=tally.facts, error=ending.error,
        )  # fmt: skip
        now = find_run(connection, record.id) or record
        if ended:
            settle(connection, now)
    return now
