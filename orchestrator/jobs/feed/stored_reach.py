"""How many users each creator and topic reached, as feed.affinity_reach keeps it for runs over some users."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import psycopg

from feedscore import AffinityReach, Column
from feedscore.population import Int64

from ...db.columns import fetch
from ...db.replace import Replaced, Table, replace_rows
from .topics import Topics

TABLE = Table(name="feed.affinity_reach", key=("kind", "id"), volatile=())
# The whole table, creators by id.
STORED = "SELECT kind, id, users FROM feed.affinity_reach ORDER BY kind, id"
KINDS = {"kind": "int2", "id": "int8", "users": "int4"}
EVERYBODY, CREATOR, TOPIC = range(3)


def fetch_reach(connection: psycopg.Connection, topics: Topics) -> AffinityReach | None:
    """Read the stored reach, or None where no run over everybody has written it yet."""
    found = fetch(connection, STORED, KINDS, rows_per_chunk=2_000)
    kind, ids, users = found.int16("kind"), found.int64("id"), found.int32("users")
    if not (kind == EVERYBODY).any():
        return None
    of_topics = kind == TOPIC
    codes, here = topics.codes_of(ids[of_topics])
    topic_users = np.zeros(len(topics), np.int32)
    topic_users[codes] = users[of_topics][here]
    return AffinityReach(
        users=int(users[kind == EVERYBODY][0]),
        creator_ids=ids[kind == CREATOR],
        creator_users=users[kind == CREATOR],
        topic_users=topic_users,
    )


def write_reach(connection: psycopg.Connection, reach: AffinityReach, topics: Topics) -> Replaced:
    """Make the table hold this reach; what nobody engaged has no row."""
    return write_reach_rows(connection, _rows(reach, topics))


def pack(reach: AffinityReach, topics: Topics) -> bytes:
    """Turn the reach among some people into bytes, for `add_up`."""
    return _rows(reach, topics).astype("<i8").tobytes()


def add_up(packed: Sequence[bytes]) -> Int64:
    """Add up the reach among people of whom no two are one; give it for `write_reach_rows`."""
    parts = [np.frombuffer(part, "<i8").reshape(3, -1) for part in packed]
    rows = np.concatenate([np.array([[EVERYBODY], [0], [0]]), *parts], axis=1)
    rows = rows[:, np.lexsort((rows[1], rows[0]))]
    first = np.flatnonzero(np.concatenate([[True], (rows[:2, 1:] != rows[:2, :-1]).any(axis=0)]))
    return np.stack([rows[0, first], rows[1, first], np.add.reduceat(rows[2], first)])


def _rows(reach: AffinityReach, topics: Topics) -> Int64:
    """Make (3, n) of kind, id and users."""
    codes = np.flatnonzero(reach.topic_users)
    parts = (
        (EVERYBODY, np.zeros(1, np.int64), np.array([reach.users], np.int32)),
        (CREATOR, reach.creator_ids, reach.creator_users),
        (TOPIC, topics.ids[codes].astype(np.int64), reach.topic_users[codes]),
    )
    kinds = np.concatenate([np.full(len(ids), kind) for kind, ids, _ in parts])
    ids = np.concatenate([ids for _, ids, _ in parts])
    users = np.concatenate([users for _, _, users in parts])
    return np.stack([kinds, ids, users]).astype(np.int64)


def write_reach_rows(connection: psycopg.Connection, rows: Int64) -> Replaced:
    """Make the table hold these rows: (3, n) of kind, id and users."""
    columns = [
        Column("kind", "int2", rows[0].astype(np.int16)),
        Column("id", "int8", rows[1]),
        Column("users", "int4", rows[2].astype(np.int32)),
    ]
    return replace_rows(connection, TABLE, columns, keep_missing=False)
