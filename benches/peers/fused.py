"""The compiled parts that both numba peers share: one pair's score, and the bounded choice of the best."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from feedscore.reference import EARTH_RADIUS_KM

from .columns import Columns, K

# No "nnan": an unknown place is NaN and has to stay one.
FAST = {"nsz", "arcp", "contract", "afn", "reassoc"}
BUFFER = 1024
CURVE = np.float32(1 / (24 * EARTH_RADIUS_KM**2))

Compiled = Callable[..., Any]  # numba has no types for what it compiles


def compiled(function: Compiled) -> Compiled:
    """Compile a part and paste it where it is called: a call counts references, for every pair."""
    result: Compiled = nb.njit(inline="always", fastmath=FAST, error_model="numpy")(function)
    return result


def in_parallel(function: Compiled) -> Compiled:
    """Compile with prange over all threads."""
    result: Compiled = nb.njit(parallel=True, fastmath=FAST, error_model="numpy")(function)
    return result


def _popcount(_context: Any, word: Any) -> Any:  # Any: numba's own objects
    """Count the set bits of a u64 with the machine's instruction."""
    return types.uint64(types.uint64), lambda _context, builder, _signature, arguments: builder.ctpop(
        arguments[0]
    )


def _float_bits(_context: Any, value: Any) -> Any:  # Any: numba's own objects
    """Read a float32 as the u32 of the same bits; of non-negative floats the larger has the larger bits."""
    return types.uint32(types.float32), lambda _context, builder, _signature, arguments: builder.bitcast(
        arguments[0], ir.IntType(32)
    )


def _bits_float(_context: Any, value: Any) -> Any:  # Any: numba's own objects
    """Undo float_bits."""
    return types.float32(types.uint32), lambda _context, builder, _signature, arguments: builder.bitcast(
        arguments[0], ir.FloatType()
    )


popcount: Compiled = intrinsic(_popcount)
float_bits: Compiled = intrinsic(_float_bits)
bits_float: Compiled = intrinsic(_bits_float)


def pair_columns(columns: Columns, order: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lay out, in the given order of people, what `pair_score` reads: viewers' vectors, records, bit sets.

    A record is a candidate's vector and numbers in one row: survivors of the filters are far apart, and
    each array more would be a cache line more for every pair.
    """
    c = columns
    numbers = [c.base, c.interest_count, c.goal_count, c.ranged, c.middle, c.slope, c.age, np.zeros(len(c))]
    records = np.hstack([c.candidate_vector, np.stack(numbers, axis=1).astype(np.float32)])
    sets = np.hstack([c.interests, c.goals[:, None]])
    return c.viewer_vector[order], records[order], sets[order]


def make_pair_score(columns: Columns) -> Compiled:
    """Compile the score of a pair of rows of `pair_columns`, given their squared chord."""
    s = columns.settings
    base = columns.viewer_vector.shape[1]
    set_size, goal_size, ranged, middle, slope, age = (base + t for t in range(1, 7))
    words = columns.interests.shape[1]
    interests, proximity, goals, ages = (
        np.float32(w) for w in (s.interests_weight, s.proximity_weight, s.goals_weight, s.age_fit_weight)
    )
    unknown, decay = np.float32(s.proximity_unknown), np.float32(-1 / s.proximity_scale_km)

    # Arrays one by one: taken out of a tuple, each would be counted up and down, atomically, for every pair.
    def pair_score(i, j, chord2, mine, records, sets):  # type: ignore[no-untyped-def]  # numba infers
        u, v = records[i], records[j]
        dot = np.float32(0)
        # Not a constant width: that LLVM unrolls before it can vectorise, 10 times slower.
        for t in range(nb.uintp(mine.shape[1])):
            dot += mine[i, t] * records[j, t]
        dot += v[base]
        common = nb.uint64(0)
        for w in range(words):
            common += popcount(sets[i, w] & sets[j, w])
        shared = np.float32(common)
        dot += interests * shared / max(u[set_size] + v[set_size] - shared, np.float32(1))
        if not np.isnan(chord2):
            dot += proximity * np.exp(np.sqrt(chord2) * (np.float32(1) + chord2 * CURVE) * decay)
        else:
            dot += proximity * unknown
        # Without branches: half of these would be guessed wrong, at 20 cycles each.
        both = np.float32(popcount(sets[i, words] & sets[j, words]))
        overlap = both / (u[goal_size] + v[goal_size] - both)
        dot += goals * (overlap if (u[goal_size] > 0) & (v[goal_size] > 0) else np.float32(0.5))
        fit = np.float32(1) - abs(v[age] - u[middle]) * u[slope] - abs(u[age] - v[middle]) * v[slope]
        fit = np.float32(0.5) * (fit + abs(fit))
        dot += ages * (fit if (u[ranged] > 0) & (v[ranged] > 0) else np.float32(0.5))
        return dot

    return compiled(pair_score)


@compiled
def find(entries: Any, start: Any, stop: Any, row: Any) -> Any:  # Any: numba infers
    """Binary search in one row of a CSR: the place of `row`, or -1."""
    end = stop
    while start < stop:
        middle = (start + stop) >> 1
        if entries[middle] < row:
            start = middle + 1
        else:
            stop = middle
    return start if start < end and entries[start] == row else -1


@nb.njit
def keep_best(keys: Any, count: Any) -> None:  # Any: numba infers
    """Bring the K largest keys to the front (quickselect)."""
    low, high, k = 0, count - 1, K - 1
    while low < high:
        a, b, c = keys[low], keys[(low + high) >> 1], keys[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while keys[i] > pivot:
                i += 1
            while keys[j] < pivot:
                j -= 1
            if i <= j:
                keys[i], keys[j] = keys[j], keys[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            return


@compiled
def push(keys: Any, count: Any, threshold: Any, score: Any, position: Any) -> Any:  # Any: numba infers
    """Add a candidate (score, then smaller position) to the buffer; return the new count and threshold."""
    high: Any = nb.uint64(float_bits(score))  # Any: numba's types are not what they compute
    low: Any = nb.uint64(0xFFFFFFFF) - nb.uint64(position)
    key = (high << nb.uint64(32)) | low
    if key > threshold:
        keys[count] = key
        count += 1
        if count == BUFFER:
            keep_best(keys, count)
            count = K
            threshold = keys[:K].min()
    return count, threshold


@nb.njit
def write_best(keys: Any, count: Any, best: Any, scores: Any) -> None:  # Any: numba infers
    """Write one viewer's list, best first."""
    if count > K:
        keep_best(keys, count)
        count = K
    ordered = np.sort(keys[:count])
    for t in range(count):
        key = ordered[count - 1 - t]
        best[t] = nb.uint64(0xFFFFFFFF) - (key & nb.uint64(0xFFFFFFFF))
        scores[t] = bits_float(nb.uint32(key >> nb.uint64(32)))
