"""Posts and what people did with them, as NumPy columns: the input of the affinity, trending and feed kernels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from .arrays import check_array
from .population import Int32, Int64, UInt8, UInt32

Instants = NDArray[np.datetime64]
"""datetime64[us], in UTC."""

MAX_CONTENT_TYPES = 32
MAX_TOPICS_PER_POST = 64
UNKNOWN_DWELL_MS = -1


class EventKind(IntEnum):
    """What somebody did with a post; the codes of `PostEvents.kinds`."""

    IMPRESSION = 0
    """It was rendered."""
    SEEN = 1
    """It was in the viewport."""
    VIEW = 2
    """It was opened, for `dwell_ms`."""
    LIKE = 3
    UNLIKE = 4
    COMMENT = 5
    SHARE = 6
    PROFILE_VIEW = 7
    """The author's profile was opened from it."""
    HIDE = 8
    REPORT = 9


@dataclass(frozen=True, kw_only=True, eq=False)
class PostEvents:
    """What people did with posts, one row an event, in any order; equal rows are one event told twice.

    All arrays are C-contiguous and of exactly the dtype given here; m is the number of events.
    """

    user_ids: Int64
    """(m,) who; any 64-bit number."""
    post_ids: Int64
    """(m,) with which post; an event of a post that is not known is ignored."""
    kinds: UInt8
    """(m,) `EventKind`; larger codes are refused."""
    occurred_at: Instants
    """(m,) datetime64[us], UTC; NaT is refused."""
    dwell_ms: Int32
    """(m,) milliseconds of a view; -1 or any negative = unknown, which is no view of 2 s."""

    def __len__(self) -> int:
        return len(self.user_ids)


@dataclass(frozen=True, kw_only=True, eq=False)
class Posts:
    """Posts, one row a post, in any order.

    All arrays are C-contiguous and of exactly the dtype given here; n is the number of posts.
    """

    ids: Int64
    """(n,) unique; any 64-bit number."""
    author_ids: Int64
    """(n,) any 64-bit number."""
    created_at: Instants
    """(n,) datetime64[us], UTC; NaT is refused."""
    content_types: UInt8
    """(n,) codes below 32."""
    topic_offsets: Int64
    topics: UInt32
    """CSR, `topics[topic_offsets[i]:topic_offsets[i + 1]]` are those of post i, each once, at most 64; codes stand in
    the ascending order of their tags, so that a tie by code is a tie by tag."""

    def __len__(self) -> int:
        return len(self.ids)


EVENT_COLUMNS = {
    "user_ids": "int64",
    "post_ids": "int64",
    "kinds": "uint8",
    "occurred_at": "datetime64[us]",
    "dwell_ms": "int32",
}
POST_COLUMNS = {
    "ids": "int64",
    "author_ids": "int64",
    "created_at": "datetime64[us]",
    "content_types": "uint8",
}


def check_events(events: PostEvents) -> None:
    """Raise TypeError or ValueError, naming the column, unless all are of their dtype and of one length."""
    for name, dtype in EVENT_COLUMNS.items():
        check_array(name, getattr(events, name), dtype)
        _check_length(name, len(getattr(events, name)), len(events.user_ids), "events")


def check_posts(posts: Posts) -> None:
    """Raise TypeError or ValueError, naming the column, unless all are of their dtype and length.

    What the columns hold is for the kernels to check, as far as they read it.
    """
    for name, dtype in POST_COLUMNS.items():
        check_array(name, getattr(posts, name), dtype)
        _check_length(name, len(getattr(posts, name)), len(posts.ids), "posts")
    check_array("topic_offsets", posts.topic_offsets, "int64")
    check_array("topics", posts.topics, "uint32")
    if len(posts.topic_offsets) != len(posts.ids) + 1:
        raise ValueError(
            f"len(topic_offsets) = {len(posts.topic_offsets)}: must be {len(posts.ids) + 1}, one more than posts"
        )


def _check_length(name: str, length: int, rows: int, items: str) -> None:
    if length != rows:
        raise ValueError(f"len({name}) = {length}: must be {rows} for {rows} {items}")
