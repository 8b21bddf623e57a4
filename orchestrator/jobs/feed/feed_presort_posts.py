"""The posts that may be shown to somebody, with what of their score is the same for everybody."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg

from feedscore import FeedSettings, Posts
from feedscore.population import Float32, Float64, Int64

from ...db.columns import Columns, fetch
from .feed_presort_people import People
from .lists import pick
from .topics import Topics, fetch_topics

# The posts of the window that were not deleted or flagged, with what other jobs know of them.
POSTS = """
SELECT p.id, p.author_id, p.created_at, f.topic_ids, f.quality, t.velocity
FROM app.posts AS p
LEFT JOIN feed.content_feature AS f ON f.post_id = p.id
LEFT JOIN feed.trending_post AS t ON t.post_id = p.id AND t.expires_at > %(as_of)s
WHERE p.created_at >= %(since)s AND p.created_at <= %(now)s AND p.deleted_at IS NULL
  AND f.nsfw_flagged IS NOT TRUE AND p.id IS NOT NULL AND p.author_id IS NOT NULL
"""
KINDS = {
    "id": "int8", "author_id": "int8", "created_at": "timestamptz", "topic_ids": "int4[]?",
    "quality": "float4?", "velocity": "float4?",
}  # fmt: skip
# How fast posts move that have not expired.
VELOCITIES = "SELECT velocity FROM feed.trending_post WHERE expires_at > %(as_of)s"


@dataclass(frozen=True)
class Moments:
    """The instants of a run."""

    now: datetime
    """What was posted, seen or written later does not exist yet."""
    as_of: datetime
    """Start of the hour of `now`, from which ages count: so two runs of one hour agree."""

    @classmethod
    def of(cls, now: datetime) -> Moments:
        """Take the moments of a run at `now`."""
        return cls(now, now.astimezone(UTC).replace(minute=0, second=0, microsecond=0))

    def ago(self, days: float = 0, hours: float = 0) -> datetime:
        """Go back from the start of the hour; not beyond the year 1."""
        try:
            return self.as_of - timedelta(days=days, hours=hours)
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class WindowPosts:
    """The posts of the window by ascending id, whose authors are active and visible."""

    posts: Posts
    """Content types are all 0: they do not enter the rank."""
    topics: Topics
    trending: Float32
    quality: Float32
    told: dict[str, int]
    """How many posts there are, and what was left out."""

    def digest(self) -> str:
        """Condense the content: equal for equal posts."""
        posts = self.posts
        digest = hashlib.blake2b(digest_size=16)
        for column in (
            posts.ids, posts.author_ids, posts.created_at.view(np.int64), posts.topic_offsets, posts.topics,
            self.topics.ids, self.trending, self.quality,
        ):  # fmt: skip
            digest.update(column.tobytes())
        return digest.hexdigest()

    def since(self, earliest: np.datetime64) -> WindowPosts:
        """Keep the posts created at or after an instant."""
        posts = self.posts
        rows = np.flatnonzero(posts.created_at >= earliest)
        places, offsets = pick(posts.topic_offsets, rows)
        kept = Posts(
            ids=posts.ids[rows],
            author_ids=posts.author_ids[rows],
            created_at=posts.created_at[rows],
            content_types=posts.content_types[rows],
            topic_offsets=offsets,
            topics=posts.topics[places],
        )
        return WindowPosts(kept, self.topics, self.trending[rows], self.quality[rows], {})


def fetch_window(
    connection: psycopg.Connection, people: People, moments: Moments, settings: FeedSettings
) -> WindowPosts:
    """Read the posts of the window; what has no features yet has quality 0 and no topics."""
    params = {
        "since": moments.ago(days=settings.window_days), "now": moments.now, "as_of": moments.as_of,
    }  # fmt: skip
    found = fetch(connection, POSTS, KINDS, params, rows_per_chunk=10_000)
    velocities = fetch(connection, VELOCITIES, {"velocity": "float4"}, params, rows_per_chunk=10_000)
    told: dict[str, int] = {}
    rows = _shown(found, people, told)
    topics = fetch_topics(connection)
    codes, offsets = topics.codes(*found.int32_lists("topic_ids"))
    places, offsets = pick(offsets, rows)
    posts = Posts(
        ids=found.int64("id")[rows],
        author_ids=found.int64("author_id")[rows],
        created_at=found.instants("created_at")[rows],
        content_types=np.zeros(len(rows), np.uint8),
        topic_offsets=offsets,
        topics=codes[places],
    )
    velocity = np.nan_to_num(found.float32("velocity")[rows].astype(np.float64))
    all_velocities = np.nan_to_num(velocities.float32("velocity").astype(np.float64))
    told["posts_of_window"] = len(rows)
    told["posts_without_features"] = int((~found.valid("quality"))[rows].sum())
    return WindowPosts(
        posts=posts,
        topics=topics,
        trending=trending_of(velocity, all_velocities, settings.trending_quantile),
        quality=np.clip(np.nan_to_num(found.float32("quality")[rows]), 0, 1).astype(np.float32),
        told={name: count for name, count in told.items() if count},
    )


def trending_of(velocity: Float64, all_velocities: Float64, quantile: float) -> Float32:
    """Scale velocities so that their quantile is 1, and cap them there; 0 where nothing moves.

    The quantile is interpolated between neighbours. Where it is 0, whatever moves at all counts as 1.
    """
    top = float(np.quantile(all_velocities, min(quantile, 1.0))) if len(all_velocities) else 0.0
    if top <= 0:
        return (velocity > 0).astype(np.float32)
    return np.clip(velocity / top, 0, 1).astype(np.float32)


def _shown(found: Columns, people: People, told: dict[str, int]) -> Int64:
    """Give the rows of the posts of visible authors by ascending id, each post once."""
    ids = found.int64("id")
    visible = people.are_public(found.int64("author_id"))
    order = np.argsort(ids, kind="stable")
    first = np.ones(found.rows, bool)
    first[order[1:]] = ids[order][1:] != ids[order][:-1]
    told["posts_repeated"] = int((~first).sum())
    told["posts_of_nobody_visible"] = int((first & ~visible).sum())
    return order[(visible & first)[order]]
