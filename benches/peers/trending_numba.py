"""numba: a hash table of posts, a parallel counting sort by post, and for each post a hash table of its users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba as nb
import numpy as np

from feedscore import EventKind
from feedscore.population import Int64

from .. import THREADS
from .trending_answer import HOUR_US, Counts, Given

LIKE, COMMENT, SHARE, PROFILE_VIEW, UNLIKE = range(5)
CODES = np.full(256, 255, np.uint8)
for _code, _kind in enumerate(
    (EventKind.LIKE, EventKind.COMMENT, EventKind.SHARE, EventKind.PROFILE_VIEW, EventKind.UNLIKE)
):
    CODES[_kind] = _code
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
ODD = np.uint64(0xD6E8FEB86659FD93)
EMPTY = np.int64(-1)


Compiled = Callable[..., Any]  # numba has no types for what it compiles


def compiled(function: Compiled) -> Compiled:
    """Compile a function on its first call."""
    result: Compiled = nb.njit(function)
    return result


def in_parallel(function: Compiled) -> Compiled:
    """Compile a function whose `prange` loops run on all threads."""
    result: Compiled = nb.njit(parallel=True)(function)
    return result


class TrendingNumba:
    """Compiled on the first call; nothing else is prepared."""

    def __init__(self, given: Given) -> None:
        self.given = given
        nb.set_num_threads(THREADS)

    def __call__(self) -> Counts:
        """Count."""
        given = self.given
        keys, rows = _post_table(given.posts.ids)
        times = given.events.occurred_at.view(np.int64)
        user, packed, starts = _by_post(
            given.events.user_ids, given.events.post_ids, given.events.kinds, times, keys, rows,
            given.posts.author_ids, given.since_us, given.as_of_us, THREADS,
        )  # fmt: skip
        return Counts(*_count(user, packed, starts, given.since_us, given.recent_us, given.as_of_us,
                              given.takeback_us, given.comments))  # fmt: skip


@compiled
def _post_table(ids: Int64) -> tuple[Int64, Int64]:
    size = 2
    while size < 2 * len(ids):
        size *= 2
    keys, rows, mask = np.zeros(size, np.int64), np.full(size, EMPTY), np.uint64(size - 1)
    for row in range(len(ids)):
        slot = ((np.uint64(ids[row]) * GOLDEN) >> np.uint64(32)) & mask
        while rows[slot] != EMPTY:
            slot = (slot + np.uint64(1)) & mask
        keys[slot], rows[slot] = ids[row], row
    return keys, rows


@in_parallel
def _by_post(  # type: ignore[no-untyped-def]  # numba infers
    users, posts, kinds, times, keys, rows, authors, since, until, parts
):
    """Find the row of each event that may count, then put (user, kind and time) in the order of rows."""
    n, m, mask = len(authors), len(users), np.uint64(len(keys) - 1)
    found = np.empty(m, np.int32)
    counts = np.zeros((parts, n), np.int64)
    for part in nb.prange(parts):
        for i in range(part * m // parts, (part + 1) * m // parts):
            found[i] = -1
            if CODES[kinds[i]] == 255 or times[i] < since or times[i] > until:
                continue
            slot = ((np.uint64(posts[i]) * GOLDEN) >> np.uint64(32)) & mask
            while rows[slot] != EMPTY and keys[slot] != posts[i]:
                slot = (slot + np.uint64(1)) & mask
            row = rows[slot]
            if row != EMPTY and authors[row] != users[i]:
                found[i] = row
                counts[part, row] += 1
    starts, total = np.zeros(n + 1, np.int64), 0
    for row in range(n):
        for part in range(parts):
            count = counts[part, row]
            counts[part, row] = total
            total += count
        starts[row + 1] = total
    user, packed = np.empty(total, np.int64), np.empty(total, np.int64)
    for part in nb.prange(parts):
        for i in range(part * m // parts, (part + 1) * m // parts):
            if found[i] >= 0:
                place = counts[part, found[i]]
                counts[part, found[i]] += 1
                user[place] = users[i]
                packed[place] = (times[i] - since) << 3 | CODES[kinds[i]]
    return user, packed, starts


@in_parallel
def _count(user, packed, starts, since, recent_from, until, takeback, comments):  # type: ignore[no-untyped-def]
    n = len(starts) - 1
    by_kind, recent = np.zeros((n, 4), np.int64), np.zeros(n, np.int64)
    peak = np.zeros(n, np.int64)
    first_hour = since // HOUR_US
    hours_there_are = until // HOUR_US - first_hour + 1
    old = nb.set_parallel_chunksize(64)
    for row in nb.prange(n):
        hours = np.zeros(hours_there_are, np.int64)
        low, high = starts[row], starts[row + 1]
        unliker, unliked = _unlikes(user[low:high], packed[low:high])
        size = 4
        while size < 2 * (high - low):
            size *= 2
        table_user, table = np.empty(size, np.int64), np.full(size, EMPTY)
        for i in range(low, high):
            code, at = packed[i] & 7, packed[i] >> 3
            if code == UNLIKE or (code == LIKE and _taken_back(unliker, unliked, user[i], at, takeback)):
                continue
            last = code + (comments - 1 if code == COMMENT else 0)
            _keep_first(table_user, table, user[i], code, last, at)
        for slot in range(size):
            if table[slot] != EMPTY:
                at = table[slot] >> 16
                code = table[slot] & 0xFFFF
                by_kind[row, code >> 8] += 1
                recent[row] += at + since >= recent_from
                hours[(at + since) // HOUR_US - first_hour] += 1
        peak[row] = first_hour + np.argmax(hours)
    nb.set_parallel_chunksize(old)
    return by_kind, recent, peak


@compiled
def _keep_first(table_user, table, user, code, last, at):  # type: ignore[no-untyped-def]
    """Keep the first distinct times, one a place; the entry is time, kind and place."""
    mask = np.uint64(len(table) - 1)
    for place in range(last - code + 1):
        label = code << 8 | place
        x = (np.uint64(user) ^ (np.uint64(label) * ODD)) * GOLDEN
        slot = (x ^ (x >> np.uint64(32))) & mask
        while table[slot] != EMPTY and (table_user[slot] != user or table[slot] & 0xFFFF != label):
            slot = (slot + np.uint64(1)) & mask
        if table[slot] == EMPTY:
            table_user[slot], table[slot] = user, at << 16 | label
            return
        kept = table[slot] >> 16
        if kept == at:
            return
        table[slot] = min(kept, at) << 16 | label
        at = max(kept, at)


@compiled
def _unlikes(user, packed):  # type: ignore[no-untyped-def]
    """The unlikes of a post by user, then time."""
    rows = np.flatnonzero(packed & 7 == UNLIKE)
    rows = rows[np.argsort(packed[rows], kind="mergesort")]
    rows = rows[np.argsort(user[rows], kind="mergesort")]
    return user[rows], packed[rows] >> 3


@compiled
def _taken_back(unliker, unliked, user, at, takeback):  # type: ignore[no-untyped-def]
    if len(unliker) == 0:
        return False
    i = np.searchsorted(unliker, user)
    while i < len(unliker) and unliker[i] == user:
        if unliked[i] >= at:
            return unliked[i] - at <= takeback
        i += 1
    return False
