"""What the people of the town published in 90 days: who, when, about what, in which form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from feedscore import posts as kernel
from feedscore.population import Float32, Float64, Int64, UInt8

from .interests import Catalogue, Interests
from .people import SECONDS_PER_DAY, People
from .streams import Part, stream
from .timeline import make_timeline

CONTENT_TYPES = ("photo", "text", "poll", "video")
CONTENT_TYPE_SHARES = (0.45, 0.33, 0.05, 0.17)
POSTS_PER_PERSON = 2
MOST_POSTS = 50_000_000
ZIPF = 0.75
DELETED, DAYS_BEFORE_DELETED = 0.02, 2.0
MOST_TOPICS = 3
APPEAL_SPREAD = 1.2
"""Sigma of the lognormal appeal: a few posts are looked at by very many."""


class Manner(IntEnum):
    """How the text of a post is written; most are plain."""

    PLAIN = 0
    NOTHING = 1
    """NULL."""
    EMOJI = 2
    SHORT = 3
    LONG = 4
    """Tens of kilobytes."""
    GERMAN = 5
    SPANISH = 6
    RUDE = 7
    """Words that any lexicon flags."""
    INNOCENT = 8
    """Words that hold such words, and mean no harm: the town of Scunthorpe."""


MANNER_SHARES = (0.80, 0.06, 0.02, 0.03, 0.0004, 0.03, 0.03, 0.0196, 0.01)


@dataclass(frozen=True, kw_only=True, eq=False)
class TownPosts:
    """Posts in order of time; row i has id i + 1. Times are seconds since 1970 UTC."""

    catalogue: Catalogue
    author: Int64
    """Row of `People`."""
    created_at: Float64
    """Ascending."""
    deleted_at: Float64
    """NaN = still there."""
    content_type: UInt8
    """Place in CONTENT_TYPES."""
    manner: UInt8
    """A `Manner`."""
    topics: NDArray[np.int16]
    """(n, 3) places in the catalogue, each once; -1 = none, after the others."""
    appeal: Float32
    """How readily the post is looked at; no table shows it."""

    def __len__(self) -> int:
        return len(self.author)

    def columns(self) -> kernel.Posts:
        """Give them as the kernels take them; topics are ranks among the slugs in ascending order."""
        rank = np.argsort(np.argsort(np.array(self.catalogue.slug))).astype(np.uint32)
        has = self.topics >= 0
        return kernel.Posts(
            ids=np.arange(1, len(self) + 1, dtype=np.int64),
            author_ids=self.author + 1,
            created_at=np.rint(self.created_at * 1e6).astype("datetime64[us]"),
            content_types=self.content_type,
            topic_offsets=np.concatenate([[0], np.cumsum(has.sum(axis=1))]).astype(np.int64),
            topics=rank[self.topics[has]],
        )


def make_posts(people: People, interests: Interests, count: int, seed: int, now: float) -> TownPosts:
    """Let the people write `count` posts in the 90 days before `now`: some often, most seldom."""
    random = stream(seed, Part.POSTS)
    author, created_at = _authors(random, people, count, now)
    kept = random.random(count) >= DELETED
    age_when_deleted = random.exponential(DAYS_BEFORE_DELETED * SECONDS_PER_DAY, count)
    deleted_at = np.floor(created_at + 60.0 + age_when_deleted)
    deleted_at[kept | (deleted_at > now)] = np.nan
    return TownPosts(
        catalogue=interests.catalogue,
        author=author,
        created_at=created_at,
        deleted_at=deleted_at,
        content_type=random.choice(len(CONTENT_TYPES), count, p=CONTENT_TYPE_SHARES).astype(np.uint8),
        manner=random.choice(len(Manner), count, p=MANNER_SHARES).astype(np.uint8),
        topics=_topics(random, interests, author),
        appeal=random.lognormal(0.0, APPEAL_SPREAD, count).astype(np.float32),
    )


def _authors(random: np.random.Generator, people: People, count: int, now: float) -> tuple[Int64, Float64]:
    """Draw who writes when, after joining, in order of time."""
    weight = (1.0 + random.permutation(len(people))) ** -ZIPF
    bound = np.cumsum(weight)
    author = np.searchsorted(bound, random.random(count) * bound[-1], side="right")
    author = np.minimum(author, len(people) - 1).astype(np.int64)
    timeline = make_timeline(now)
    joined = timeline.share(people.created_at[author])
    created_at = np.floor(timeline.at(joined + random.random(count) * (1.0 - joined)) * 1e3) / 1e3
    order = np.argsort(created_at, kind="stable")
    return author[order], created_at[order]


def _topics(random: np.random.Generator, interests: Interests, author: Int64) -> NDArray[np.int16]:
    """Let each post be about one to three interests of its author; about none where the author has none."""
    n = len(author)
    first, size = interests.offsets[author], np.diff(interests.offsets)[author]
    drawn = first[:, None] + np.floor(random.random((n, MOST_TOPICS)) * size[:, None]).astype(np.int64)
    wanted = np.minimum(1 + random.binomial(MOST_TOPICS - 1, 0.35, n), size)
    codes = np.append(interests.codes, 0).astype(np.int16)  # one more, for those who have none
    topics = codes[np.minimum(drawn, len(codes) - 1)]
    topics[np.arange(MOST_TOPICS) >= wanted[:, None]] = -1
    for column in range(1, MOST_TOPICS):
        again = (topics[:, :column] == topics[:, column : column + 1]).any(axis=1)
        topics[again, column] = -1
    return -np.sort(-topics, axis=1)
