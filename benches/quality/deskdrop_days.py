"""Which articles will be read tomorrow? Popularity of today against plain counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np

from feedscore.feed_settings import TrendingSettings
from feedscore.population import Float64
from feedscore.posts import EventKind, Instants
from feedscore.trending import TrendingEvents

from .deskdrop_log import DAY, Log
from .ranking import highest, recall

TOP = 20
FIRST_DAYS = 7
"""Days of the log that only serve as a past."""
SETTINGS = TrendingSettings()
OPEN_WINDOW = replace(SETTINGS, window_h=24.0 * 365)
WITHIN, OPEN, QUIET = (
    "popularity: articles of the last 48 h",
    "popularity: articles of any age",
    "popularity: articles of any age, views not counted",
)
LAST_DAY, LAST_TWO, LAST_WEEK = (
    "events of the last day",
    "events of the last 2 days",
    "events of the last week",
)
ALL_TIME = "events of all time"


def next_days(log: Log) -> tuple[Instants, dict[str, Float64]]:
    """Give the days judged, and for each ranking which share of tomorrow's 20 most read it has among its 20.

    A day (UTC) is judged whose morrow has at least 20 articles read; most read is by distinct people, ties by the
    smaller id.
    """
    first, last = (edge.astype("datetime64[D]") for edge in (log.at[0], log.at[-1]))
    days: list[np.datetime64] = []
    figures: dict[str, list[float]] = defaultdict(list)
    for number in range(FIRST_DAYS, int((last - first) / DAY)):
        end = (first + number * DAY).astype("datetime64[us]")
        readers = log.readers(log.between(end, end + DAY)).astype(np.float64)
        if np.count_nonzero(readers) < TOP:
            continue
        days.append(end)
        wanted = frozenset(highest(readers, TOP).tolist())
        for name, scores in _rankings(log, end).items():
            ranked = highest(np.where(scores > 0, scores, -np.inf), TOP)
            figures[name].append(recall(ranked, wanted))
    return np.array(days, "datetime64[us]"), {name: np.array(rows) for name, rows in figures.items()}


def _rankings(log: Log, end: np.datetime64) -> dict[str, Float64]:
    beginning = log.at[0]
    counts = {
        name: _count(log, end - number * DAY, end)
        for name, number in ((LAST_DAY, 1), (LAST_TWO, 2), (LAST_WEEK, 7))
    }
    return {
        WITHIN: popularity(log, end, SETTINGS, opened=EventKind.PROFILE_VIEW),
        OPEN: popularity(log, end, OPEN_WINDOW, opened=EventKind.PROFILE_VIEW),
        QUIET: popularity(log, end, OPEN_WINDOW, opened=EventKind.VIEW),
        **counts,
        ALL_TIME: _count(log, beginning, end),
    }


def popularity(log: Log, end: np.datetime64, settings: TrendingSettings, *, opened: EventKind) -> Float64:
    """Let the kernel work out the popularity of every article at a time; views count as the kind that is given."""
    collected = TrendingEvents(log.posts(), end, settings)
    collected.add(log.events(log.between(log.at[0], end), opened=opened))
    return collected.trends().popularity.astype(np.float64)


def _count(log: Log, start: np.datetime64, stop: np.datetime64) -> Float64:
    return np.bincount(log.article[log.between(start, stop)], minlength=len(log.articles)).astype(np.float64)
