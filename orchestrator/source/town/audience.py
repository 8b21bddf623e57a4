"""Who looks at posts, and at which: by habit, by interests, and by favourite authors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import Bool, Float64, Int64

from .interests import Interests
from .people import SECONDS_PER_DAY, People
from .posts import TownPosts
from .shelves import NOTHING, Shelves, fill_shelves
from .streams import Part, stream
from .timeline import Timeline, hour_edges, make_timeline

ACTIVITY_ZIPF = 0.7
FAVOURITES = 5
FRESH_DAYS, STALE_DAYS, STALE = 0.7, 8.0, 0.2
"""Most of what people come across is hours old; a fifth of the time they look further back."""
TASTE_DAYS = 3.0
PATIENCE_DAYS = 10.0
"""A post of one's interest or favourite author is looked at the less, by e in 10 days, the older it is."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Audience:
    """The people as readers. Rows of `People` stand in order of joining in `by_joining`."""

    timeline: Timeline
    by_joining: Int64
    joined_at: Float64
    """Ascending."""
    bound: Float64
    """(n + 1,) the sum of activity of those who joined before each."""
    interests: Interests
    everything: Shelves
    by_author: Shelves
    by_topic: Shelves
    favourites: Int64
    """(n, 5) rows of authors; NOTHING where there is none."""
    created_ms: Int64
    """(p,) of the posts, since the start of the 90 days."""
    deleted_ms: Float64
    """NaN = never."""
    instead: Int64
    """(p,) the latest post, up to each, that is still there: shown in the place of a deleted one."""

    def readers(self, random: np.random.Generator, at: Float64) -> Int64:
        """Draw who is there at each moment: few are there often, nobody before joining."""
        joined = np.maximum(np.searchsorted(self.joined_at, at, side="right"), 1)
        drawn = np.searchsorted(self.bound, random.random(len(at)) * self.bound[joined], side="right") - 1
        return np.asarray(self.by_joining[np.minimum(drawn, joined - 1)])

    def browse(self, random: np.random.Generator, at_ms: Int64) -> Int64:
        """Draw what somebody without a wish comes across."""
        days = np.where(random.random(len(at_ms)) < STALE, STALE_DAYS, FRESH_DAYS)
        return self.everything.take(random, np.zeros(len(at_ms), np.int64), at_ms, days)

    def of_interest(self, random: np.random.Generator, reader: Int64, at_ms: Int64) -> Int64:
        """Draw a post on one of the reader's interests."""
        first, size = self.interests.offsets[reader], np.diff(self.interests.offsets)[reader]
        drawn = first + np.floor(random.random(len(reader)) * size).astype(np.int64)
        codes = np.append(self.interests.codes, 0).astype(np.int64)
        topic = codes[np.minimum(drawn, len(codes) - 1)]
        return self._patiently(random, self.by_topic.take(random, topic, at_ms, TASTE_DAYS), at_ms, size > 0)

    def of_favourites(self, random: np.random.Generator, reader: Int64, at_ms: Int64) -> Int64:
        """Draw a post by one of the reader's favourite authors."""
        author = self.favourites[reader, random.integers(0, FAVOURITES, len(reader))]
        found = self.by_author.take(random, np.maximum(author, 0), at_ms, TASTE_DAYS)
        return self._patiently(random, found, at_ms, author != NOTHING)

    def of_own(self, random: np.random.Generator, reader: Int64, at_ms: Int64) -> Int64:
        """Draw a post of the reader's own."""
        return self.by_author.take(random, reader, at_ms, TASTE_DAYS)

    def still_there(self, post: Int64, at_ms: Int64) -> Int64:
        """Put another post in the place of each that is deleted by then."""
        return np.where(at_ms >= self.deleted_ms[post], self.instead[post], post)

    def _patiently(self, random: np.random.Generator, found: Int64, at_ms: Int64, possible: Bool) -> Int64:
        age_days = (at_ms - self.created_ms[np.maximum(found, 0)]) / (SECONDS_PER_DAY * 1e3)
        kept = possible & (random.random(len(found)) < np.exp(-age_days / PATIENCE_DAYS))
        return np.where(kept, found, NOTHING)


def make_audience(people: People, interests: Interests, posts: TownPosts, seed: int, now: float) -> Audience:
    """Let everybody have habits and favourites; there must be a post."""
    random = stream(seed, Part.AUDIENCE)
    by_joining = np.argsort(people.created_at, kind="stable")
    joined_at = people.created_at[by_joining]
    activity = (1.0 + random.permutation(len(people))) ** -ACTIVITY_ZIPF
    bound = np.concatenate([[0.0], np.cumsum(activity)])
    edges = hour_edges(now)
    crowd = bound[np.searchsorted(joined_at, edges[:-1], side="right")]
    created_ms = np.rint((posts.created_at - edges[0]) * 1e3).astype(np.int64)
    rows = np.arange(len(posts))
    has_topic = posts.topics.ravel() >= 0
    topic = posts.topics.ravel()[has_topic].astype(np.int64)
    on_topic = np.repeat(rows, posts.topics.shape[1])[has_topic]
    by_topic = fill_shelves(topic, on_topic, created_ms, posts.appeal, len(posts.catalogue.slug))
    alive = np.isnan(posts.deleted_at)
    return Audience(
        timeline=make_timeline(now, crowd),
        by_joining=by_joining,
        joined_at=joined_at,
        bound=bound,
        interests=interests,
        everything=fill_shelves(np.zeros(len(posts), np.int64), rows, created_ms, posts.appeal, 1),
        by_author=fill_shelves(posts.author, rows, created_ms, posts.appeal, len(people)),
        by_topic=by_topic,
        favourites=_favourites(random, interests, by_topic, posts),
        created_ms=created_ms,
        deleted_ms=(posts.deleted_at - edges[0]) * 1e3,
        instead=_instead(alive),
    )


def _favourites(
    random: np.random.Generator, interests: Interests, by_topic: Shelves, posts: TownPosts
) -> Int64:
    """Let everybody favour authors of posts on their own interests, by the appeal of these posts."""
    size = np.diff(interests.offsets)
    shape = (len(size), FAVOURITES)
    drawn = interests.offsets[:-1, None] + np.floor(random.random(shape) * size[:, None]).astype(np.int64)
    codes = np.append(interests.codes, 0).astype(np.int64)
    topic = codes[np.minimum(drawn, len(codes) - 1)]
    low, high = by_topic.bound[by_topic.offsets[topic]], by_topic.bound[by_topic.offsets[topic + 1]]
    place = np.searchsorted(by_topic.bound, low + random.random(shape) * (high - low), side="right") - 1
    found = (high > low) & (size > 0)[:, None]
    post = np.append(by_topic.post, 0)[np.minimum(place, len(by_topic.post))]
    return np.where(found, posts.author[post], NOTHING)


def _instead(alive: Bool) -> Int64:
    """Find for each post the latest up to it that is still there, or failing that the first such."""
    rows = np.arange(len(alive))
    first = int(np.argmax(alive))
    return np.maximum(np.maximum.accumulate(np.where(alive, rows, -1)), first * alive.any())
