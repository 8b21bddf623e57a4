"""What every peer of trending is given, and what it answers: the counts; the figures follow from them at no cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore import EventKind, PostEvents, Posts, TrendingPosts, TrendingSettings
from feedscore.population import Float64, Int64

KINDS = (EventKind.LIKE, EventKind.COMMENT, EventKind.SHARE, EventKind.PROFILE_VIEW)
HOUR_US = 3_600_000_000


@dataclass(frozen=True, eq=False)
class Given:
    """Posts and events as plain columns, times in microseconds; what peers build of them is not timed."""

    posts: Posts
    events: PostEvents
    as_of_us: int
    settings: TrendingSettings

    @property
    def since_us(self) -> int:
        """The start of the window."""
        return self.as_of_us - round(self.settings.window_h * HOUR_US)

    @property
    def recent_us(self) -> int:
        """The start of the last hour."""
        return self.as_of_us - round(self.settings.velocity_window_h * HOUR_US)

    @property
    def takeback_us(self) -> int:
        """How soon an unlike takes a like back."""
        return round(self.settings.takeback_s * 1_000_000)

    @property
    def comments(self) -> int:
        """How many comments of one user on one post count."""
        return int(self.settings.comments_counted)


@dataclass(frozen=True, eq=False)
class Counts:
    """What counts of each of n posts, in the order given."""

    by_kind: Int64
    """(n, 4) in the order of KINDS."""
    recent: Int64
    """(n,)"""
    peak_hour: Int64
    """(n,) whole hours since 1970; any where nothing counts."""


def check(ours: TrendingPosts, theirs: Counts, given: Given, name: str) -> None:
    """Raise AssertionError unless all counts are the same, and so the figures but for rounding."""
    total = theirs.by_kind.sum(axis=1)
    assert (ours.engagements == total).all(), f"{name}: engagements differ"
    assert (ours.recent_engagements == theirs.recent).all(), f"{name}: engagements of the last hour differ"
    peaks = theirs.peak_hour.astype("M8[h]").astype("M8[us]")
    assert (ours.peak_time[total > 0] == peaks[total > 0]).all(), f"{name}: peak hours differ"
    age_us = np.maximum(given.as_of_us - given.posts.created_at.astype(np.int64), 0)
    decay = 0.5 ** (age_us / HOUR_US / given.settings.half_life_h)
    popularity = theirs.by_kind @ weights(given.settings) * decay
    assert np.allclose(ours.popularity, popularity, rtol=1e-6), f"{name}: popularity differs"
    gated = total >= given.settings.min_engagements
    mean = theirs.recent[gated].mean() if gated.any() else 0.0
    trending = gated & (theirs.recent > given.settings.trending_ratio * mean)
    assert (ours.is_trending == trending).all(), f"{name}: other posts are trending"


def weights(settings: TrendingSettings) -> Float64:
    """The weights in the order of KINDS."""
    return np.array(
        [settings.like_weight, settings.comment_weight, settings.share_weight, settings.profile_view_weight]
    )


def fill(row: Int64, values: Int64, posts: int) -> Int64:
    """Lay the values of some posts out over all, 0 elsewhere."""
    column = np.zeros(posts, np.int64)
    column[row] = values
    return column
