"""The corpus of the feed rank bench: posts of a week of the town, and what its users like, hid and saw.

Posts and events are those of `orchestrator town` with seed 1 at the moment NOW. Trending and profiles are made of the events
by our own kernels; quality, blocks and hides are drawn. What is made once is kept in the system's temporary folder,
under a name that changes with the code that makes it.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from feedscore import AffinityEvents, AffinityProfiles, EventKind, FeedUsers, Posts, TrendingEvents
from feedscore.population import Bool, Float32, Int64
from orchestrator.source.town.activity import make_activity

from .populations import NOW, SEED, corpus_code

AS_OF = np.datetime64(NOW.replace(tzinfo=None), "us")
WEEK = np.timedelta64(7, "D")
POSTS_IN_90_DAYS = 380_000
"""Of these about 50,000 are of the last week."""
EVENTS_PER_USER = 200
BLOCKS_PER_USER, HIDES_PER_USER = 2.0, 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class FeedCorpus:
    """All that feed rank takes."""

    posts: Posts
    trending: Float32
    quality: Float32
    users: FeedUsers


def town_feed(people: int) -> FeedCorpus:
    """Make what the people of a town may see, or read what was made before."""
    code = corpus_code() + hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    path = Path(tempfile.gettempdir()) / "feedscore-benches" / f"feed-{people}-{SEED}-{code}.npz"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, allow_pickle=False, **_columns(_make(people)))
        partial.rename(path)
    with np.load(path) as columns:
        parts: dict[str, dict[str, np.ndarray]] = {"posts": {}, "users": {}, "corpus": {}}
        for name, column in columns.items():
            part, _, field = name.partition(".")
            parts[part][field] = column
    return FeedCorpus(posts=Posts(**parts["posts"]), users=FeedUsers(**parts["users"]), **parts["corpus"])


def some_of(users: FeedUsers, rows: Int64) -> FeedUsers:
    """Pick users, the same one maybe often."""
    columns: dict[str, np.ndarray] = {"user_ids": users.user_ids[rows]}
    for offsets_name, values in _SPARSE.items():
        offsets = getattr(users, offsets_name)
        sizes = np.diff(offsets)[rows]
        ends = np.cumsum(sizes)
        entries = np.arange(ends[-1] if len(ends) else 0) + np.repeat(offsets[rows] - ends + sizes, sizes)
        columns[offsets_name] = np.concatenate([[0], ends]).astype(np.int64)
        columns |= {name: getattr(users, name)[entries] for name in values}
    return FeedUsers(**columns)


_SPARSE = {
    "creator_offsets": ("creator_ids", "creator_weights"),
    "topic_offsets": ("topics", "topic_weights"),
    "excluded_author_offsets": ("excluded_authors",),
    "excluded_post_offsets": ("excluded_posts",),
    "seen_offsets": ("seen_posts",),
}


def _columns(corpus: FeedCorpus) -> dict[str, np.ndarray]:
    columns = {"corpus.trending": corpus.trending, "corpus.quality": corpus.quality}
    for part in ("posts", "users"):
        record = getattr(corpus, part)
        columns |= {f"{part}.{field.name}": getattr(record, field.name) for field in fields(record)}
    return columns


def _make(people: int) -> FeedCorpus:
    activity = make_activity(
        people=people, seed=SEED, now=NOW, events=EVENTS_PER_USER * people, posts=POSTS_IN_90_DAYS
    )
    everything = activity.posts.columns()
    affinity = AffinityEvents(
        everything, AS_OF, excluded_users=np.zeros(0, np.int64), excluded_creators=np.zeros(0, np.int64)
    )
    trending = TrendingEvents(everything, AS_OF)
    seen: list[np.ndarray] = []
    for chunk in activity.chunks():
        affinity.add(chunk.events)
        trending.add(chunk.events)
        events = chunk.events
        late = (events.kinds == EventKind.SEEN) & (events.occurred_at > AS_OF - WEEK)
        seen.append(np.stack([events.user_ids[late], events.post_ids[late]]))
    week = everything.created_at >= AS_OF - WEEK
    velocity = trending.trends().velocity
    limit = float(np.quantile(velocity[velocity > 0], 0.99))
    random = np.random.default_rng(SEED)
    return FeedCorpus(
        posts=_some_posts(everything, week),
        trending=np.minimum(velocity[week] / limit, 1).astype(np.float32),
        quality=random.beta(4, 4, int(week.sum())).astype(np.float32),
        users=_users(people, affinity.profiles(), np.concatenate(seen, axis=1), everything.ids[week], random),
    )


def _some_posts(posts: Posts, chosen: Bool) -> Posts:
    sizes = np.diff(posts.topic_offsets)
    return Posts(
        ids=posts.ids[chosen],
        author_ids=posts.author_ids[chosen],
        created_at=posts.created_at[chosen],
        content_types=posts.content_types[chosen],
        topic_offsets=np.concatenate([[0], np.cumsum(sizes[chosen])]).astype(np.int64),
        topics=posts.topics[np.repeat(chosen, sizes)],
    )


def _users(
    people: int, profiles: AffinityProfiles, seen: Int64, posts: Int64, random: np.random.Generator
) -> FeedUsers:
    blocks, hides = round(BLOCKS_PER_USER * people), round(HIDES_PER_USER * people)
    known = (seen[0] >= 1) & (seen[0] <= people)
    seen_offsets, seen_posts = _sparse(people, seen[0][known] - 1, seen[1][known])
    author_offsets, authors = _sparse(
        people, random.integers(0, people, blocks), 1 + random.integers(0, people, blocks)
    )
    post_offsets, hidden = _sparse(people, random.integers(0, people, hides), random.choice(posts, hides))
    columns = {}
    for offsets in ("creator_offsets", "topic_offsets"):
        sizes = np.zeros(people, np.int64)
        sizes[profiles.user_ids - 1] = np.diff(getattr(profiles, offsets))
        columns[offsets] = np.concatenate([[0], np.cumsum(sizes)])
    return FeedUsers(
        user_ids=np.arange(1, people + 1),
        creator_ids=profiles.creator_ids,
        creator_weights=profiles.creator_weights,
        topics=profiles.topics,
        topic_weights=profiles.topic_weights,
        excluded_author_offsets=author_offsets,
        excluded_authors=authors,
        excluded_post_offsets=post_offsets,
        excluded_posts=hidden,
        seen_offsets=seen_offsets,
        seen_posts=seen_posts,
        **columns,
    )


def _sparse(rows: int, row: Int64, value: Int64) -> tuple[Int64, Int64]:
    order = np.lexsort((value, row))
    counts = np.bincount(row, minlength=rows)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), value[order]
