"""Posts and events for the tests of the affinity kernel: small nasty ones by hypothesis, larger ones from a seed."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from feedscore import EventKind, PostEvents, Posts

AS_OF = np.datetime64("2026-03-01T00:00:00", "us")
DAY_US = 86_400_000_000
EXTREME_IDS = (-(2**63), -(2**63) + 1, -1, 0, 1, 2, 3, 2**62, 2**63 - 1)


def make_posts(
    authors: list[int], topics: list[list[int]] | None = None, **columns: Any
) -> Posts:  # Any: columns
    """Make a post by each author, with ids from 100; posts of one content type, and without topics unless given."""
    n = len(authors)
    topics = topics or [[]] * n
    posts = Posts(
        ids=np.arange(100, 100 + n, dtype=np.int64),
        author_ids=np.array(authors, np.int64),
        created_at=np.full(n, AS_OF - np.timedelta64(30, "D"), "datetime64[us]"),
        content_types=np.zeros(n, np.uint8),
        topic_offsets=np.cumsum([0, *map(len, topics)], dtype=np.int64),
        topics=np.array([code for own in topics for code in own], np.uint32),
    )
    return replace(posts, **columns)


def make_events(rows: list[tuple[int, int, EventKind, int, int]]) -> PostEvents:
    """Make events of rows of user, post, kind, age in microseconds and dwell in milliseconds."""
    columns: list[Any] = list(zip(*rows, strict=True)) or [()] * 5  # Any: numbers
    ages_us = np.array(columns[3], np.int64)
    return PostEvents(
        user_ids=np.array(columns[0], np.int64),
        post_ids=np.array(columns[1], np.int64),
        kinds=np.array(columns[2], np.uint8),
        occurred_at=(AS_OF.astype(np.int64) - ages_us).view("datetime64[us]"),
        dwell_ms=np.array(columns[4], np.int32),
    )


def taken(events: PostEvents, rows: Any) -> PostEvents:  # Any: indexes or a mask
    """Take some rows."""
    return PostEvents(**{f.name: np.ascontiguousarray(getattr(events, f.name)[rows]) for f in fields(events)})


def joined(*parts: PostEvents) -> PostEvents:
    """Put events one after the other."""
    return PostEvents(
        **{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(PostEvents)}
    )


EDGES_US = (
    0, 1, -1, 90 * DAY_US - 1, 90 * DAY_US, 90 * DAY_US + 1, 10_000_000, 9_999_999, 10_000_001, 20_000_000, 5_000_000,
    DAY_US, 2**63 - 2**60, -(2**61),
)  # fmt: skip
AGES_US = st.one_of(
    st.sampled_from(EDGES_US),
    st.integers(0, 90).map(lambda days: days * DAY_US),
    st.integers(0, 91 * DAY_US),
)


@st.composite
def nasty(draw: st.DrawFn) -> tuple[Posts, PostEvents, list[tuple[int, int]]]:
    """Few users, posts and instants, so that everything meets: ids at the ends, duplicates, takebacks, exclusions."""
    ids = st.sampled_from(EXTREME_IDS)
    n = draw(st.integers(0, 6))
    topics = [draw(st.lists(st.integers(0, 5), max_size=4, unique=True)) for _ in range(n)]
    posts = make_posts(
        [draw(ids) for _ in range(n)],
        topics,
        ids=np.array(draw(st.lists(ids, min_size=n, max_size=n, unique=True)), np.int64),
        content_types=np.array([draw(st.sampled_from([0, 1, 5])) for _ in range(n)], np.uint8),
    )
    kinds = st.sampled_from([*EventKind, EventKind.LIKE, EventKind.UNLIKE, EventKind.SHARE])
    known = st.sampled_from(posts.ids.tolist()) if n else ids
    users = st.sampled_from([0, 1, -(2**63), 2**63 - 1])
    dwells = st.sampled_from([-1, -(2**31), 0, 1999, 2000, 2001, 2**31 - 1])
    rows = draw(st.lists(st.tuples(users, st.one_of(known, known, ids), kinds, AGES_US, dwells), max_size=60))
    rows += draw(st.lists(st.sampled_from(rows), max_size=10)) if rows else []
    excluded = draw(st.lists(st.tuples(users, ids), max_size=3))
    return posts, make_events(rows), excluded


def crowd(
    events: int,
    seed: int,
    *,
    users: int = 50,
    posts: int = 200,
    creators: int = 30,
    topics: int = 40,
    days: int = 95,
) -> tuple[Posts, PostEvents, list[tuple[int, int]]]:
    """Make many events of some users, with everything that may happen between them and the posts."""
    r = np.random.default_rng(seed)
    ids = r.permutation(r.choice(2**40, posts, replace=False) - 2**39)
    counts = r.integers(0, 6, posts)
    columns = make_posts(
        r.integers(0, creators, posts).tolist(),
        [r.choice(topics, count, replace=False).tolist() for count in counts],
        ids=ids,
        content_types=r.integers(0, 4, posts).astype(np.uint8),
    )
    likely = 1 / np.arange(1, posts + 1)
    told = PostEvents(
        user_ids=r.integers(0, users, events),
        post_ids=np.where(r.random(events) < 0.02, 7, r.choice(ids, events, p=likely / likely.sum())),
        kinds=r.choice(10, events, p=[0.2, 0.1, 0.2, 0.15, 0.05, 0.1, 0.05, 0.05, 0.08, 0.02]).astype(
            np.uint8
        ),
        occurred_at=AS_OF - r.integers(-DAY_US, days * DAY_US, events).astype("timedelta64[us]"),
        dwell_ms=r.integers(-1000, 9000, events).astype(np.int32),
    )
    likes = taken(told, told.kinds == EventKind.LIKE)
    back = replace(
        likes,
        kinds=np.full(len(likes), EventKind.UNLIKE, np.uint8),
        occurred_at=likes.occurred_at + r.integers(0, 20_000_000, len(likes)).astype("timedelta64[us]"),
    )
    again = taken(told, r.integers(0, events, events // 10))
    everything = joined(told, taken(back, r.random(len(back)) < 0.5), again)
    excluded = [(int(user), int(creator)) for user, creator in r.integers(0, creators, (20, 2))]
    return columns, taken(everything, r.permutation(len(everything))), excluded
