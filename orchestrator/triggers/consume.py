"""Work off the outbox: blocks first, then everything else as runs for the users concerned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
import structlog

from ..db.engine import Database
from ..db.pending import Urgency, enqueue_run
from ..db.runs import Trigger
from ..registry import Registry
from ..runner.begin import request_of
from ..runner.limits import postpone_early
from ..settings import Settings
from .apart import set_apart
from .consequences import refreshes
from .events import Event, EventName
from .posts import read_posts

log = structlog.get_logger()
AT_ONCE = 500
PRIORITY = 80
APART = (EventName.USER_BLOCKED, EventName.USER_REPORTED)

# Events that nobody else is working on; what sets people apart goes before all else.
TAKE = """
SELECT id, kind, user_id, other_id, post_id, moved_km FROM feed.event_outbox
WHERE processed_at IS NULL
ORDER BY kind IN ('user.blocked', 'user.reported') DESC, id LIMIT %s FOR UPDATE SKIP LOCKED
"""
SETTLE = """
UPDATE feed.event_outbox AS e SET processed_at = clock_timestamp(), outcome = o.outcome
FROM unnest(%s::bigint[], %s::text[]) AS o(id, outcome) WHERE e.id = o.id
"""
# 100 actions since the profile was computed are worth a new one.
WORTH_A_PROFILE = """
SELECT count(*) >= 100 FROM (
  SELECT FROM app.post_events AS e
  WHERE e.user_id = %(user)s AND e.kind NOT IN ('impression', 'seen')
    AND e.occurred_at > coalesce((SELECT computed_at FROM feed.affinity_profile WHERE user_id = %(user)s), '-infinity')
  LIMIT 100) AS since
"""


@dataclass(frozen=True)
class Taken:
    """An event of the outbox, with its number."""

    id: int
    event: Event


@dataclass(frozen=True)
class Here:
    """Jobs that whoever settles a lot does at once, and the run that tells of them."""

    jobs: frozenset[str]
    run_id: int


def consume(database: Database, settings: Settings, registry: Registry, *, now: datetime) -> int:
    """Work off the events there are, and tell how many.

    Each lot is one transaction: what an event calls for is enqueued, and the event marked as done, together or
    not at all. Events of one user for one job come to one run that waits, however many they are.
    """
    done = 0
    while True:
        with database.connection() as connection:
            lot = _take(connection)
            if not lot:
                return done
            settle_lot(connection, settings, registry, lot, now)
        done += len(lot)


def _take(connection: psycopg.Connection) -> list[Taken]:
    return [
        Taken(
            number,
            Event(kind=EventName(kind), user_id=user, other_id=other, post_id=post, moved_km=moved),
        )
        for number, kind, user, other, post, moved in connection.execute(TAKE, (AT_ONCE,))
    ]


def settle_lot(
    connection: psycopg.Connection,
    settings: Settings,
    registry: Registry,
    lot: Sequence[Taken],
    now: datetime,
    here: Here | None = None,
) -> None:
    """Set apart who is to be, enqueue what a lot of events calls for but for what is done `here`, and mark it as done."""
    for one in lot:
        if one.event.kind in APART and one.event.other_id is not None:
            set_apart(connection, one.event.user_id, one.event.other_id)
    runs: dict[tuple[str, tuple[int, ...]], int] = {}
    done = read_posts(connection, settings, registry, {one.id: one.event for one in lot}, now, PRIORITY)
    outcomes = {
        one.id: done.get(one.id) or _refresh(connection, settings, registry, one.event, now, runs, here)
        for one in lot
    }
    connection.execute(SETTLE, (list(outcomes), list(outcomes.values())))


def _refresh(
    connection: psycopg.Connection, settings: Settings, registry: Registry, event: Event, now: datetime,
    runs: dict[tuple[str, tuple[int, ...]], int], here: Here | None,
) -> str:  # fmt: skip
    """Enqueue what an event calls for, each run after those it needs; `runs` are those of this lot."""
    if event.kind is EventName.POST_ENGAGED:
        row = connection.execute(WORTH_A_PROFILE, {"user": event.user_id}).fetchone()
        if not (row and row[0]):
            return "too few actions since the last profile"
    done_here = here.run_id if here else None
    numbers: list[int] = []
    before: dict[str, int] = {}
    for refresh in refreshes(event):
        job = registry.jobs.get(refresh.job)
        if job is None:
            continue
        if here and job.name in here.jobs:
            before[job.name] = here.run_id
            continue
        key = (job.name, refresh.users)
        if key not in runs:
            given = job.parameters(user_id=refresh.users)
            request = request_of(job, given, settings, now, Trigger.EVENT)
            needs = [before[need] for need in job.needs if before.get(need, done_here) != done_here]
            urgency = Urgency(priority=PRIORITY, max_attempts=job.max_attempts)
            record, is_new = enqueue_run(
                connection, request, urgency, cause=f"event {event.kind}", needs=needs
            )
            if is_new:
                postpone_early(connection, job, given, record)
            runs[key] = record.id
        before[job.name] = runs[key]
        numbers.append(runs[key])
    if done_here is not None and done_here in before.values():
        numbers.insert(0, done_here)
    return f"runs {', '.join(map(str, numbers))}" if numbers else "nothing to do"
