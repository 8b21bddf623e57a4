"""What people did with posts, streamed from app.post_events into the arrays of `feedscore.PostEvents`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import psycopg

from feedscore import EventKind, PostEvents
from feedscore.population import Bool, Int64
from feedscore.posts import UNKNOWN_DWELL_MS

from ...db.columns import Columns, fetch_parts
from ...db.parts import Part

EVENTS_PER_PART = 500_000
"""As many events are held at a time: about 15 MB."""
NO_CODE = -1
"""Stands for a kind that `EventKind` does not have."""

KIND_CODE = "CASE kind {} ELSE {} END".format(
    " ".join(f"WHEN '{kind.name.lower()}' THEN {kind.value}" for kind in EventKind), NO_CODE
)
"""The `EventKind` of an event in SQL, -1 where it is of no known kind."""

# Events of some kinds since a time. Those of unknown kinds, without a finite time, or of the future come along,
# to be counted: they are few. What is not wanted is told by its name: that costs half of looking up the code of each.
EVENTS = f"""
SELECT user_id, post_id, ({KIND_CODE})::int2, CASE WHEN isfinite(occurred_at) THEN occurred_at END,
  greatest(coalesce(dwell_ms, {UNKNOWN_DWELL_MS}), {UNKNOWN_DWELL_MS})
FROM app.post_events
WHERE user_id IS NOT NULL AND post_id IS NOT NULL AND {{scope}} AND (kind <> ALL (%(unwanted)s) OR kind IS NULL)
  AND (occurred_at >= %(since)s OR occurred_at IS NULL OR NOT isfinite(occurred_at))
"""  # noqa: S608 -- the kinds are our own
EVERYBODY = "true"
OF_THESE = "user_id = ANY (%(users)s)"
OF_A_PART = "user_id BETWEEN %(first_id)s AND %(last_id)s"
WITH_THESE = "post_id = ANY (%(posts)s)"
EVENT_KINDS = {
    "user_id": "int8", "post_id": "int8", "kind": "int2", "occurred_at": "timestamptz?", "dwell_ms": "int4",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class EventQuery:
    """Which events are read."""

    kinds: Collection[EventKind]
    """Those that are not asked for cost next to nothing: kinds that weigh 0 need not be read."""
    since: datetime
    until: datetime
    """Both are included; UTC."""
    users: Int64 | None = None
    """Only what these did; None = everybody."""
    posts: Int64 | None = None
    """Only what was done with these; None = all."""
    part: Part | None = None
    """Only what the people of a range of ids did."""


def read_events(
    connection: psycopg.Connection,
    query: EventQuery,
    told: Counter[str],
    *,
    step: Callable[[], object] = lambda: None,
    events_per_part: int = EVENTS_PER_PART,
) -> Iterator[PostEvents]:
    """Read events in parts, in no order, and count in `told` what was read and what was left out.

    Left out are events of unknown kinds, without a finite time, and after `until`. No more than one part is
    held at a time; the connection is busy until the last. `step` is called before each part.

    A row costs about half a microsecond, half of it the server's; measured, a second connection gains
    nothing, because the two already keep two cores busy, and neither do rows packed into arrays.
    """
    scope = EVERYBODY if query.users is None else OF_THESE
    if query.posts is not None:
        scope += f" AND {WITH_THESE}"
    if query.part is not None:
        scope += f" AND {OF_A_PART}"
    unwanted = [kind.name.lower() for kind in EventKind if kind not in query.kinds]
    params: dict[str, object] = {
        "since": query.since, "unwanted": unwanted, "users": query.users, "posts": query.posts,
        **(query.part.span if query.part else {}),
    }  # fmt: skip
    parts = fetch_parts(
        connection, EVENTS.format(scope=scope), EVENT_KINDS, params, rows_per_part=events_per_part
    )
    for part in parts:
        step()
        yield _events(part, query.until, told)


def _events(found: Columns, until: datetime, told: Counter[str]) -> PostEvents:
    last = np.datetime64(until.replace(tzinfo=None), "us")
    codes, times, timed = found.int16("kind"), found.instants("occurred_at"), found.valid("occurred_at")
    known = codes != NO_CODE
    future = times > last  # NaT, which stands where there is no time, is never greater
    kept = known & timed & ~future
    told["rows_scanned"] += found.rows
    told["events_of_unknown_kind"] += int((~known).sum())
    told["events_without_time"] += int((known & ~timed).sum())
    told["events_in_the_future"] += int((known & future).sum())
    events = PostEvents(
        user_ids=found.int64("user_id"),
        post_ids=found.int64("post_id"),
        kinds=codes.astype(np.uint8),
        occurred_at=times,
        dwell_ms=found.int32("dwell_ms"),
    )
    return only_rows(events, kept)


def only_rows(events: PostEvents, kept: Bool) -> PostEvents:
    """Give the events that are marked; without copying where all are."""
    if kept.all():
        return events
    return PostEvents(
        user_ids=events.user_ids[kept],
        post_ids=events.post_ids[kept],
        kinds=events.kinds[kept],
        occurred_at=events.occurred_at[kept],
        dwell_ms=events.dwell_ms[kept],
    )
