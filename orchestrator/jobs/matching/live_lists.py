"""From people who have changed to the lists that change with them: their own, and those of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import psycopg

from feedscore import Column, MatchLists, reference
from feedscore.population import Float32, Int64

from ...db.columns import fetch
from .live import LivePopulation
from .match_rows import LIST_LENGTH, Packer
from .people import People
from .stored_lists import REMOVE, TABLE, replace_lists

# What is stored, and the score that it takes to stand in a list.
STORED = """
SELECT viewer_id, CASE WHEN algorithm_version = %(version)s THEN fingerprint ELSE 0 END,
  CASE WHEN cardinality(scores) >= %(length)s THEN scores[%(length)s] ELSE '-Infinity' END
FROM feed.match_list
"""
STORED_KINDS = {"viewer_id": "int8", "fingerprint": "int8", "threshold": "float4"}
# Whose lists hold some people: a scan, for the start alone.
LISTING = """
SELECT DISTINCT viewer_id FROM feed.match_list CROSS JOIN LATERAL unnest(candidate_ids) AS c(id)
WHERE c.id = ANY (%(users)s)
"""
# What is left undone is to be done by the next run over everybody, or over stale lists.
LEAVE_STALE = f"UPDATE {TABLE} SET inputs = 0, fingerprint = 0 WHERE viewer_id = ANY (%s)"  # noqa: S608 -- a constant


@dataclass(frozen=True, eq=False)
class Lists:
    """Lists that were computed: what of them is to be written, and what to note once it is."""

    rows: Int64
    """Viewers who can have a list."""
    columns: Sequence[Column]
    fingerprint: Int64
    threshold: Float32
    changed: Int64
    """Places among `rows` of the lists that differ from those stored."""
    absent: Int64
    """Rows of those who may have none and have one."""
    undone: Int64
    """Rows of viewers whose lists may have changed, beyond the cap."""


def fetch_live_lists(connection: psycopg.Connection, live: LivePopulation, version: str) -> None:
    """Read what is stored for everybody."""
    params = {"version": version, "length": LIST_LENGTH}
    found = fetch(connection, STORED, STORED_KINDS, params, rows_per_chunk=10_000)
    rows, known = live.rows(found.int64("viewer_id"))
    live.note(rows, found.int64("fingerprint")[known], found.float32("threshold")[known])


def fetch_listing(connection: psycopg.Connection, users: Int64) -> Int64:
    """Name the viewers whose stored lists hold some people; this reads all lists."""
    if not len(users):
        return users
    return fetch(connection, LISTING, {"viewer_id": "int8"}, {"users": users}).int64("viewer_id")


def choose_viewers(seen_by: Sequence[Mapping[int, Int64]], cap: int) -> tuple[Int64, Int64]:
    """Choose up to `cap` of the viewers (ids) who saw or see each user, and name those who are left.

    One user whom thousands see must not hold up the others of a lot.
    """
    chosen, all_viewers = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for user in {user for seen in seen_by for user in seen}:
        viewers = np.unique(np.concatenate([seen[user] for seen in seen_by if user in seen]))
        chosen.append(viewers[:cap])
        all_viewers.append(viewers)
    others = np.unique(np.concatenate(chosen))
    return others, np.setdiff1d(np.concatenate(all_viewers), others)


def compute_lists(live: LivePopulation, own: Int64, others: Int64, beyond: Int64, threads: int) -> Lists:
    """Compute the lists of people who have changed, and of others (ids), and take note of those beyond the cap."""
    mine, _ = live.rows(own)
    theirs = np.setdiff1d(live.rows(others)[0], mine)
    rows = np.concatenate([mine, theirs])
    p = live.people(rows).population
    can = p.active & (p.age >= reference.ADULT_AGE)
    absent = rows[~can]
    chosen = rows[can]
    lists = live.index.top(chosen.astype(np.uint32), k=LIST_LENGTH, threads=threads)
    columns = _columns(live, live.people(chosen), chosen, lists)
    fingerprint = np.asarray(columns[-1].values, np.int64)
    return Lists(
        rows=chosen,
        columns=columns,
        fingerprint=fingerprint,
        threshold=_thresholds(lists),
        changed=np.flatnonzero(live.lists.fingerprint[chosen] != fingerprint),
        absent=absent[live.lists.stored[absent]],
        undone=np.setdiff1d(live.rows(beyond)[0], rows),
    )


def write_lists(
    connection: psycopg.Connection, live: LivePopulation, lists: Lists, now: datetime, version: str
) -> None:
    """Write the lists that differ, remove those that should not be, and mark what is left undone."""
    if len(lists.absent):
        connection.execute(REMOVE, (live.ids[lists.absent].tolist(),))
    if len(lists.undone):
        connection.execute(LEAVE_STALE, (live.ids[lists.undone].tolist(),))
    if len(lists.changed):
        instant, rows = np.datetime64(now.replace(tzinfo=None), "us"), len(lists.rows)
        stamps = [
            Column("computed_at", "timestamptz", np.full(rows, instant)),
            Column("algorithm_version", "text", np.zeros(rows, np.int64), vocabulary=[version]),
        ]
        replace_lists(connection, [*lists.columns, *stamps], lists.changed.astype(np.uint32))


def note_lists(live: LivePopulation, lists: Lists) -> None:
    """Note what is stored now, after the commit."""
    live.note(lists.rows, lists.fingerprint, lists.threshold)
    live.note_absent(lists.absent)
    live.distrust(lists.undone)


def _columns(live: LivePopulation, people: People, rows: Int64, lists: MatchLists) -> list[Column]:
    rarity = reference.interest_rarity(people.population)
    packer = Packer(people, live.inputs[rows], np.argsort(rarity), rarity)
    return packer.columns(replace(lists, viewers=np.arange(len(rows), dtype=np.uint32)))


def _thresholds(lists: MatchLists) -> Float32:
    """The last score of each list that is full, -inf for others."""
    full = np.diff(lists.offsets) == LIST_LENGTH
    thresholds = np.full(len(full), -np.inf, np.float32)
    thresholds[full] = lists.scores[lists.offsets[1:][full] - 1]
    return thresholds
