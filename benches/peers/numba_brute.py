"""Numba, fused brute force: every pair filtered, survivors scored and put in a bounded buffer; parallel."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from .columns import Answer, Columns, K
from .fused import BUFFER, find, in_parallel, make_pair_score, pair_columns, push, write_best


class NumbaBrute:
    """Compile once for a population's widths and weights; answer as often as wanted."""

    def __init__(self, columns: Columns) -> None:
        self.kernel = _kernel(make_pair_score(columns))

    def __call__(self, columns: Columns) -> Answer:
        """List everybody's best."""
        c = columns
        n = len(c)
        best, scores = np.full((n, K), -1, np.int64), np.zeros((n, K), np.float32)
        eligible = np.zeros(n, np.int64)
        filters = (c.gender_bit, c.seeks, c.age, c.low, c.high, c.place.astype(np.float32), c.place, c.reach)
        sparse = (c.excluded_offsets, c.excluded, c.hidden_offsets, c.hidden, c.hidden_multiplier)
        self.kernel(filters, sparse, pair_columns(c, np.arange(n)), best, scores, eligible)
        return Answer(best, scores, int(eligible.sum()))


def _kernel(pair_score: Any) -> Any:  # Any: numba infers
    def brute(filters: Any, sparse: Any, pairs: Any, best: Any, scores: Any, eligible: Any) -> None:
        gender, seeks, age, low, high, place, exact, reach = filters
        excluded_offsets, excluded, hidden_offsets, hidden, multiplier = sparse
        mine, records, sets = pairs
        n = len(gender)
        for chunk in nb.prange((n + 63) // 64):
            keys = np.empty(BUFFER, np.uint64)
            for i in range(64 * chunk, min(64 * chunk + 64, n)):
                count, threshold, found = 0, nb.uint64(0), 0
                for j in range(n):
                    if (seeks[i] & gender[j]) == 0 or (seeks[j] & gender[i]) == 0:
                        continue
                    if age[j] < low[i] or age[j] > high[i] or age[i] < low[j] or age[i] > high[j]:
                        continue
                    x, y, z = place[i, 0] - place[j, 0], place[i, 1] - place[j, 1], place[i, 2] - place[j, 2]
                    chord2 = x * x + y * y + z * z
                    limit = min(reach[i], reach[j])
                    if abs(chord2 - limit) < 0.02 * np.sqrt(limit) + 0.1:  # f32 cannot tell
                        d = exact[i] - exact[j]
                        if d[0] * d[0] + d[1] * d[1] + d[2] * d[2] > limit:
                            continue
                    elif chord2 > limit:
                        continue
                    if i == j or find(excluded, excluded_offsets[i], excluded_offsets[i + 1], j) >= 0:
                        continue
                    found += 1
                    score = pair_score(i, j, chord2, mine, records, sets)
                    if hidden_offsets[i + 1] > hidden_offsets[i]:
                        at = find(hidden, hidden_offsets[i], hidden_offsets[i + 1], j)
                        if at >= 0:
                            score *= multiplier[at]
                    count, threshold = push(keys, count, threshold, score, j)
                eligible[i] = found
                write_best(keys, count, best[i], scores[i])

    return in_parallel(brute)
