"""Single looks of a person at a post, and the events that become of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedscore.population import Bool, Float64, Int64, UInt8
from feedscore.posts import UNKNOWN_DWELL_MS, EventKind

from .audience import Audience
from .shelves import NOTHING

# How people come across posts: browsing, by interest, by favourite author, and their own.
WAYS = (0.50, 0.25, 0.24, 0.01)
BY_INTEREST, BY_FAVOURITE, OWN = 1, 2, 3
SEEN = 0.6
VIEWED = np.array([0.25, 0.5, 0.7, 0.5], np.float32)
"""Of what is seen, by way."""
CARELESS = 0.22
"""Of views: opened by accident, and closed within two seconds."""
LIKED, COMMENTED, SHARED, PROFILE_VIEWED = 0.40, 0.10, 0.05, 0.10
"""Of views that are not careless."""
HIDDEN, REPORTED = 0.010, 0.0012
"""Of what browsing shows and is seen."""
TAKEN_BACK, REGRETTED = 0.03, 0.02
"""Of likes: taken back within ten seconds, or within the hour."""
DWELL_UNTOLD = 0.02
FEWEST_EVENTS_A_LOOK = 1.9
"""Looks give a little over two events on average; as many looks are drawn as if it were fewer, to have enough."""
MINUTE_US = 60_000_000
MEDIAN_DWELL_S, DWELL_SPREAD, LONGEST_DWELL_S = 8.0, 0.9, 600.0


@dataclass(frozen=True, eq=False)
class Drafts:
    """Events in the making; times are microseconds since the start of the 90 days."""

    user: Int64
    post: Int64
    """Rows; what is no row is somebody or something unknown."""
    kind: UInt8
    at: Int64
    dwell_ms: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class _Outcome:
    """What becomes of each look, as one truth value for each kind of event."""

    way: Int64
    careless: Bool
    regretted: Bool
    happened: dict[EventKind, Bool]


def draw_events(
    random: np.random.Generator, audience: Audience, count: int, low: float, high: float
) -> Drafts:
    """Draw `count` events between two shares of the timeline, in no order."""
    outcome = _outcomes(random, int(count / FEWEST_EVENTS_A_LOOK) + 100)
    each = np.sum(list(outcome.happened.values()), axis=0)
    looks = min(int(np.searchsorted(np.cumsum(each), count)) + 1, len(each))
    user, post, at = _who_what_when(random, audience, outcome.way[:looks], low, high)
    dwell_s = _dwells(random, outcome.careless[:looks])
    # Impressions stand last: what the last look has too much is cut off there.
    parts = [
        (kind, np.flatnonzero(outcome.happened[kind][:looks]))
        for kind in sorted(EventKind, key=lambda kind: kind == EventKind.IMPRESSION)
    ]
    look = np.concatenate([chosen for _, chosen in parts])[:count]
    kind = np.repeat(np.array([kind for kind, _ in parts], np.uint8), [len(chosen) for _, chosen in parts])[
        :count
    ]
    after_s = _delays(random, kind, dwell_s[look], outcome.regretted[look])
    end = round((audience.timeline.end - audience.timeline.start) * 1e6)
    when = at[look] + np.rint(after_s * 1e6).astype(np.int64)
    # What would only come after the end comes before it, but never before the look.
    sooner = at[look] + np.floor((end - at[look]) * random.random(len(look))).astype(np.int64)
    when = np.where(when < end, when, sooner)
    dwell_ms = np.where(kind == EventKind.VIEW, np.rint(dwell_s[look] * 1e3), UNKNOWN_DWELL_MS)
    dwell_ms[random.random(len(look)) < DWELL_UNTOLD] = UNKNOWN_DWELL_MS
    return Drafts(user[look], post[look], kind, when, dwell_ms.astype(np.int32))


def _outcomes(random: np.random.Generator, looks: int) -> _Outcome:
    def chance(share: float | NDArray[np.float32]) -> Bool:
        return np.asarray(random.random(looks, np.float32) < share)

    drawn = random.random(looks, np.float32)
    way = np.searchsorted(np.cumsum(WAYS)[:-1].astype(np.float32), drawn, side="right").astype(np.int64)
    seen = chance(SEEN)
    viewed = seen & chance(VIEWED[way])
    careless = viewed & chance(CARELESS)
    engaged = viewed & ~careless
    liked = engaged & chance(LIKED)
    regretted = liked & chance(REGRETTED)
    repelled = seen & ~viewed & (way == 0)
    happened = {
        EventKind.IMPRESSION: np.ones(looks, np.bool_),
        EventKind.SEEN: seen,
        EventKind.VIEW: viewed,
        EventKind.LIKE: liked,
        EventKind.UNLIKE: regretted | (liked & chance(TAKEN_BACK)),
        EventKind.COMMENT: engaged & chance(COMMENTED),
        EventKind.SHARE: engaged & chance(SHARED),
        EventKind.PROFILE_VIEW: engaged & chance(PROFILE_VIEWED),
        EventKind.HIDE: repelled & chance(HIDDEN),
        EventKind.REPORT: repelled & chance(REPORTED),
    }
    return _Outcome(way, careless, regretted, happened)


def _who_what_when(
    random: np.random.Generator, audience: Audience, way: Int64, low: float, high: float
) -> tuple[Int64, Int64, Int64]:
    """Draw the reader, the post and the moment of each look; nobody sees a post before it is there."""
    shares = low + (high - low) * np.sort(random.random(len(way)))
    moments = audience.timeline.at(shares)
    after_ms = ((moments - audience.timeline.start) * 1e3).astype(np.int64)
    user = audience.readers(random, moments)
    post = audience.browse(random, after_ms)
    for kind, draw in (
        (BY_INTEREST, audience.of_interest),
        (BY_FAVOURITE, audience.of_favourites),
        (OWN, audience.of_own),
    ):
        rows = np.flatnonzero(way == kind)
        found = draw(random, user[rows], after_ms[rows])
        post[rows[found != NOTHING]] = found[found != NOTHING]
    # What went back beyond the first post, or found nothing: the latest post.
    latest = np.maximum(np.searchsorted(audience.created_ms, after_ms, side="right") - 1, 0)
    post = audience.still_there(np.where(post == NOTHING, latest, post), after_ms)
    at = np.rint((moments - audience.timeline.start) * 1e6).astype(np.int64)
    earliest = (audience.created_ms[post] + 1) * 1_000
    return user, post, np.where(at >= earliest, at, earliest + at % MINUTE_US)


def _dwells(random: np.random.Generator, careless: Bool) -> Float64:
    """Draw how long each look would last once opened, in seconds."""
    short = 0.15 + 1.8 * random.random(len(careless))
    long = 2.0 + random.lognormal(np.log(MEDIAN_DWELL_S), DWELL_SPREAD, len(careless))
    return np.where(careless, short, np.minimum(long, LONGEST_DWELL_S))


def _delays(random: np.random.Generator, kind: UInt8, dwell_s: Float64, regretted: Bool) -> Float64:
    """Place events after the beginning of their look, in seconds."""
    drawn = random.random(len(kind))
    opened, liked = 3.0 + 0.1 * dwell_s, 3.0 + 0.6 * dwell_s
    later = np.where(regretted, 11.0 + 3_000.0 * drawn**3, 1.0 + 8.0 * drawn)
    return np.select(
        [kind == EventKind.IMPRESSION, kind == EventKind.SEEN, kind == EventKind.VIEW,
         kind == EventKind.LIKE, kind == EventKind.UNLIKE],
        [0.0, 0.2 + 2.0 * drawn, opened, liked, liked + later],
        3.0 + dwell_s * (0.7 + drawn),
    )  # fmt: skip
