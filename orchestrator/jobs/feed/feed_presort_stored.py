"""The segments that are stored: which are the same, how they are replaced and removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray

from feedscore import Column, encode_rows
from feedscore.population import Float32, Int32, Int64, UInt32

from ...db.columns import fetch
from ..ids import rows_of
from .feed_presort_cards import ItemKind

TABLE = "feed.feed_presorted"
# What is stored of some people, without the items.
STORED = """
SELECT user_id, segment, fingerprint, algorithm_version = %(version)s
FROM feed.feed_presorted WHERE user_id = ANY (%(users)s)
"""
STORED_KINDS = {"user_id": "int8", "segment": "int4", "fingerprint": "int8", "same_version": "bool"}
# The stored posts of some people, and when their feed was last written.
ITEMS = """
SELECT user_id, max(computed_at) OVER (PARTITION BY user_id), kinds, item_ids, scores
FROM feed.feed_presorted WHERE user_id = ANY (%(users)s) AND algorithm_version = %(version)s
ORDER BY user_id, segment
"""
ITEM_KINDS = {
    "user_id": "int8", "computed_at": "timestamptz", "kinds": "int4[]", "item_ids": "int8[]", "scores": "float4[]",
}  # fmt: skip
REMOVE = """
DELETE FROM feed.feed_presorted AS s USING unnest(%s::bigint[], %s::int[]) AS o(user_id, segment)
WHERE s.user_id = o.user_id AND s.segment = o.segment
"""
"""Remove segments: before new ones take their place, or because the feed has become shorter."""
COPY_IN = "COPY feed.feed_presorted ({}) FROM STDIN (FORMAT binary)"
"""Append segments."""
REMOVE_GONE = """
DELETE FROM feed.feed_presorted AS s
WHERE NOT EXISTS (SELECT FROM app.users AS u WHERE u.id = s.user_id AND u.is_active)
"""
"""Remove the feeds of people who are gone or inactive."""
ROWS_PER_PART = 4_000
"""About 2 MB of rows are encoded at a time."""
SEGMENT_BITS = 32


@dataclass(frozen=True)
class Replaced:
    """How many segments were written and removed."""

    written: int
    removed: int


@dataclass(frozen=True, eq=False)
class StoredPosts:
    """The posts of stored feeds, one entry a post, in the order of users and slots."""

    rows: Int64
    """Row of the user."""
    post_ids: Int64
    scores: Float32
    computed_at: NDArray[np.datetime64]
    """(u,) when the feed of each user was last written; NaT where none of this version is stored."""


def replace_segments(
    connection: psycopg.Connection,
    ids: Int64,
    columns: Sequence[Column],
    stamps: Sequence[Column],
    version: str,
) -> Replaced:
    """Make the rows of some people, given by ascending id, these: the same ones are not touched.

    `columns` are those of `cut_segments`; `stamps`, one a row, are added to what is written.
    """
    params = {"users": ids, "version": version}
    stored = fetch(connection, STORED, STORED_KINDS, params, rows_per_chunk=2_000)
    users, segments, fingerprints = (np.asarray(columns[i].values) for i in (0, 1, -1))
    before = _keys(ids, stored.int64("user_id"), stored.int32("segment"))
    order = np.argsort(before)
    places, found = rows_of(before[order], _keys(ids, users, segments))
    same = found.copy()
    same[found] = (stored.int64("fingerprint")[order][places] == fingerprints[found]) & stored.boolean(
        "same_version"
    )[order][places]
    untouched = np.zeros(stored.rows, bool)
    untouched[order[places[same[found]]]] = True
    old = np.flatnonzero(~untouched)
    if len(old):
        gone = stored.int64("user_id")[old].tolist(), stored.int32("segment")[old].tolist()
        connection.execute(REMOVE, gone)
    changed = np.flatnonzero(~same).astype(np.uint32)
    if len(changed):
        _append(connection, [*columns, *stamps], changed)
    return Replaced(len(changed), len(old) - int((found & ~same).sum()))


def fetch_posts(connection: psycopg.Connection, ids: Int64, version: str) -> StoredPosts:
    """Read the stored posts of some people, given by ascending id; feeds of another version do not count."""
    params = {"users": ids, "version": version}
    found = fetch(connection, ITEMS, ITEM_KINDS, params, rows_per_chunk=2_000)
    kinds, offsets = found.int32_lists("kinds")
    items, _ = found.int64_lists("item_ids")
    scores, _ = found.float32_lists("scores")
    user_rows, _ = rows_of(ids, found.int64("user_id"))
    computed_at = np.full(len(ids), np.datetime64("NaT", "us"))
    computed_at[user_rows] = found.instants("computed_at")
    is_post = kinds == ItemKind.POST
    rows = np.repeat(user_rows, np.diff(offsets))
    return StoredPosts(rows[is_post], items[is_post], scores[is_post], computed_at)


def _keys(ids: Int64, users: Int64, segments: Int32) -> Int64:
    return rows_of(ids, users)[0] << SEGMENT_BITS | segments.astype(np.int64)


def _append(connection: psycopg.Connection, columns: Sequence[Column], rows: UInt32) -> None:
    names = ", ".join(column.name for column in columns)
    with connection.cursor() as cursor, cursor.copy(COPY_IN.format(names).encode()) as copy:
        for start in range(0, len(rows), ROWS_PER_PART):
            part = rows[start : start + ROWS_PER_PART]
            last = start + ROWS_PER_PART >= len(rows)
            copy.write(encode_rows(columns, part, header=start == 0, trailer=last))
