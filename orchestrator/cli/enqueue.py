"""The commands that put runs before the workers, and that cancel, retry, pause and resume them."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Annotated

import redis
import typer

from ..db.control import cancel_runs, pause, resume, retry_runs
from ..db.engine import Database
from ..db.pending import release_and_skip
from ..errors import UsageError
from ..jobs import registry
from ..queue.broker import QUEUES, connect, count_workers
from ..queue.dispatch import dispatch
from ..queue.enqueue import Enqueued, enqueue_plan
from ..runner import RunRecord, preview_plan
from ..settings import Settings, load_settings
from .choice import chosen_steps, parameters_for
from .options import AsJson
from .output import print_json, print_table, remark, say
from .run import Active, Limit, Names, Rehearse, Stale, UserIds, check_users
from .run_report import show_previews
from .workplace import open_database

Priority = Annotated[
    int | None,
    typer.Option(
        metavar="0..100", min=0, max=100, help="70 and more: queue high; 30 and more: medium; else low."
    ),
]
RunIds = Annotated[
    list[int], typer.Argument(metavar="ID...", help="Numbers of runs; `orchestrator runs` shows them.")
]
JobOrQueue = Annotated[
    str, typer.Argument(metavar="JOB|QUEUE", help="A job, or one of the queues high, medium, low.")
]


def enqueue(
    names: Names = None,
    user_id: UserIds = None,
    limit: Limit = None,
    stale: Stale = False,
    active: Active = False,
    priority: Priority = None,
    dry_run: Rehearse = False,
    as_json: AsJson = False,
) -> None:
    """Put jobs and everything they need before the workers.

    Runs start in the order of their needs, on any number of workers; `status` shows how far they are. A run of
    the same job for the same users that has not started yet is joined, not doubled.

    \b
    Examples:
      orchestrator enqueue all
      orchestrator enqueue match-scores --user-id 8 --priority 90
      orchestrator enqueue feed --dry-run
    """
    if not names:
        raise UsageError("nothing to enqueue: name a job, a group or `all`")
    given = {
        "user_id": tuple(user_id) if user_id else None,
        "limit": limit,
        "stale": stale or None,
        "active": active or None,
    }
    steps = chosen_steps(names)
    parameters = parameters_for(steps, {name: value for name, value in given.items() if value is not None})
    settings, now = load_settings(), datetime.now(UTC)
    with open_database(settings) as database:
        check_users(database, user_id or [])
        if dry_run:
            workers = _count_workers(settings)
            previews = preview_plan(database, settings, steps, parameters, now=now, workers=workers)
            show_previews(previews, as_json=as_json)
            return
        done = enqueue_plan(database, settings, steps, parameters, now=now, priority=priority)
        _show(done, as_json=as_json)
        _hand_out(database, settings)


def cancel(run_ids: RunIds, as_json: AsJson = False) -> None:
    """Cancel runs: what has not started never will, what runs stops after its batch."""
    settings = load_settings()
    with open_database(settings) as database, database.connection() as connection:
        pending, running = cancel_runs(connection, run_ids)
        release_and_skip(connection)
    ended = sorted({*run_ids} - {*pending, *running})
    if as_json:
        print_json({"cancelled": pending, "asked_to_stop": running, "not_open": ended})
    else:
        for text, ids in (("Cancelled", pending), ("Asked to stop", running), ("Not open any more", ended)):
            if ids:
                say(f"{text}: {', '.join(map(str, ids))}")
    raise typer.Exit(0 if pending or running else 1)


def retry(run_ids: RunIds, as_json: AsJson = False) -> None:
    """Enqueue runs again that failed, were cancelled or skipped; each goes on where it stopped."""
    settings = load_settings()
    with open_database(settings) as database:
        with database.connection() as connection:
            records = retry_runs(connection, run_ids)
        _show([Enqueued(record, True) for record in records], as_json=as_json)
        _hand_out(database, settings)
    if not records:
        remark(
            "Nothing to retry: these runs do not exist, did not fail, or are enqueued again already.", "red"
        )
        raise typer.Exit(1)


def pause_runs(name: JobOrQueue) -> None:
    """Let no run of a job or of a queue start until `resume`; what runs goes on."""
    kind = _kind_of(name)
    with open_database(load_settings()) as database, database.connection() as connection:
        changed = pause(connection, kind, name)
    say(f"Paused {kind} {name}." if changed else f"{kind.capitalize()} {name} was paused already.")


def resume_runs(name: JobOrQueue) -> None:
    """Let the runs of a paused job or queue start again."""
    kind, settings = _kind_of(name), load_settings()
    with open_database(settings) as database:
        with database.connection() as connection:
            changed = resume(connection, kind, name)
        say(f"Resumed {kind} {name}." if changed else f"{kind.capitalize()} {name} was not paused.")
        _hand_out(database, settings)


def _kind_of(name: str) -> str:
    if name in QUEUES:
        return "queue"
    if name in registry.jobs:
        return "job"
    raise UsageError(
        f"neither a job nor a queue: {name}; queues are {', '.join(QUEUES)}, `orchestrator list` shows jobs"
    )


def _count_workers(settings: Settings) -> int:
    """Count the workers that Redis knows; 1 without Redis."""
    with contextlib.suppress(redis.RedisError):
        return max(1, count_workers(connect(settings)))
    return 1


def _hand_out(database: Database, settings: Settings) -> None:
    """Tell the workers at once; without Redis the supervisor of the workers does it when it starts."""
    try:
        connection = connect(settings)
        connection.ping()
    except redis.RedisError:
        remark(
            "No Redis answers, so no worker does this yet; start workers with: python -m orchestrator up",
            "yellow",
        )
        return
    dispatch(database, connection)


def _show(done: list[Enqueued], *, as_json: bool) -> None:
    if as_json:
        print_json([{**one.record.as_json(), "is_new": one.is_new} for one in done])
        return
    if done:
        print_table(
            ("Run", "Job", "Scope", "Status", "Queue", "Why"),
            [_row(one.record, one.is_new) for one in done],
            right={"Run"},
        )


def _row(record: RunRecord, is_new: bool) -> tuple[str, ...]:
    why = record.cause or ""
    return (
        str(record.id), record.job, record.scope, record.status, record.queue,
        why if is_new else f"{why} (was enqueued already)",
    )  # fmt: skip
