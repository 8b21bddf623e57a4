"""Which posts of the last two days stand out: events in chunks of any size, figures of every post."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import _native
from .arrays import check_instant, check_threads
from .feed_settings import TrendingSettings
from .population import Bool, Float32, Int32
from .posts import Instants, PostEvents, Posts, check_events, check_posts

DEFAULT_SETTINGS = TrendingSettings()


@dataclass(frozen=True, kw_only=True, eq=False)
class TrendingPosts:
    """The figures of n posts, one row a post, in the order in which the posts were given.

    An engagement is a like, comment, share or profile view that counts, as docs/algorithms.md says.
    """

    gated: Bool
    """(n,) young enough, and with enough engagements: only these are considered."""
    engagements: Int32
    """(n,) 0 for posts that are too old."""
    recent_engagements: Int32
    """(n,) those of the last hour."""
    popularity: Float32
    """(n,) weighted engagements times `decay_multiplier`."""
    velocity: Float32
    """(n,) engagements of the last hour, per minute."""
    decay_multiplier: Float32
    """(n,) in (0, 1], a half after every half-life; 1 for a post of the future."""
    peak_time: Instants
    """(n,) start of the clock hour (UTC) with the most engagements, the earliest of several; NaT where none."""
    is_trending: Bool
    """(n,) gated, and more engagements in the last hour than `trending_ratio` times the mean of the gated."""
    avg_velocity: float
    """Mean velocity of the gated posts; 0 if there are none."""

    def __len__(self) -> int:
        return len(self.gated)


@dataclass(frozen=True, kw_only=True)
class IgnoredEvents:
    """How many events were ignored so far, each by the first cause that holds."""

    other_kinds: int
    """Of a kind that is no engagement, such as an impression."""
    late: int
    """After the time of the figures."""
    early: int
    """Before the window, so before any post that is considered."""
    other_posts: int
    """Of a post that is not known or too old."""
    own: int
    """By the author."""


class TrendingEvents:
    """Collects the events of some posts, chunk by chunk, and tells how the posts do.

    Holds 16 bytes for each like, unlike, comment, share and profile view within the window of a post that is young
    enough, and up to an eighth more for growth; everything else is dropped at once. The figures are the same bits
    whatever the order and the chunks of the events and the number of threads. `as_of` is the end of the window.
    TypeError or ValueError name the column, or the setting, that is not as `Posts` and `TrendingSettings` say.
    """

    def __init__(
        self, posts: Posts, as_of: np.datetime64, settings: TrendingSettings = DEFAULT_SETTINGS
    ) -> None:
        check_posts(posts)
        self._rows = len(posts)
        self._native = _native.TrendingEvents(
            posts.ids,
            posts.author_ids,
            posts.created_at.view(np.int64),
            check_instant("as_of", as_of),
            settings,
        )

    def add(self, events: PostEvents, *, threads: int = 0) -> None:
        """Take in a chunk, in any order; `threads` is 0 for one a core.

        The interpreter is free meanwhile; signals are looked at about five times a second. Whatever is raised, the
        chunk counts as not taken in. TypeError or ValueError name the column that is not as `PostEvents` says.
        """
        check_events(events)
        self._native.add(
            events.user_ids,
            events.post_ids,
            events.kinds,
            events.occurred_at.view(np.int64),
            check_threads(threads),
        )

    @property
    def nbytes(self) -> int:
        """The memory that is held, in bytes."""
        return self._native.nbytes()

    @property
    def ignored(self) -> IgnoredEvents:
        """How many events did not enter, and why."""
        other_kinds, late, early, other_posts, own = self._native.ignored()
        return IgnoredEvents(
            other_kinds=other_kinds, late=late, early=early, other_posts=other_posts, own=own
        )

    def trends(self, *, threads: int = 0, progress: Callable[[int], object] | None = None) -> TrendingPosts:
        """Work out the figures of all posts from the events so far; more may be added afterwards.

        The interpreter is free meanwhile; about five times a second signals are looked at and `progress` is called
        with the number of posts done: what either raises ends the work and comes out here.
        """
        columns = self._native.trends(check_threads(threads), progress)
        if progress is not None:
            progress(self._rows)
        return TrendingPosts(**{**columns, "peak_time": columns["peak_time"].view("datetime64[us]")})
