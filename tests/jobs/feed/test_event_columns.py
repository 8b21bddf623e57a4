"""Events of real tables as arrays: which come, which are left out and counted, and how many are held at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime

import numpy as np
import psycopg
import pytest

from feedscore import EventKind, PostEvents
from feedscore.population import Int64
from orchestrator.jobs.feed.event_columns import EventQuery, read_events

SINCE, UNTIL = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 7, 30, 12, tzinfo=UTC)
ACTIONS = frozenset(EventKind) - {EventKind.IMPRESSION, EventKind.SEEN}
INSERT = "INSERT INTO app.post_events (id, user_id, post_id, kind, dwell_ms, occurred_at) VALUES "


def read(
    connection: psycopg.Connection,
    kinds: Collection[EventKind] = frozenset(EventKind),
    users: Int64 | None = None,
    events_per_part: int = 1000,
) -> tuple[list[PostEvents], Counter[str]]:
    told: Counter[str] = Counter()
    query = EventQuery(kinds=kinds, since=SINCE, until=UNTIL, users=users)
    return list(read_events(connection, query, told, events_per_part=events_per_part)), told


def test_every_kind_has_the_code_of_its_name(connection: psycopg.Connection) -> None:
    for kind in EventKind:
        connection.execute(
            (INSERT + "(%s, 7, 8, %s, NULL, '2026-06-01')").encode(), (kind.value, kind.name.lower())
        )
    (events,), _ = read(connection)
    assert sorted(events.kinds.tolist()) == [kind.value for kind in EventKind]


def test_an_event_comes_with_its_ids_time_and_dwell(connection: psycopg.Connection) -> None:
    connection.execute(
        INSERT.encode()
        + b"""(1, -9000000000, 9000000000, 'view', 1500, '2026-06-01 02:03:04.000005+00'),
              (2, 2, 3, 'view', NULL, '2026-06-01'), (3, 2, 3, 'view', -70000, '2026-06-01')"""
    )
    (events,), _ = read(connection)
    assert (events.user_ids[0], events.post_ids[0]) == (-9_000_000_000, 9_000_000_000)
    assert events.occurred_at[0] == np.datetime64("2026-06-01T02:03:04.000005")
    assert events.dwell_ms.tolist() == [1500, -1, -1]
    assert [array.dtype for array in (events.user_ids, events.kinds, events.occurred_at, events.dwell_ms)] == [
        np.int64, np.uint8, np.dtype("datetime64[us]"), np.int32,
    ]  # fmt: skip


def test_both_ends_of_the_time_belong_to_it_and_what_is_left_out_is_counted(
    connection: psycopg.Connection,
) -> None:
    connection.execute(
        INSERT.encode()
        + b"""(1, 1, 1, 'like', NULL, '2026-05-01 00:00+00'), (2, 1, 2, 'like', NULL, '2026-07-30 12:00+00'),
              (3, 1, 3, 'like', NULL, '2026-04-30 23:59:59.999999+00'),
              (4, 1, 4, 'like', NULL, '2026-07-30 12:00:00.000001+00'),
              (5, 1, 5, 'like', NULL, 'infinity'), (6, 1, 6, 'like', NULL, '-infinity'),
              (7, 1, 7, 'LIKE', NULL, '2026-06-01'), (8, 1, 8, 'wave', NULL, 'infinity')"""
    )
    (events,), told = read(connection, kinds=[EventKind.LIKE])
    assert sorted(events.post_ids.tolist()) == [1, 2]
    assert told == {
        "rows_scanned": 7, "events_of_unknown_kind": 2, "events_without_time": 2, "events_in_the_future": 1,
    }  # fmt: skip


@pytest.mark.parametrize(("kinds", "count"), [(ACTIONS, 8), ([], 0), ([EventKind.SEEN], 1)])
def test_only_the_kinds_asked_for_are_read(
    connection: psycopg.Connection, kinds: Collection[EventKind], count: int
) -> None:
    for kind in EventKind:
        connection.execute(
            (INSERT + "(%s, 7, 8, %s, NULL, '2026-06-01')").encode(), (kind.value, kind.name.lower())
        )
    parts, told = read(connection, kinds)
    assert sum(map(len, parts)) == told["rows_scanned"] == count


def test_only_named_users_are_read(connection: psycopg.Connection) -> None:
    connection.execute(
        INSERT.encode() + b"(1, 4, 1, 'like', 0, '2026-06-01'), (2, 5, 1, 'like', 0, '2026-06-01')"
    )
    parts, _ = read(connection, users=np.array([5, 6], np.int64))
    assert [part.user_ids.tolist() for part in parts] == [[5]]


def test_parts_hold_every_event_once_and_no_more_than_asked_for(connection: psycopg.Connection) -> None:
    connection.execute("""INSERT INTO app.post_events SELECT i, i, 1, 'like', NULL, '2026-06-01'
      FROM generate_series(1, 20000) AS i""")
    parts, _ = read(connection, events_per_part=4000)
    assert max(map(len, parts)) < 8000
    assert np.array_equal(np.sort(np.concatenate([part.user_ids for part in parts])), np.arange(1, 20001))


def test_a_view_without_ids_and_times_is_read_like_a_table(connection: psycopg.Connection) -> None:
    connection.execute("DROP TABLE app.post_events")
    connection.execute("""CREATE VIEW app.post_events AS SELECT * FROM (VALUES
      (1::bigint, NULL::bigint, 1::bigint, 'like', 0, '2026-06-01'::timestamptz),
      (2, 1, NULL, 'like', 0, '2026-06-01'), (3, 1, 1, NULL, 0, '2026-06-01'), (4, 1, 1, 'like', 0, NULL),
      (5, 1, 1, 'like', 0, '2026-06-01')) AS e(id, user_id, post_id, kind, dwell_ms, occurred_at)""")
    (events,), told = read(connection)
    assert len(events) == 1
    assert (told["events_of_unknown_kind"], told["events_without_time"]) == (1, 1)
