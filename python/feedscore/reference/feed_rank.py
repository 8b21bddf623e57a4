"""Feed rank v1 in plain NumPy and float64: the specification, and the oracle that the Rust kernel is tested against.

Definition: docs/algorithms.md. One user at a time; clear before fast. Two values are rounded to float32, once each: what a
post is worth to everybody, and its score for a user. Order and ties are those of the rounded values.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..feed_rank import CREATOR_CANDIDATES, LENGTH, MAX_CANDIDATES, TOPIC_CANDIDATES, FeedLists, FeedUsers
from ..feed_settings import FeedSettings
from ..population import Bool, Float32, Float64, Int64, UInt32
from ..posts import Posts

Entry = TypeVar("Entry", bound=np.generic)

MICROSECONDS_PER_HOUR = 3_600_000_000
MICROSECONDS_PER_DAY = 24 * MICROSECONDS_PER_HOUR


def feed_rank(
    posts: Posts,
    trending: Float32,
    quality: Float32,
    as_of: np.datetime64,
    settings: FeedSettings,
    users: FeedUsers,
    length: int = LENGTH,
) -> FeedLists:
    """List what each user sees, in the order in which it is shown."""
    base = base_score(posts, trending, quality, as_of, settings)
    recent = is_recent(posts, as_of, settings)
    shown, scores = [], []
    for user in range(len(users)):
        rows = feed_candidates(posts, base, recent, users, user)
        score = feed_score(posts, base, users, user, settings)
        order = rows[np.lexsort((posts.ids[rows], -score[rows].astype(np.float64)))]
        order = spread_authors(posts.author_ids[order], length, order)
        shown.append(order)
        scores.append(score[order])
    rows = np.concatenate([*shown, np.zeros(0, np.int64)])
    return FeedLists(
        offsets=np.cumsum([0, *map(len, shown)], dtype=np.int64),
        posts=rows.astype(np.uint32),
        post_ids=posts.ids[rows],
        scores=np.concatenate([*scores, np.zeros(0, np.float32)]),
    )


def is_recent(posts: Posts, as_of: np.datetime64, settings: FeedSettings) -> Bool:
    """Tell which posts are at most `window_days` old, (n,)."""
    moment = int(as_of.astype("M8[us]").astype(np.int64))
    earliest = max(moment - int(settings.window_days * MICROSECONDS_PER_DAY), -(2**63))
    recent: Bool = posts.created_at.astype(np.int64) >= earliest
    return recent


def base_score(
    posts: Posts, trending: Float32, quality: Float32, as_of: np.datetime64, settings: FeedSettings
) -> Float32:
    """Weigh what is the same for everybody: trending, quality and freshness, (n,)."""
    moment = int(as_of.astype("M8[us]").astype(np.int64))
    # Older posts are shown to nobody; their ages might not even fit into 64 bits.
    created = np.where(is_recent(posts, as_of, settings), posts.created_at.astype(np.int64), moment)
    hours = (moment - np.minimum(created, moment)) / MICROSECONDS_PER_HOUR
    base = (
        settings.trending_weight * trending.astype(np.float64)
        + settings.quality_weight * quality.astype(np.float64)
        + settings.freshness_weight / np.log2(2 + hours)
    )
    return base.astype(np.float32)


def is_open(posts: Posts, recent: Bool, users: FeedUsers, user: int) -> Bool:
    """Apply the hard filters: recent, not the user's own, author and post not excluded, (n,)."""
    authors = _row(users.excluded_author_offsets, users.excluded_authors, user)
    hidden = _row(users.excluded_post_offsets, users.excluded_posts, user)
    own = posts.author_ids == users.user_ids[user]
    is_closed: Bool = own | np.isin(posts.author_ids, authors) | np.isin(posts.ids, hidden)
    return recent & ~is_closed


def feed_candidates(posts: Posts, base: Float32, recent: Bool, users: FeedUsers, user: int) -> Int64:
    """Pick the rows among which the user's feed is chosen, at most 500, each once, in the order of picking.

    First the newest 150 by creators of the user, then 150 more on topics of the user, then of any kind until there are
    500; the latter two in the order of `base`. Ties: the smaller id.
    """
    is_left = is_open(posts, recent, users, user)
    by_time = np.lexsort((posts.ids, -posts.created_at.astype(np.int64)))
    by_base = np.lexsort((posts.ids, -base.astype(np.float64)))
    of_creators = np.isin(posts.author_ids, _row(users.creator_offsets, users.creator_ids, user))
    on_topics = _has_topic(posts, _row(users.topic_offsets, users.topics, user))
    picked: list[Int64] = []
    for order, fits, most in (
        (by_time, of_creators, CREATOR_CANDIDATES),
        (by_base, on_topics, TOPIC_CANDIDATES),
        (by_base, np.ones(len(posts), bool), MAX_CANDIDATES),
    ):
        room = min(most, MAX_CANDIDATES - sum(map(len, picked)))
        rows = order[(is_left & fits)[order]][:room]
        is_left[rows] = False
        picked.append(rows)
    return np.concatenate(picked)


def feed_score(posts: Posts, base: Float32, users: FeedUsers, user: int, settings: FeedSettings) -> Float32:
    """Score every post for one user, (n,), whether the user may see it or not."""
    score = (
        settings.creator_weight * creator_affinity(posts, users, user)
        + settings.topic_weight * topic_affinity(posts, users, user)
        + base.astype(np.float64)
    )
    seen = np.isin(posts.ids, _row(users.seen_offsets, users.seen_posts, user))
    return np.where(seen, score - settings.seen_weight, score).astype(np.float32)


def creator_affinity(posts: Posts, users: FeedUsers, user: int) -> Float64:
    """Look up the user's weight of each post's author, (n,); 0 where there is none."""
    affinity = np.zeros(len(posts))
    ids = _row(users.creator_offsets, users.creator_ids, user)
    weights = _row(users.creator_offsets, users.creator_weights, user)
    for creator, weight in zip(ids, weights, strict=True):
        by_creator = posts.author_ids == creator
        affinity[by_creator] = np.maximum(affinity[by_creator], weight)
    return affinity


def topic_affinity(posts: Posts, users: FeedUsers, user: int) -> Float64:
    """Look up the largest of the user's weights among each post's topics, (n,); 0 where there is none."""
    affinity = np.zeros(len(posts))
    topics = _row(users.topic_offsets, users.topics, user)
    weights = _row(users.topic_offsets, users.topic_weights, user)
    for topic, weight in zip(topics, weights, strict=True):
        on_topic = _has_topic(posts, np.array([topic], np.uint32))
        affinity[on_topic] = np.maximum(affinity[on_topic], weight)
    return affinity


def spread_authors(authors: Int64, length: int, order: Int64) -> Int64:
    """Choose `length` of what stands in `order`, best first, so that no author stands twice in a row where avoidable.

    Each slot takes the best that is left of another author than the last one. But when all others together are fewer
    than half of the slots left, they are needed to keep one author's posts apart: then that author's best goes
    next. So authors meet themselves as seldom as any choice and order of the candidates allows.
    """
    left = list(range(len(order)))
    slots = min(length, len(order))
    chosen: list[int] = []
    while len(chosen) < slots:
        others = [at for at in left if not chosen or authors[at] != authors[chosen[-1]]]
        of_author = dict(zip(*np.unique(authors[left], return_counts=True), strict=True))
        crowding = [at for at in others if 2 * (len(left) - of_author[authors[at]]) < slots - len(chosen)]
        pick = (crowding or others or left)[0]
        left.remove(pick)
        chosen.append(pick)
    return order[np.array(chosen, np.int64)]


def _row(offsets: Int64, values: NDArray[Entry], row: int) -> NDArray[Entry]:
    return values[offsets[row] : offsets[row + 1]]


def _has_topic(posts: Posts, topics: UInt32) -> Bool:
    owner = np.repeat(np.arange(len(posts)), np.diff(posts.topic_offsets))
    has = np.zeros(len(posts), bool)
    has[owner[np.isin(posts.topics, topics)]] = True
    return has
