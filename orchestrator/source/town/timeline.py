"""The 90 days in which people write and read posts, with the rhythm of days and weeks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import Float64

WINDOW_DAYS = 90
SECONDS_PER_HOUR = 3_600.0
BY_HOUR = (
    0.9, 0.6, 0.45, 0.35, 0.3, 0.35, 0.5, 0.7, 0.8, 0.85, 0.9, 1.0,
    1.1, 1.05, 1.0, 1.0, 1.05, 1.15, 1.3, 1.5, 1.65, 1.7, 1.5, 1.2,
)  # fmt: skip
"""How busy each hour of a day (UTC) is: quiet before dawn, busiest in the evening."""
WEEKEND = 1.2
EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday, 3 counted from Monday."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """How the share of all that happens grows with time, from 0 to 1; linear within an hour."""

    start: float
    """Seconds since 1970 UTC, as all times here."""
    end: float
    edges: Float64
    """(k + 1,) the borders of k hours; the last may be shorter."""
    shares: Float64
    """(k + 1,) from 0 to 1, ascending."""

    def at(self, shares: Float64) -> Float64:
        """Give the moments at which these shares have happened."""
        return np.asarray(np.interp(shares, self.shares, self.edges))

    def share(self, moments: Float64) -> Float64:
        """Give the shares that have happened at these moments; 0 before the start."""
        return np.asarray(np.interp(moments, self.edges, self.shares))


def hour_edges(end: float) -> Float64:
    """Cut the 90 days before `end` into hours."""
    return np.linspace(end - WINDOW_DAYS * 86_400.0, end, WINDOW_DAYS * 24 + 1)


def make_timeline(end: float, crowd: Float64 | None = None) -> Timeline:
    """Let each hour weigh by the time of day and week, and by how many are there: `crowd`, one for each hour."""
    edges = hour_edges(end)
    hour = (edges[:-1] // SECONDS_PER_HOUR).astype(np.int64)
    weight = np.array(BY_HOUR)[hour % 24]
    weight = weight * np.where((hour // 24 + EPOCH_WEEKDAY) % 7 >= 5, WEEKEND, 1.0)
    if crowd is not None and crowd.any():
        weight = weight * crowd
    shares = np.concatenate([[0.0], np.cumsum(weight)])
    return Timeline(float(edges[0]), end, edges, shares / shares[-1])
