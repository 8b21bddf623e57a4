"""Some rows of a population, and populations one after the other; what sparse columns name stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .population import Int64, Population

SPARSE = {
    "interest_offsets": ("interest_codes",),
    "excluded_offsets": ("excluded_rows",),
    "hidden_offsets": ("hidden_rows", "hidden_days"),
}
"""Offsets -> the columns they cut."""
SHARED = ("interest_people", "goal_people")
"""What is no column of people."""
DENSE = tuple(
    field.name
    for field in fields(Population)
    if field.name not in {*SPARSE, *SHARED, *(name for cut in SPARSE.values() for name in cut)}
)
"""The columns with one entry, or one row of entries, a person."""


def take(population: Population, rows: NDArray[np.integer]) -> Population:
    """Give the people of some rows, in the order asked for; `excluded_rows` and `hidden_rows` name rows as before."""
    chosen = np.asarray(rows, np.int64)
    columns: dict[str, Any] = {name: getattr(population, name)[chosen] for name in DENSE}  # Any: arrays
    for offsets_name, cut in SPARSE.items():
        offsets = getattr(population, offsets_name)
        columns[offsets_name], entries = places(offsets, chosen)
        columns |= {name: getattr(population, name)[entries] for name in cut}
    return Population(**columns, **{name: getattr(population, name) for name in SHARED})


def join(parts: Sequence[Population]) -> Population:
    """Put people one after the other; there is at least one part, and how rare things are comes from the first."""
    columns: dict[str, Any] = {  # Any: arrays
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in (*DENSE, *(name for cut in SPARSE.values() for name in cut))
    }
    for name in SPARSE:
        columns[name] = join_offsets([getattr(part, name) for part in parts])
    return Population(**columns, **{name: getattr(parts[0], name) for name in SHARED})


def places(offsets: Int64, rows: Int64) -> tuple[Int64, Int64]:
    """Tell the offsets of some rows of CSR columns one after the other, and where their entries stand."""
    start, sizes = offsets[rows], offsets[rows + 1] - offsets[rows]
    taken = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return taken, np.arange(taken[-1]) + np.repeat(start - taken[:-1], sizes)


def join_offsets(parts: Sequence[Int64]) -> Int64:
    """Give the offsets of CSR columns that stand one after the other."""
    sizes = np.concatenate([np.diff(part) for part in parts])
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
