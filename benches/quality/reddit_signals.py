"""What each post of a snapshot is ranked by: our figures, what they make together, and simple rules."""

from __future__ import annotations

import numpy as np

from feedscore.feed_settings import TrendingSettings
from feedscore.population import Float64
from feedscore.posts import PostEvents
from feedscore.trending import TrendingEvents, TrendingPosts

from .ranking import ranks
from .reddit_events import posts_of
from .reddit_snapshots import Snapshot

POPULARITY, VELOCITY = "popularity", "velocity"
MEAN_RANK = "mean rank of popularity and velocity"
CLIMB = "climb: ranks of popularity over age squared and velocity over age, an hour on"
RISE = "rise: ranks of popularity an hour on and of velocity, both a half every 3.8 h, as the site's public formula has it"
YOUTH = "score over age squared"
FITTED = "score, a half every 2 h (fitted to these positions)"
FITTED_HALF_LIFE_H = 2.0
STILL = "position now"
SETTINGS = TrendingSettings()
HOT_SECONDS = 45_000.0
"""Ten times the votes count as much as being 12.5 h younger, as the site's public formula had it."""
HOT_HALF_LIFE_H = HOT_SECONDS / 3_600.0 * float(np.log10(2.0))
"""The same in other words: twice the votes count as much as being 3.8 h younger."""


def trends(snapshot: Snapshot, events: PostEvents) -> TrendingPosts:
    """Let the kernel work out the figures at the time of the snapshot, with the default settings."""
    collected = TrendingEvents(
        posts_of(snapshot), np.datetime64(snapshot.hour * 3_600_000_000, "us"), SETTINGS
    )
    collected.add(events)
    return collected.trends()


def signals(snapshot: Snapshot, found: TrendingPosts) -> dict[str, Float64]:
    """Give every ranking of the posts of a snapshot; higher is nearer to the top."""
    score, age_h = snapshot.score.astype(np.float64), snapshot.age_h
    popularity, velocity = found.popularity.astype(np.float64), found.velocity.astype(np.float64)
    return {
        POPULARITY: popularity,
        VELOCITY: velocity,
        MEAN_RANK: ranks(popularity) + ranks(velocity),
        CLIMB: climb(popularity, velocity, age_h),
        RISE: rise(popularity / found.decay_multiplier, velocity, age_h),
        "score": score,
        "score over age": score / age_h,
        YOUTH: score / age_h**2,
        "score over (age + 2 h)^1.8": score / (age_h + 2) ** 1.8,
        "logarithm of score, and time": np.log10(np.maximum(score, 1)) + snapshot.created_at / HOT_SECONDS,
        FITTED: score * 0.5 ** (age_h / FITTED_HALF_LIFE_H),
        "popularity, with that half-life": popularity
        / found.decay_multiplier
        * 0.5 ** (age_h / FITTED_HALF_LIFE_H),
        STILL: -snapshot.position.astype(np.float64),
    }


def climb(popularity: Float64, velocity: Float64, age_h: Float64) -> Float64:
    """Rank posts by how fast they will have come up, by their whole life and by the last hour, in an hour's time.

    In an hour a post is an hour older, and has its popularity and what its velocity adds, decayed once more. Divided by
    age squared, the one is engagements per hour and hour of age; the other, velocity by age, is the same
    for the last hour alone. The mean of the two ranks needs no unit and no constant but the half-life.
    """
    age = age_h + 1.0
    popularity_then = (popularity + 60.0 * velocity) * 0.5 ** (1.0 / SETTINGS.half_life_h)
    return ranks(popularity_then / age**2) + ranks(velocity / age)


def rise(engagements: Float64, velocity: Float64, age_h: Float64) -> Float64:
    """Rank posts by their weighted engagements in an hour's time and by those of the last hour, both faded by age.

    Popularity as it is defined, but with the half-life at which this site lets posts fade; velocity fades alike. What
    one more hour takes off is the same share for all. The mean of the two ranks needs no unit and no weights.
    """
    faded = 0.5 ** (age_h / HOT_HALF_LIFE_H)
    return ranks((engagements + 60.0 * velocity) * faded) + ranks(velocity * faded)
