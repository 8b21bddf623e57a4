"""What peers of feed rank may prepare beforehand, untimed: posts in the order of base, all ids as places and codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore import FeedSettings, FeedUsers, Posts
from feedscore.population import Float32, Int64, UInt32
from feedscore.reference import base_score


@dataclass(frozen=True, eq=False)
class Ragged:
    """Rows of several values: those of row i stand at `offsets[i]:offsets[i + 1]`."""

    offsets: Int64
    values: UInt32


@dataclass(frozen=True, eq=False)
class FeedColumns:
    """n posts by descending base, ties by id; u users; whatever no post of these has is left out."""

    rows: UInt32
    """(n,) rows of the posts as they were given."""
    base: Float32
    id_rank: UInt32
    author: UInt32
    topics: Ragged
    posts_on: Ragged
    """A row a topic: places, ascending."""
    newest_of: Ragged
    """A row an author: places, the newest post first."""
    age_rank: UInt32
    """(n,) 0 for the newest."""
    by_id: UInt32
    """Place of each rank of an id."""
    creators: Ragged
    creator_weights: Float32
    likes: Ragged
    """Topics of each user."""
    like_weights: Float32
    closed_authors: Ragged
    """The user, and whom the user excluded."""
    closed_posts: Ragged
    seen: Ragged
    settings: FeedSettings

    def __len__(self) -> int:
        return len(self.rows)


def prepare_feed(
    posts: Posts,
    trending: Float32,
    quality: Float32,
    as_of: np.datetime64,
    users: FeedUsers,
    settings: FeedSettings,
) -> FeedColumns:
    """Turn posts, none too old, and users into columns."""
    base = base_score(posts, trending, quality, as_of, settings)
    rows = np.lexsort((posts.ids, -base.astype(np.float64)))
    ids, authors = posts.ids[rows], np.unique(posts.author_ids)
    author = np.searchsorted(authors, posts.author_ids[rows])
    by_age = np.lexsort((ids, -posts.created_at[rows].astype(np.int64)))
    sizes = np.diff(posts.topic_offsets)
    owner = np.repeat(_inverse(rows), sizes)
    topic_count = int(max(posts.topics.max(initial=0), users.topics.max(initial=0))) + 1
    by_id = np.argsort(ids)

    def place_of(wanted: Int64) -> Int64:
        return _find(ids[by_id], wanted, by_id)

    def code_of(wanted: Int64) -> Int64:
        return _find(authors, wanted, np.arange(len(authors)))

    n, u = len(rows), len(users)
    creators, creator_weights = _users(
        users.creator_offsets, code_of(users.creator_ids), users.creator_weights
    )
    likes, like_weights = _users(users.topic_offsets, users.topics.astype(np.int64), users.topic_weights)
    own = np.arange(u + 1)
    closed_offsets = users.excluded_author_offsets + own
    closed = np.insert(users.excluded_authors, users.excluded_author_offsets[:-1], users.user_ids)
    return FeedColumns(
        rows=rows.astype(np.uint32),
        base=base[rows],
        id_rank=_inverse(by_id).astype(np.uint32),
        author=author.astype(np.uint32),
        topics=_ragged(n, owner, posts.topics.astype(np.int64)),
        posts_on=_ragged(topic_count, posts.topics.astype(np.int64), owner),
        newest_of=_ragged(len(authors), author[by_age], by_age, stable=True),
        age_rank=_inverse(by_age).astype(np.uint32),
        by_id=by_id.astype(np.uint32),
        creators=creators,
        creator_weights=creator_weights,
        likes=likes,
        like_weights=like_weights,
        closed_authors=_users(closed_offsets, code_of(closed))[0],
        closed_posts=_users(users.excluded_post_offsets, place_of(users.excluded_posts))[0],
        seen=_users(users.seen_offsets, place_of(users.seen_posts))[0],
        settings=settings,
    )


def _inverse(order: Int64) -> Int64:
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return places


def _find(ascending: Int64, wanted: Int64, codes: Int64) -> Int64:
    """Look ids up; -1 for those that are not there."""
    at = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.where(ascending[at] == wanted, codes[at], -1)


def _ragged(rows: int, row: Int64, value: Int64, *, stable: bool = False) -> Ragged:
    order = np.argsort(row, kind="stable") if stable else np.lexsort((value, row))
    counts = np.bincount(row, minlength=rows)
    return Ragged(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), value[order].astype(np.uint32))


def _users(offsets: Int64, codes: Int64, weights: Float32 | None = None) -> tuple[Ragged, Float32]:
    """Drop what is unknown."""
    known = codes >= 0
    kept = np.concatenate([[0], np.cumsum(known)])[offsets]
    weights = np.zeros(len(codes), np.float32) if weights is None else weights
    return Ragged(kept.astype(np.int64), codes[known].astype(np.uint32)), weights[known]
