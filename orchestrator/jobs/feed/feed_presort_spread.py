"""No author twice in a row where avoidable: feedscore.reference.spread_authors for many lists at once; pure."""

from __future__ import annotations

import numpy as np

from feedscore.population import Int32, Int64

from .feed_presort_lists import offsets_of, owners_of, places_of, places_within

LISTS_AT_A_TIME = 1_000
NOBODY = -1


def spread_lists(offsets: Int64, authors: Int64, length: int) -> tuple[Int64, Int64]:
    """Choose at most `length` items of each list, given best first: the offsets and places of those chosen.

    Most lists come out as they are, cut at `length`: those in which no author follows himself before the cut. (Then no
    author holds so much of the rest that he would have to come earlier, and each item is the best left of another
    author than the one before.)
    """
    sizes = np.diff(offsets)
    slots = np.minimum(sizes, length)
    owner, place = owners_of(offsets), places_within(owners_of(offsets))
    repeated = np.zeros(len(owner), bool)
    repeated[1:] = (authors[1:] == authors[:-1]) & (owner[1:] == owner[:-1]) & (place[1:] < length)
    chosen_offsets, chosen = offsets_of(slots), places_of(offsets[:-1], slots)
    crowded = np.flatnonzero(np.bincount(owner[repeated], minlength=len(sizes)))
    codes = np.unique(authors, return_inverse=True)[1].astype(np.int32)
    for start in range(0, len(crowded), LISTS_AT_A_TIME):
        lists = crowded[start : start + LISTS_AT_A_TIME]
        at = places_of(chosen_offsets[:-1][lists], slots[lists])
        grid = _grid(codes, offsets[:-1][lists], sizes[lists])
        picked = _spread(grid, sizes[lists], slots[lists])
        shown = np.arange(picked.shape[1]) < slots[lists][:, None]
        chosen[at] = (picked + offsets[:-1][lists][:, None])[shown]
    return chosen_offsets, chosen


def _grid(codes: Int32, starts: Int64, sizes: Int64) -> Int32:
    """Lay lists side by side, a row each, filled up with nobody."""
    grid = np.full((len(sizes), int(sizes.max())), NOBODY, np.int32)
    grid[np.arange(grid.shape[1]) < sizes[:, None]] = codes[places_of(starts, sizes)]
    return grid


def _spread(authors: Int32, sizes: Int64, slots: Int64) -> Int64:
    """Fill the slots of all lists, one slot after the other."""
    every = np.arange(len(authors))
    left = authors != NOBODY
    of_author = _counts(authors)
    last = np.full(len(authors), NOBODY, np.int32)
    picked = np.zeros((len(authors), int(slots.max())), np.int64)
    for slot in range(picked.shape[1]):
        others = left & (authors != last[:, None])
        rest = (sizes - slot)[:, None] - of_author
        crowding = others & (2 * rest < (slots - slot)[:, None])
        fallback = np.where(others.any(axis=1), others.argmax(axis=1), left.argmax(axis=1))
        pick = np.where(crowding.any(axis=1), crowding.argmax(axis=1), fallback)
        last = authors[every, pick]
        left[every, pick] = False
        of_author -= authors == last[:, None]
        picked[:, slot] = pick
    return picked


def _counts(authors: Int32) -> Int32:
    """Count, for each item, the items of its list that are of the same author."""
    keys = np.arange(len(authors))[:, None] * (int(authors.max()) + 2) + authors + 1
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return np.asarray(counts, np.int32)[inverse].reshape(authors.shape)
