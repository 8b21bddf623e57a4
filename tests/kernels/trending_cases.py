"""Posts and events for the tests of trending: few users and posts, so that everything meets everything."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from feedscore import EventKind, PostEvents, Posts, TrendingPosts
from feedscore.population import Int64

AS_OF = np.datetime64("2026-08-01T12:20:00", "us")
MINUTE = np.timedelta64(1, "m")
SECOND = np.timedelta64(1, "s")
IDS = np.array([np.iinfo(np.int64).min, -7, 0, 1, 2, 3, 99, 2**40, np.iinfo(np.int64).max])

Action = tuple[int, int, EventKind, Any]
"""User, post, kind, time."""


def make_posts(
    ids: Int64, authors: Int64, created_at: Any
) -> Posts:  # Any: whatever can be an array of datetime64
    n = len(ids)
    return Posts(
        ids=np.asarray(ids, np.int64),
        author_ids=np.asarray(authors, np.int64),
        created_at=np.asarray(created_at, "datetime64[us]"),
        content_types=np.zeros(n, np.uint8),
        topic_offsets=np.zeros(n + 1, np.int64),
        topics=np.empty(0, np.uint32),
    )


def one_post(author: int = 1000, age: np.timedelta64 = 600 * MINUTE) -> Posts:
    """Post 5."""
    return make_posts(np.array([5]), np.array([author]), np.array([AS_OF - age]))


def make_events(*actions: Action) -> PostEvents:
    return PostEvents(
        user_ids=np.array([action[0] for action in actions], np.int64),
        post_ids=np.array([action[1] for action in actions], np.int64),
        kinds=np.array([action[2] for action in actions], np.uint8),
        occurred_at=np.array([action[3] for action in actions], "datetime64[us]"),
        dwell_ms=np.full(len(actions), -1, np.int32),
    )


def some_posts(n: int, seed: int) -> Posts:
    """Posts of all ages, some too old, some of the future; authors are among the users."""
    r = np.random.default_rng(seed)
    ids = r.permutation(np.concatenate([IDS, np.arange(1000, 1000 + max(n - len(IDS), 0))]))[:n]
    created = AS_OF - r.integers(-60, 60 * 60, n) * MINUTE
    created[r.random(n) < 0.1] = AS_OF - 48 * 60 * MINUTE - r.integers(0, 2)
    return make_posts(ids, r.choice(IDS, n), created)


def some_events(m: int, posts: Posts, seed: int, users: int = 9) -> PostEvents:
    """Events of all kinds, with repetitions, takebacks, unknown posts, and times in and around the window."""
    r = np.random.default_rng(seed)
    seconds = np.where(r.random(m) < 0.5, r.integers(0, 40, m), r.integers(-600, 50 * 3600, m))
    return PostEvents(
        user_ids=r.choice(IDS[:users], m),
        post_ids=r.choice(np.append(posts.ids, [17, 18]), m),
        kinds=r.choice(
            len(EventKind), m, p=[0.05, 0.05, 0.05, 0.25, 0.15, 0.25, 0.1, 0.05, 0.03, 0.02]
        ).astype(np.uint8),
        occurred_at=AS_OF - seconds * SECOND,
        dwell_ms=r.integers(-5, 5000, m).astype(np.int32),
    )


def take(events: PostEvents, rows: Any) -> PostEvents:  # Any: whatever selects rows
    columns = {
        field.name: np.ascontiguousarray(getattr(events, field.name)[rows]) for field in fields(events)
    }
    return PostEvents(**columns)


def assert_same_bits(one: TrendingPosts, other: TrendingPosts) -> None:
    for field in fields(TrendingPosts):
        a, b = np.asarray(getattr(one, field.name)), np.asarray(getattr(other, field.name))
        assert a.dtype == b.dtype
        assert a.tobytes() == b.tobytes(), field.name


def assert_equal_figures(found: TrendingPosts, expected: TrendingPosts) -> None:
    """Counts, times and flags are equal; what was rounded is so to the last bit but one."""
    for field in fields(TrendingPosts):
        a, b = np.asarray(getattr(found, field.name)), np.asarray(getattr(expected, field.name))
        assert (a.dtype, a.shape) == (b.dtype, b.shape), field.name
        if a.dtype.kind == "f":
            np.testing.assert_allclose(a, b, rtol=2e-7, atol=0, err_msg=field.name)
        else:
            np.testing.assert_array_equal(a, b, err_msg=field.name)
