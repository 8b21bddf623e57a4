"""What the benches of trending are run on: the town, and two days in which every event counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feedscore import EventKind, PostEvents, Posts, TrendingSettings

from .populations import SEED
from .town_events import activity, as_of, chunks, feed

SETTINGS = TrendingSettings()
WINDOW = np.timedelta64(48, "h")
BUSY_POSTS = 50_000
EVENTS_PER_USER = 20
EVENTS_AT_ONCE = 1_000_000
KINDS = [EventKind.LIKE, EventKind.UNLIKE, EventKind.COMMENT, EventKind.SHARE, EventKind.PROFILE_VIEW]
SHARES = [0.60, 0.02, 0.20, 0.10, 0.08]


@dataclass(frozen=True, eq=False)
class Case:
    """Posts of the last two days, and events, of which some concern them."""

    name: str
    posts: Posts
    events: PostEvents
    as_of: np.datetime64


def town(events: int) -> Case:
    """The town: 90 days of events of all kinds; those of the last days' posts are few."""
    told = feed(events)
    return Case("town", young(told.posts, told.as_of), told.events, told.as_of)


def busy_days(events: int) -> Case:
    """Two days of engagements alone, all with posts that are considered: the most work that so many can make."""
    parts = list(busy_chunks(events))
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])}
    return Case("busy days", busy_posts(), PostEvents(**columns), as_of())


def busy_posts() -> Posts:
    """50,000 posts of all ages up to two days."""
    random = np.random.default_rng(SEED)
    return Posts(
        ids=random.permutation(10 * BUSY_POSTS)[:BUSY_POSTS].astype(np.int64),
        author_ids=random.integers(0, 100_000, BUSY_POSTS),
        created_at=as_of() - random.integers(0, 48 * 3600, BUSY_POSTS).astype("m8[s]"),
        content_types=np.zeros(BUSY_POSTS, np.uint8),
        topic_offsets=np.zeros(BUSY_POSTS + 1, np.int64),
        topics=np.empty(0, np.uint32),
    )


def busy_chunks(events: int) -> Iterator[PostEvents]:
    """Engagements of 20 a user; few posts get many: the best known of 50,000 gets one in 37."""
    ids = busy_posts().ids
    for start in range(0, events, EVENTS_AT_ONCE):
        random = np.random.default_rng([SEED, start])
        count = min(EVENTS_AT_ONCE, events - start)
        yield PostEvents(
            user_ids=random.integers(0, max(events // EVENTS_PER_USER, 1), count),
            post_ids=ids[(BUSY_POSTS * random.random(count) ** 3).astype(np.int64)],
            kinds=random.choice(np.array(KINDS, np.uint8), count, p=SHARES),
            occurred_at=as_of() - random.integers(0, 48 * 3600, count).astype("m8[s]"),
            dwell_ms=np.full(count, -1, np.int32),
        )


def stream(name: str, events: int) -> tuple[Posts, Iterator[PostEvents]]:
    """Give the posts of a case and its events chunk by chunk, made as they are asked for."""
    if name == "busy days":
        return busy_posts(), busy_chunks(events)
    people = activity(events)
    return young(people.posts.columns(), as_of()), chunks(people)


def young(posts: Posts, now: np.datetime64) -> Posts:
    """The posts of the last two days, without topics."""
    kept = posts.created_at >= now - WINDOW
    count = int(kept.sum())
    return Posts(
        ids=posts.ids[kept],
        author_ids=posts.author_ids[kept],
        created_at=posts.created_at[kept],
        content_types=posts.content_types[kept],
        topic_offsets=np.zeros(count + 1, np.int64),
        topics=np.empty(0, np.uint32),
    )
