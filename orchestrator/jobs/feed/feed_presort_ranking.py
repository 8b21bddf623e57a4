"""Ranks the posts of the window for viewers: all of them, or only new ones, merged into what is stored."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from feedscore import FeedIndex, FeedLists, FeedSettings
from feedscore.population import Bool, Float32, Float64, Int64

from ..ids import rows_of
from .feed_presort_lists import are_listed, offsets_of
from .feed_presort_posts import WindowPosts
from .feed_presort_spread import spread_lists
from .feed_presort_stored import StoredPosts
from .feed_presort_viewers import Viewers, users_at

EVERYTHING = np.datetime64("NaT", "h")
"""Stands for the hour of a feed that is not stored: all posts are newer."""
INDEXES_KEPT = 24
"""Hours of which an index of the newer posts is kept: as many as a day of hourly runs leaves behind."""


@dataclass(frozen=True, eq=False)
class Found:
    """Posts for some viewers, one entry a post, in any order."""

    rows: Int64
    """Row of the viewer."""
    post_ids: Int64
    scores: Float32


@dataclass(frozen=True, eq=False)
class Ranking:
    """The posts of a run, ready to be ranked; may be asked from several threads."""

    window: WindowPosts
    as_of: np.datetime64
    settings: FeedSettings
    length: int
    """Posts of a feed, at most."""
    threads: int
    """Of one call."""
    _indexes: dict[int, FeedIndex] = field(default_factory=dict)
    """By hour as a number, since no NaT equals another."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def all_posts(self, viewers: Viewers) -> FeedLists:
        """Rank all posts of the window for each viewer."""
        return self._index(EVERYTHING).rank(viewers.users, length=self.length, threads=self.threads)

    def merged(self, viewers: Viewers, stored: StoredPosts) -> FeedLists:
        """Merge newer posts into each viewer's stored feed; who has none stored gets what `all_posts` gives.

        Stored posts age, and keep the rest of their scores; those that may not be shown any more fall out. Newer is
        what was created since the start of the hour in which the feed was stored: what was committed a little late is
        not lost. Then everything stands in the order of the scores, authors are spread, and the feed is cut as ever.
        """
        hours = stored.computed_at.astype("datetime64[h]")
        newer = [self._newer(viewers, np.flatnonzero(_same(hours, hour)), hour) for hour in np.unique(hours)]
        kept = self._still_shown(viewers, stored)
        aged = self._aged(stored.post_ids[kept], stored.scores[kept], hours[stored.rows[kept]])
        parts = [Found(stored.rows[kept], stored.post_ids[kept], aged), *newer]
        rows = np.concatenate([part.rows for part in parts])
        ids = np.concatenate([part.post_ids for part in parts])
        scores = np.concatenate([part.scores for part in parts])
        told = np.lexsort((ids, rows))  # stable: what is stored stands before what is newer
        again = np.zeros(len(told), bool)
        again[1:] = (rows[told][1:] == rows[told][:-1]) & (ids[told][1:] == ids[told][:-1])
        told = told[~again]
        told = told[np.lexsort((ids[told], -scores[told].astype(np.float64), rows[told]))]
        offsets = offsets_of(np.bincount(rows[told], minlength=len(viewers.ids)))
        places, _ = rows_of(self.window.posts.ids, ids[told])
        offsets, chosen = spread_lists(offsets, self.window.posts.author_ids[places], self.length)
        return FeedLists(
            offsets=offsets,
            posts=places[chosen].astype(np.uint32),
            post_ids=ids[told][chosen],
            scores=scores[told][chosen],
        )

    def _newer(self, viewers: Viewers, rows: Int64, hour: np.datetime64) -> Found:
        """Rank, for some of the viewers, the posts created since the start of an hour."""
        index = self._index(hour)
        lists = index.rank(users_at(viewers.users, rows), length=self.length, threads=self.threads)
        return Found(np.repeat(rows, np.diff(lists.offsets)), lists.post_ids, lists.scores)

    def _aged(self, post_ids: Int64, scores: Float32, hours: NDArray[np.datetime64]) -> Float32:
        """Take the freshness of the hour in which posts were scored out of their scores, and put that of now in.

        With the old freshness, posts that were new then would keep out those that are new now. Within the hour of
        the scores nothing changes, not a bit.
        """
        posts = self.window.posts
        created_at = posts.created_at[rows_of(posts.ids, post_ids)[0]]
        change = _freshness(created_at, self.as_of) - _freshness(created_at, hours)
        return (scores + self.settings.freshness_weight * change).astype(np.float32)

    def _still_shown(self, viewers: Viewers, stored: StoredPosts) -> Bool:
        """Tell which stored posts pass the hard filters as they are now."""
        users, posts = viewers.users, self.window.posts
        places, shown = rows_of(posts.ids, stored.post_ids)
        rows = stored.rows[shown]
        authors = posts.author_ids[places]
        shown[shown] = (
            (authors != users.user_ids[rows])
            & ~are_listed(users.excluded_author_offsets, users.excluded_authors, rows, authors)
            & ~are_listed(users.excluded_post_offsets, users.excluded_posts, rows, posts.ids[places])
        )
        return shown

    def _index(self, hour: np.datetime64) -> FeedIndex:
        """Give the index of the posts created since an hour; the one unused for longest makes room."""
        key = int(hour.astype(np.int64))
        with self._lock:
            index = self._indexes.pop(key, None)
            if index is None:  # an index of no posts is false, but there
                index = self._build(hour)
            self._indexes[key] = index
            if len(self._indexes) > INDEXES_KEPT:
                del self._indexes[next(iter(self._indexes))]
            return index

    def _build(self, hour: np.datetime64) -> FeedIndex:
        window = self.window if np.isnat(hour) else self.window.since(hour)
        return FeedIndex(window.posts, window.trending, window.quality, self.as_of, self.settings)


def _freshness(created_at: NDArray[np.datetime64], moment: NDArray[np.datetime64] | np.datetime64) -> Float64:
    hours = np.maximum((moment - created_at) / np.timedelta64(1, "h"), 0)
    return np.asarray(1 / np.log2(2 + hours), np.float64)


def _same(hours: NDArray[np.datetime64], hour: np.datetime64) -> Bool:
    return np.isnat(hours) if np.isnat(hour) else hours == hour
