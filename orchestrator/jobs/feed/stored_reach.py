"""How many users each creator and topic reached, as feed.affinity_reach keeps it for runs over some users."""

from __future__ import annotations

import numpy as np
import psycopg

from feedscore import AffinityReach, Column

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
    codes = np.flatnonzero(reach.topic_users)
    parts = (
        (EVERYBODY, np.zeros(1, np.int64), np.array([reach.users], np.int32)),
        (CREATOR, reach.creator_ids, reach.creator_users),
        (TOPIC, topics.ids[codes].astype(np.int64), reach.topic_users[codes]),
    )
    columns = [
        Column("kind", "int2", np.concatenate([np.full(len(ids), kind, np.int16) for kind, ids, _ in parts])),
        Column("id", "int8", np.concatenate([ids for _, ids, _ in parts])),
        Column("users", "int4", np.concatenate([users for _, _, users in parts])),
    ]
    return replace_rows(connection, TABLE, columns, keep_missing=False)
