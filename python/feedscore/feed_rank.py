"""The reusable index that answers what everybody sees next: posts ranked for each user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import _native
from .arrays import check_array, check_instant, check_threads
from .feed_settings import FeedSettings
from .population import Float32, Int64, UInt32
from .posts import Posts, check_posts

DEFAULT_SETTINGS = FeedSettings()
LENGTH = 60
"""Posts of a feed: three segments of 20."""
MAX_CANDIDATES = 500
CREATOR_CANDIDATES = 150
TOPIC_CANDIDATES = 150

USER_COLUMNS: dict[str, type[np.generic]] = {
    "user_ids": np.int64,
    "creator_offsets": np.int64,
    "creator_ids": np.int64,
    "creator_weights": np.float32,
    "topic_offsets": np.int64,
    "topics": np.uint32,
    "topic_weights": np.float32,
    "excluded_author_offsets": np.int64,
    "excluded_authors": np.int64,
    "excluded_post_offsets": np.int64,
    "excluded_posts": np.int64,
    "seen_offsets": np.int64,
    "seen_posts": np.int64,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class FeedUsers:
    """Those who want a feed, one row a user, in any order.

    All arrays are C-contiguous and of exactly the dtype given here; u is the number of users. Sparse columns are CSR:
    the entries of row i stand at `offsets[i]:offsets[i + 1]`, in any order; ids that no post has are ignored. A user
    without creators and topics has no profile: trending, quality and freshness decide.
    """

    user_ids: Int64
    """(u,) any 64-bit number; posts of this author are the user's own."""
    creator_offsets: Int64
    creator_ids: Int64
    creator_weights: Float32
    """CSR, in [0, 1]; of a creator given twice the largest weight counts."""
    topic_offsets: Int64
    topics: UInt32
    topic_weights: Float32
    """CSR, in [0, 1]; of a topic given twice the largest weight counts."""
    excluded_author_offsets: Int64
    excluded_authors: Int64
    """CSR, authors who are never shown: blocked in either direction, or reported."""
    excluded_post_offsets: Int64
    excluded_posts: Int64
    """CSR, ids of posts that are never shown: hidden, or reported."""
    seen_offsets: Int64
    seen_posts: Int64
    """CSR, ids of posts that were seen: they sink."""

    def __len__(self) -> int:
        return len(self.user_ids)


@dataclass(frozen=True, kw_only=True, eq=False)
class FeedLists:
    """What some users see, in the order in which it is shown; the feed of user i is `offsets[i]:offsets[i + 1]`."""

    offsets: Int64
    """(u + 1,)"""
    posts: UInt32
    """(t,) rows of the posts."""
    post_ids: Int64
    """(t,)"""
    scores: Float32
    """(t,) descending, but where an author would have stood twice in a row; may be negative for what was seen."""


class FeedIndex:
    """The posts that may be shown to somebody, prepared once; asked for any users, from any thread.

    `trending` and `quality` are (n,) in [0, 1], a row a post. `as_of` is the moment, in UTC, from which ages count:
    posts older than `window_days` are left out, later ones have age 0. The index copies what it needs. TypeError or
    ValueError name the column, or the setting, that is not as `Posts`, `FeedUsers` and `FeedSettings` say.
    """

    def __init__(
        self,
        posts: Posts,
        trending: Float32,
        quality: Float32,
        as_of: np.datetime64,
        settings: FeedSettings = DEFAULT_SETTINGS,
    ) -> None:
        check_posts(posts)
        check_array("trending", trending, np.float32)
        check_array("quality", quality, np.float32)
        self._native = _native.FeedIndex(posts, trending, quality, check_instant("as_of", as_of), settings)

    def __len__(self) -> int:
        """Count the posts that may be shown."""
        return self._native.posts()

    @property
    def nbytes(self) -> int:
        """The memory of the index, in bytes."""
        return self._native.nbytes()

    def rank(
        self,
        users: FeedUsers,
        *,
        length: int = LENGTH,
        threads: int = 0,
        progress: Callable[[int], object] | None = None,
    ) -> FeedLists:
        """List what each user sees, at most `length` posts, the lists in the order of the users.

        `threads` is 0 for one a core. The interpreter is free meanwhile; about five times a second signals are looked
        at and `progress` is called with the number of users done: what either raises ends the run and comes out here.
        """
        for name, dtype in USER_COLUMNS.items():
            check_array(name, getattr(users, name), dtype)
        if length < 1:
            raise ValueError(f"length = {length}: must be 1 or more")
        most = max(1, min(length, MAX_CANDIDATES, len(self)))
        room = len(users) * most
        rows, ids, scores = np.empty(room, np.uint32), np.empty(room, np.int64), np.empty(room, np.float32)
        offsets = self._native.rank(users, most, check_threads(threads), progress, rows, ids, scores)
        for column in (rows, ids, scores):
            column.resize(int(offsets[-1]), refcheck=False)
        if progress is not None:
            progress(len(users))
        return FeedLists(offsets=offsets, posts=rows, post_ids=ids, scores=scores)
