"""How well one order agrees with another: rank correlation, and what the top of a list holds."""

from __future__ import annotations

import numpy as np

from feedscore.population import Float64, Int64


def ranks(values: Float64) -> Float64:
    """Number the values from 1, the smallest first; equal ones share their mean rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place])


def spearman(one: Float64, other: Float64) -> float:
    """Correlate the ranks of two columns; NaN where one of them has fewer than two values."""
    first, second = ranks(one), ranks(other)
    first, second = first - first.mean(), second - second.mean()
    spread = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum() / spread) if spread else float("nan")


def highest(scores: Float64, count: int) -> Int64:
    """Give the rows of the highest scores, best first, ties in order of the rows; none of -inf."""
    rows = np.flatnonzero(scores > -np.inf)
    return rows[np.argsort(-scores[rows], kind="stable")[:count]]


def recall(chosen: Int64, wanted: frozenset[int]) -> float:
    """Tell which share of the wanted is among the chosen; NaN where nothing is wanted."""
    return len(wanted.intersection(chosen.tolist())) / len(wanted) if wanted else float("nan")
