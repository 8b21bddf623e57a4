"""Numba on a spatial grid, the strongest design we found for existing tools.

People are sorted by a 3-D cell of 50 km and, within a cell, by gender and by what they seek. A viewer visits
only cells within reach. Candidates are filtered first, without branches, into a short list; then scored; then
offered to a bounded buffer. People who set no distance limit stand in cells of their own, since they reach
each other everywhere; people of unknown place stand at the end, since nobody is out of their reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba as nb
import numpy as np
from scipy.spatial import cKDTree

from .columns import Answer, Columns, K
from .fused import BUFFER, Compiled, find, in_parallel, make_pair_score, pair_columns, push, write_best

CELL_KM = 50.0
CHUNK = 64
LIMITED, UNLIMITED, NOWHERE = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Grid:
    """The order of people, and which stretches of it a viewer has to visit."""

    order: np.ndarray
    kind: np.ndarray
    """(n,) in that order: LIMITED, then UNLIMITED, then NOWHERE."""
    cell: np.ndarray
    """(n,) 0 where NOWHERE."""
    starts: np.ndarray
    """(2, cells + 1) where each cell's LIMITED and UNLIMITED people start; the last entry is the end."""
    neighbour_offsets: np.ndarray
    neighbours: np.ndarray
    """CSR: the cells within the longest limit of each cell."""


def make_grid(c: Columns) -> Grid:
    """Sort people into cells and find each cell's neighbours."""
    placed = ~np.isnan(c.place[:, 0])
    kind = np.where(placed, np.where(np.isinf(c.reach), UNLIMITED, LIMITED), NOWHERE)
    corner = np.floor(np.where(placed[:, None], c.place, 0) / CELL_KM).astype(np.int64) + 200
    key = np.where(placed, (corner[:, 0] << 20) + (corner[:, 1] << 10) + corner[:, 2], -1)
    keys = np.unique(key[placed])
    cell = np.where(placed, np.searchsorted(keys, key), 0)
    order = np.lexsort((c.seeks, c.gender_bit, cell, kind))
    ends = [np.searchsorted(kind[order], which) for which in (LIMITED, UNLIMITED, NOWHERE)]
    starts = np.stack([
        ends[which] + np.searchsorted(cell[order][ends[which] : ends[which + 1]], np.arange(len(keys) + 1))
        for which in (LIMITED, UNLIMITED)
    ])  # fmt: skip
    finite = c.reach[np.isfinite(c.reach)]
    offsets, neighbours = _neighbours(keys, float(np.sqrt(finite.max(initial=0))))
    return Grid(order, kind[order].astype(np.uint8), cell[order], starts, offsets, neighbours)


def _neighbours(keys: np.ndarray, longest_km: float) -> tuple[np.ndarray, np.ndarray]:
    corners = np.stack([keys >> 20, keys >> 10 & 1023, keys & 1023], axis=1).astype(np.float64)
    if not len(keys):
        return np.zeros(1, np.int64), np.zeros(0, np.int64)
    near = cKDTree(corners).query_ball_point(corners, longest_km / CELL_KM + np.sqrt(3), return_sorted=True)
    owner = np.repeat(np.arange(len(keys)), [len(cells) for cells in near])
    cells = np.concatenate([np.asarray(cells, np.int64) for cells in near])
    gap = np.maximum(np.abs(corners[owner] - corners[cells]) - 1, 0) * CELL_KM
    touching = (gap**2).sum(axis=1) <= longest_km**2
    counts = np.bincount(owner[touching], minlength=len(keys))
    return np.concatenate([[0], np.cumsum(counts)]), cells[touching]


def _wide(reach: np.ndarray) -> np.ndarray:
    """Add to a squared reach what float32 places may be wrong by; pairs near the edge are settled exactly."""
    return np.asarray(reach + 0.02 * np.sqrt(reach) + 0.1, dtype=np.float32)


class NumbaGrid:
    """Compile once for a population's widths and weights; answer as often as wanted."""

    def __init__(self, columns: Columns) -> None:
        self.kernel = _kernel(make_pair_score(columns))

    def __call__(self, columns: Columns) -> Answer:
        """List everybody's best; building the grid is part of it."""
        c, grid = columns, make_grid(columns)
        n, order = len(c), grid.order
        place = np.nan_to_num(c.place, nan=np.nan)[order]
        filters = (
            c.gender_bit[order], c.seeks[order], c.age[order], c.low[order], c.high[order],
            np.ascontiguousarray(place.T.astype(np.float32)), place, _wide(c.reach[order]), c.reach[order],
        )  # fmt: skip
        cells = (grid.kind, grid.cell, grid.starts, grid.neighbour_offsets, grid.neighbours)
        sparse = (c.excluded_offsets, c.excluded, c.hidden_offsets, c.hidden, c.hidden_multiplier)
        best, scores = np.full((n, K), -1, np.int64), np.zeros((n, K), np.float32)
        eligible = np.zeros(n, np.int64)
        self.kernel(filters, cells, sparse, pair_columns(c, order), order, best, scores, eligible)
        return Answer(best, scores, int(eligible.sum()))


@nb.njit
def _stretches(i: Any, cells: Any, n: Any, found: Any) -> Any:  # Any: numba infers
    """Write the stretches of people that viewer i has to visit; return how many."""
    kind, cell, starts, offsets, neighbours = cells
    nowhere = starts[1, -1]
    if kind[i] == NOWHERE:
        found[0, 0], found[0, 1] = 0, n
        return 1
    count = 0
    for which in range(2):
        if which == UNLIMITED and kind[i] == UNLIMITED:
            found[count, 0], found[count, 1] = starts[1, 0], starts[1, -1]
            count += 1
            continue
        for at in range(offsets[cell[i]], offsets[cell[i] + 1]):
            near = neighbours[at]
            if starts[which, near] < starts[which, near + 1]:
                found[count, 0], found[count, 1] = starts[which, near], starts[which, near + 1]
                count += 1
    found[count, 0], found[count, 1] = nowhere, n
    return count + 1


def _kernel(pair_score: Compiled) -> Compiled:
    @nb.njit(fastmath={"nsz", "contract"}, error_model="numpy")
    def passing(i, start, stop, gender, seeks, age, low, high, place, reach, out):  # type: ignore[no-untyped-def]
        x, y, z, limit = place[0, i], place[1, i], place[2, i], reach[i]
        mine, wish, years, least, most = gender[i], seeks[i], age[i], low[i], high[i]
        count = 0
        for j in range(nb.uintp(start), nb.uintp(stop)):  # unsigned: no test for negative indices
            dx, dy, dz = place[0, j] - x, place[1, j] - y, place[2, j] - z
            far = dx * dx + dy * dy + dz * dz > min(limit, reach[j])
            fits = ((wish & gender[j]) != 0) & ((seeks[j] & mine) != 0) & (not far)
            fits &= (age[j] >= least) & (age[j] <= most) & (years >= low[j]) & (years <= high[j])
            out[count] = j
            count += fits
        return count

    def grid(
        filters: Any, cells: Any, sparse: Any, pairs: Any, order: Any, best: Any, scores: Any, eligible: Any
    ) -> None:
        gender, seeks, age, low, high, place, exact, reach, exact_reach = filters
        mine, records, sets = pairs
        excluded_offsets, excluded, hidden_offsets, hidden, multiplier = sparse
        n = len(order)
        for chunk in nb.prange((n + CHUNK - 1) // CHUNK):
            keys, short = np.empty(BUFFER, np.uint64), np.empty(n + 1, np.uint32)
            stretches = np.empty((2 * len(cells[2][0]) + 2, 2), np.int64)
            for i in range(CHUNK * chunk, min(CHUNK * chunk + CHUNK, n)):
                count, threshold, found = 0, nb.uint64(0), 0
                viewer = order[i]
                first, last = excluded_offsets[viewer], excluded_offsets[viewer + 1]
                hides = hidden_offsets[viewer + 1] > hidden_offsets[viewer]
                for s in range(_stretches(i, cells, n, stretches)):
                    start, stop = stretches[s, 0], stretches[s, 1]
                    survivors = passing(i, start, stop, gender, seeks, age, low, high, place, reach, short)
                    for t in range(survivors):
                        j = nb.uintp(short[t])
                        dx, dy, dz = (
                            place[0, i] - place[0, j],
                            place[1, i] - place[1, j],
                            place[2, i] - place[2, j],
                        )
                        chord2 = dx * dx + dy * dy + dz * dz
                        limit = min(reach[i], reach[j])
                        if limit - chord2 < np.float32(0.04) * np.sqrt(limit) + np.float32(0.2):
                            d = (exact[i, 0] - exact[j, 0]) ** 2 + (exact[i, 1] - exact[j, 1]) ** 2
                            d += (exact[i, 2] - exact[j, 2]) ** 2
                            if d > min(exact_reach[i], exact_reach[j]):
                                continue
                        if i == j or find(excluded, first, last, order[j]) >= 0:
                            continue
                        found += 1
                        score = pair_score(i, j, chord2, mine, records, sets)
                        if hides:
                            at = find(hidden, hidden_offsets[viewer], hidden_offsets[viewer + 1], order[j])
                            if at >= 0:
                                score *= multiplier[at]
                        count, threshold = push(keys, count, threshold, score, order[j])
                eligible[viewer] = found
                write_best(keys, count, best[viewer], scores[viewer])

    return in_parallel(grid)
