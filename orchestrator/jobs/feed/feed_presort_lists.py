"""Lists of many people as CSR: from pairs, and from rows that came in another order; pure."""

from __future__ import annotations

import numpy as np

from feedscore.population import Bool, Int64

from ..ids import distinct, rows_of


def offsets_of(sizes: Int64) -> Int64:
    """Give the offsets of lists of these lengths."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def places_of(starts: Int64, sizes: Int64) -> Int64:
    """Name the places `start`, `start + 1`, ... of each list, one list after the other."""
    offsets = offsets_of(sizes)
    return np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], sizes)


def pair_lists(rows: Int64, values: Int64, people: int) -> tuple[Int64, Int64]:
    """Collect (row of a person, value) pairs into lists, ascending and each value once: offsets and values."""
    order = np.lexsort((values, rows))
    rows, values = rows[order], values[order]
    new = np.ones(len(rows), bool)
    new[1:] = (rows[1:] != rows[:-1]) | (values[1:] != values[:-1])
    return offsets_of(np.bincount(rows[new], minlength=people)), values[new]


def regroup(rows: Int64, offsets: Int64, people: int) -> tuple[Int64, Int64]:
    """Order lists by the rows of their people, of whom others have none: offsets, and whence each item comes.

    `rows` are unique; list i, of person `rows[i]`, stands at `offsets[i]:offsets[i + 1]`.
    """
    order = np.argsort(rows)
    sizes = np.diff(offsets)[order]
    lengths = np.zeros(people, np.int64)
    lengths[rows[order]] = sizes
    return offsets_of(lengths), places_of(offsets[:-1][order], sizes)


def owners_of(offsets: Int64) -> Int64:
    """Repeat the row of each list for each of its items."""
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))


def are_listed(offsets: Int64, values: Int64, rows: Int64, wanted: Int64) -> Bool:
    """Tell which (row, wanted) pairs have the value in the list of that row."""
    vocabulary = distinct(values)
    codes, known = rows_of(vocabulary, wanted)
    listed = owners_of(offsets) * len(vocabulary) + rows_of(vocabulary, values)[0]
    found = known.copy()
    found[known] = np.isin(rows[known] * len(vocabulary) + codes, listed)
    return found


def places_within(rows: Int64) -> Int64:
    """Count, within each run of equal rows, from 0."""
    new = np.ones(len(rows), bool)
    new[1:] = rows[1:] != rows[:-1]
    starts = np.flatnonzero(new)
    return np.arange(len(rows)) - np.repeat(starts, np.diff(np.append(starts, len(rows))))
