"""Posts and users for the tests of feed rank: small nasty ones by hypothesis, larger ones from a seed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from feedscore import FeedIndex, FeedLists, FeedSettings, FeedUsers, Posts
from feedscore.population import Float32, Int64

from .populations import sparse

DEFAULT_SETTINGS = FeedSettings()
NOW = np.datetime64("2026-01-01T00:00:00", "us")
HOUR_US = 3_600_000_000
ODD_IDS = (-(2**63), -(2**63) + 1, -1, 0, 1, 2, 7, 2**40, 2**63 - 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Feed:
    """All that feed rank takes."""

    posts: Posts
    trending: Float32
    quality: Float32
    users: FeedUsers
    settings: FeedSettings = DEFAULT_SETTINGS
    as_of: np.datetime64 = NOW

    def rank(self, length: int = 60, threads: int = 0) -> FeedLists:
        """Let the kernel rank."""
        return self.index().rank(self.users, length=length, threads=threads)

    def index(self) -> FeedIndex:
        """Prepare the posts."""
        return FeedIndex(self.posts, self.trending, self.quality, self.as_of, self.settings)


def some_posts(n: int, *, topics: list[list[int]] | None = None, **columns: Any) -> Posts:  # Any: columns
    """Make n posts of one hour ago, each by an author of its own, without topics, but for the columns given."""
    offsets, codes = sparse(topics or [[]] * n, np.uint32)
    posts = Posts(
        ids=np.arange(n, dtype=np.int64) + 1,
        author_ids=np.arange(n, dtype=np.int64) + 1000,
        created_at=hours_ago(np.ones(n)),
        content_types=np.zeros(n, np.uint8),
        topic_offsets=offsets,
        topics=codes,
    )
    return replace(posts, **columns)


def hours_ago(hours: Any) -> Any:  # Any: numbers, and moments
    """Count back from NOW."""
    return NOW - (np.asarray(hours, np.float64) * HOUR_US).astype("m8[us]")


def some_users(
    ids: list[int],
    *,
    creators: list[dict[int, float]] | None = None,
    topics: list[dict[int, float]] | None = None,
    excluded_authors: list[list[int]] | None = None,
    excluded_posts: list[list[int]] | None = None,
    seen: list[list[int]] | None = None,
) -> FeedUsers:
    """Make users, given what they like, a dict of weights a user, and what they may not see or have seen."""
    nobody: list[Any] = [[]] * len(ids)  # Any: of each kind
    creators, topics = creators or [{}] * len(ids), topics or [{}] * len(ids)
    creator_offsets, creator_ids = sparse([list(row) for row in creators], np.int64)
    topic_offsets, codes = sparse([list(row) for row in topics], np.uint32)
    author_offsets, authors = sparse(excluded_authors or nobody, np.int64)
    post_offsets, posts = sparse(excluded_posts or nobody, np.int64)
    seen_offsets, seen_posts = sparse(seen or nobody, np.int64)
    return FeedUsers(
        user_ids=np.array(ids, np.int64),
        creator_offsets=creator_offsets,
        creator_ids=creator_ids,
        creator_weights=np.array([w for row in creators for w in row.values()], np.float32),
        topic_offsets=topic_offsets,
        topics=codes,
        topic_weights=np.array([w for row in topics for w in row.values()], np.float32),
        excluded_author_offsets=author_offsets,
        excluded_authors=authors,
        excluded_post_offsets=post_offsets,
        excluded_posts=posts,
        seen_offsets=seen_offsets,
        seen_posts=seen_posts,
    )


def some_feed(posts: Posts, users: FeedUsers, **columns: Any) -> Feed:  # Any: columns
    """Rank these posts, neither trending nor of any quality, but for the columns given."""
    zeros = np.zeros(len(posts), np.float32)
    return replace(Feed(posts=posts, trending=zeros, quality=zeros, users=users), **columns)


def busy_feed(
    seed: int,
    *,
    posts: int = 1500,
    users: int = 40,
    authors: int = 200,
    topics: int = 60,
    most_topics: int = 8,
    likes: int = 10,
    coarse: bool = False,
) -> Feed:
    """Make posts by authors of very different diligence, and users who like some of them; `coarse` makes many ties."""
    r = np.random.default_rng(seed)
    step = 0.25 if coarse else 1e-9

    def shares(n: int) -> Float32:
        return (np.round(r.random(n) ** 2 / step) * step).astype(np.float32)

    by = r.integers(0, authors, posts) * r.integers(0, 2, posts) + r.zipf(1.4, posts) % authors
    kinds = [
        sorted(set((r.zipf(1.3, r.integers(0, most_topics + 1)) % topics).tolist())) for _ in range(posts)
    ]
    ids = r.permutation(posts * 3)[:posts].astype(np.int64) - posts
    hours = np.round(r.exponential(40, posts) / (12 if coarse else 1e-6)) * (12 if coarse else 1e-6) - 2
    reader = r.choice(np.arange(authors * 2), users)
    return Feed(
        posts=some_posts(
            posts, ids=ids, author_ids=by.astype(np.int64), created_at=hours_ago(hours), topics=kinds
        ),
        trending=shares(posts),
        quality=shares(posts),
        users=some_users(
            reader.tolist(),
            creators=[_liked(r, authors, r.poisson(likes), step) for _ in range(users)],
            topics=[_liked(r, topics, r.poisson(likes), step) for _ in range(users)],
            excluded_authors=[r.integers(0, authors, r.poisson(2)).tolist() for _ in range(users)],
            excluded_posts=[r.choice(ids, r.poisson(9)).tolist() for _ in range(users)],
            seen=[r.choice(ids, r.poisson(posts / 12)).tolist() for _ in range(users)],
        ),
    )


def _liked(r: np.random.Generator, codes: int, most: int, step: float) -> dict[int, float]:
    return {int(code): float(np.round(r.random() / step) * step) for code in r.zipf(1.3, most) % codes}


@st.composite
def nasty(draw: st.DrawFn) -> Feed:
    """A few posts and users, with ids of the whole range, ties, strangers and everything empty now and then."""
    ids = draw(st.lists(st.sampled_from(ODD_IDS) | st.integers(-5, 30), unique=True, max_size=14))
    some_ids = st.lists(st.sampled_from([*ids, 99, 2**63 - 1]), max_size=6)
    people = st.sampled_from([*ODD_IDS[:3], 3, 4, 5, 2**63 - 1])
    share = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1, width=32)
    n, users = len(ids), draw(st.integers(0, 4))

    def each(of: st.SearchStrategy[Any], count: int) -> list[Any]:  # Any: of each kind
        return draw(st.lists(of, min_size=count, max_size=count))

    hours = st.sampled_from([-1.0, 0.0, 1.0, 30.0, 167.9999, 168.0, 168.0001, 1e6])
    return Feed(
        posts=some_posts(
            n,
            ids=np.array(ids, np.int64),
            author_ids=np.array(each(people, n), np.int64),
            created_at=hours_ago(each(hours, n)),
            topics=each(st.lists(st.integers(0, 12), unique=True, max_size=12), n),
        ),
        trending=np.array(each(share, n), np.float32),
        quality=np.array(each(share, n), np.float32),
        users=some_users(
            each(people, users),
            creators=each(st.dictionaries(people, share, max_size=5), users),
            topics=each(st.dictionaries(st.integers(0, 14), share, max_size=5), users),
            excluded_authors=each(st.lists(people, max_size=3), users),
            excluded_posts=each(some_ids, users),
            seen=each(some_ids, users),
        ),
    )


def reordered(feed: Feed, order: Int64) -> Feed:
    """The same posts in another order of rows."""
    p = feed.posts
    topics = [p.topics[p.topic_offsets[row] : p.topic_offsets[row + 1]].tolist()[::-1] for row in order]
    posts = some_posts(
        len(p),
        ids=p.ids[order],
        author_ids=p.author_ids[order],
        created_at=p.created_at[order],
        topics=topics,
    )
    return replace(feed, posts=posts, trending=feed.trending[order], quality=feed.quality[order])


def of_user(lists: FeedLists, user: int) -> slice:
    """Where one user's list stands."""
    return slice(int(lists.offsets[user]), int(lists.offsets[user + 1]))


def without_profiles(users: FeedUsers) -> FeedUsers:
    """The same users with the same exclusions, as if nothing were known of what they like."""
    columns = {field.name: getattr(users, field.name) for field in fields(users)}
    for offsets in ("creator_offsets", "topic_offsets"):
        columns[offsets] = np.zeros(len(users) + 1, np.int64)
    for values in ("creator_ids", "creator_weights", "topics", "topic_weights"):
        columns[values] = columns[values][:0]
    return FeedUsers(**columns)


def assert_same(a: FeedLists, b: FeedLists) -> None:
    """Raise AssertionError unless these are the same lists, bit for bit."""
    for column in ("offsets", "posts", "post_ids", "scores"):
        np.testing.assert_array_equal(getattr(a, column), getattr(b, column), err_msg=column)
