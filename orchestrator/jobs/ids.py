"""Ids of people to rows of arrays, and whole tables in slices of people that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import psycopg

from feedscore.population import Bool, Int64

from ..db.columns import fetch
from ..errors import ParameterError

# The ids of everybody, or those of some ids that are somebody's.
USERS = "SELECT id FROM app.users WHERE id IS NOT NULL"
USERS_AMONG = "SELECT id FROM app.users WHERE id = ANY (%(among)s)"
LOWEST, HIGHEST = np.iinfo(np.int64).min, np.iinfo(np.int64).max


@dataclass(frozen=True)
class Slice:
    """The people `start` to before `stop`, and all ids above `after` up to and including `until`."""

    start: int
    stop: int
    after: int
    until: int


def fetch_users(connection: psycopg.Connection, among: Int64 | None = None) -> Int64:
    """Read the ids of everybody, or those among some ids that are somebody's, ascending and unique."""
    query, params = (USERS, None) if among is None else (USERS_AMONG, {"among": among})
    return distinct(fetch(connection, query, {"id": "int8"}, params).int64("id"))


def fetch_scope(connection: psycopg.Connection, wanted: Sequence[int]) -> Int64 | None:
    """Give the ids that a run is for, ascending and unique, None = everybody; ParameterError as `require_users`."""
    if not wanted:
        return None
    return require_users(fetch_users(connection, np.array(wanted, np.int64)), wanted)


def require_users(users: Int64, wanted: Sequence[int]) -> Int64:
    """Give the wanted ids, ascending and unique; ParameterError names those that no user has."""
    ids = np.unique(np.array(wanted, np.int64))
    _, found = rows_of(users, ids)
    if not found.all():
        unknown = ", ".join(map(str, ids[~found]))
        raise ParameterError(f"user_id: no such user in app.users: {unknown}")
    return ids


def distinct(values: Int64) -> Int64:
    """Give the values, ascending, each once; by sorting, several times faster here than `np.unique`."""
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def rows_of(ids: Int64, wanted: Int64) -> tuple[Int64, Bool]:
    """Find the wanted ids among `ids`, which ascend: the rows of those that are there, and which are."""
    if not len(ids):
        return np.empty(0, np.int64), np.zeros(len(wanted), bool)
    places = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    found = np.asarray(ids[places] == wanted)
    return places[found], found


def slices(ids: Int64, size: int) -> Iterator[Slice]:
    """Cut everybody into slices of at most `size` people; together they cover all ids there can be."""
    after = LOWEST
    for start in range(0, max(len(ids), 1), size):
        stop = min(start + size, len(ids))
        until = int(ids[stop - 1]) if stop < len(ids) else HIGHEST
        yield Slice(start, stop, int(after), int(until))
        after = until
