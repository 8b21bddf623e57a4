"""The command that shows queues, workers and what they do."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated

import redis
import typer
from rq import Worker

from ..db.control import busy_s, list_pauses, open_runs, queue_states
from ..db.wholes import standings
from ..queue.broker import connect
from ..runner import RunRecord, RunStatus
from ..settings import Settings, load_settings
from .options import AsJson
from .output import moment, print_json, print_table, remark, say, span
from .run_report import scope_text
from .workplace import open_database

WINDOW_S = 900.0


@dataclass(frozen=True)
class WorkerState:
    """What one worker process does."""

    name: str
    host: str
    pid: int
    state: str
    queues: list[str]


def status(
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most this many open runs.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show queues, workers, utilisation, and the runs that have not ended."""
    settings = load_settings()
    with open_database(settings) as database, database.connection() as connection:
        states, pauses = queue_states(connection), list_pauses(connection)
        busy, runs = busy_s(connection, WINDOW_S), open_runs(connection, limit)
        wholes = standings(connection, [record.id for record in runs if record.shards])
    workers = _workers(settings)
    utilisation = busy / WINDOW_S / len(workers) if workers else None
    if as_json:
        print_json(
            {
                "redis": workers is not None,
                "queues": [asdict(state) for state in states],
                "workers": [asdict(one) for one in workers or []],
                "utilisation": utilisation,
                "utilisation_window_s": WINDOW_S,
                "pauses": [asdict(one) for one in pauses],
                "runs": [record.as_json() for record in runs],
            }
        )
        return
    print_table(
        ("Queue", "Waiting", "Queued", "Running", "Oldest wait", ""),
        [
            (
                s.queue, str(s.waiting), str(s.queued), str(s.running), span(1000 * s.oldest_wait_s),
                "paused" if s.is_paused else "",
            )
            for s in states
        ],
        right={"Waiting", "Queued", "Running", "Oldest wait"},
    )  # fmt: skip
    say()
    if workers is None:
        remark("No Redis answers: no worker takes runs. Start them with: python -m orchestrator up", "yellow")
    elif not workers:
        remark("No workers. Start them with: python -m orchestrator worker --count 2", "yellow")
    else:
        print_table(
            ("Worker", "Host", "Process", "State", "Queues"),
            [(w.name[:8], w.host, str(w.pid), w.state, ",".join(w.queues)) for w in workers],
            right={"Process"},
        )
        say(f"Busy over the last {WINDOW_S / 60:.0f} minutes: {100 * (utilisation or 0):.0f}%")
    for paused in pauses:
        say(f"Paused since {moment(paused.since)}: {paused.kind} {paused.name}")
    if runs:
        say()
        print_table(
            ("Run", "Job", "Scope", "Status", "Try", "For", "Items", "Now", "Why"),
            [
                (
                    str(r.id), r.job, scope_text(r, wholes), r.status, f"{r.attempt}/{r.max_attempts}",
                    _running_for(r), f"{wholes[r.id].processed if r.id in wholes else r.items_processed:,}",
                    _now(r), r.cause or "",
                )
                for r in runs
            ],
            right={"Run", "For", "Items"},
        )  # fmt: skip


def _running_for(record: RunRecord) -> str:
    if record.status is not RunStatus.RUNNING or not record.started_at:
        return ""
    return span(1000 * max(0.0, (datetime.now(UTC) - record.started_at).total_seconds()))


def _now(record: RunRecord) -> str:
    """Say what a run was doing at its last heartbeat, and how far it was with that."""
    now = record.metadata.get("now") if record.status is RunStatus.RUNNING else None
    if not now:
        return ""
    step = "" if now["step"] == "main" else now["step"]
    return step if now["total"] is None else f"{step} {now['done']:,} of {now['total']:,}".strip()


def _workers(settings: Settings) -> list[WorkerState] | None:
    """List the workers that Redis knows; None when it does not answer."""
    with contextlib.suppress(redis.RedisError):
        connection = connect(settings)
        connection.ping()
        return [
            WorkerState(w.name, w.hostname or "", w.pid or 0, str(w.get_state()), w.queue_names())
            for w in Worker.all(connection=connection)
        ]
    return None
