"""Who came across whom: mostly neighbours who could be shown to each other; the active ones see many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import Bool, Float64, Int64

from .character import Character
from .cities import KM_PER_DEGREE, Places
from .people import People
from .preferences import Preferences
from .streams import Part, pieces, stream

IDLE = 0.35
TYPICAL_TRIES, TRIES_SPREAD = 20.0, 1.0
MOST_TRIES = 600
SHARE_OF_CITY = 0.15
"""Nobody tries more than this share of the city, so that everybody has new people left to meet."""
UNFILTERED = 0.02
"""Share of encounters that no filter was asked about: links, events, times before a wish changed."""


@dataclass(frozen=True, eq=False)
class Encounters:
    """Ordered pairs of people, each once, by viewer and then candidate."""

    viewer: Int64
    candidate: Int64
    """Rows of `People`."""
    at: Float64
    """Seconds since 1970, after both joined."""


@dataclass(frozen=True, eq=False)
class Society:
    """What encounters depend on."""

    people: People
    places: Places
    preferences: Preferences
    character: Character

    def could_see(self, viewer: Int64, candidate: Int64) -> Bool:
        """Tell which pairs of rows pass the wishes of both."""
        shown = self.people.is_active & ~self.people.hidden
        near = self._near(viewer, candidate)
        wanted = self._wants(viewer, candidate) & self._wants(candidate, viewer)
        return np.asarray((viewer != candidate) & shown[viewer] & shown[candidate] & wanted & near)

    def _wants(self, one: Int64, other: Int64) -> Bool:
        wishes, age = self.preferences, self.people.true_age[other].astype(np.int16)
        gender = np.where(self.people.gender_known[other], self.people.true_gender[other], 7)
        sought = wishes.seeking[one]
        low, high = wishes.min_age[one], wishes.max_age[one]
        welcome = (sought == 0) | ((sought >> gender & 1) == 1)
        return np.asarray(welcome & (age >= low) & ((high == -1) | (age <= high)))

    def _near(self, one: Int64, other: Int64) -> Bool:
        """Measure on a flat map, which is exact enough within a city."""
        latitude, longitude = self.places.latitude, self.places.longitude
        north = (latitude[other] - latitude[one]) * KM_PER_DEGREE
        east = (longitude[other] - longitude[one]) * KM_PER_DEGREE * np.cos(np.radians(latitude[one]))
        limits = self.preferences.max_distance_km
        distance, limit = np.hypot(north, east), np.fmin(limits[one], limits[other])
        known = self.places.known[one] & self.places.known[other]
        return np.asarray(~(known & (distance > limit)))


def make_encounters(society: Society, seed: int, now: float) -> Encounters:
    """Let people come across each other within their city."""
    random = stream(seed, Part.ENCOUNTERS)
    people, city = society.people, society.places.city
    prominence = society.character.appeal + random.standard_normal(len(people))
    by_city = np.lexsort((-prominence, city))
    size = np.bincount(city)
    first = np.concatenate([[0], np.cumsum(size)])
    tries = _tries(random, size[city])
    viewers, candidates = [], []
    for rows in pieces(len(people)):
        viewer = np.repeat(np.arange(rows.start, rows.stop), tries[rows])
        # The power favours those who stand first in their city: a few are seen by many.
        step = np.floor(random.random(len(viewer)) ** 1.6 * size[city[viewer]]).astype(np.int64)
        candidate = by_city[first[city[viewer]] + step]
        kept = society.could_see(viewer, candidate) | (random.random(len(viewer)) < UNFILTERED)
        pairs = np.unique((viewer * len(people) + candidate)[kept & (viewer != candidate)])
        viewers.append(pairs // len(people))
        candidates.append(pairs % len(people))
    empty = np.empty(0, np.int64)
    viewer, candidate = np.concatenate([empty, *viewers]), np.concatenate([empty, *candidates])
    both_joined = np.maximum(people.created_at[viewer], people.created_at[candidate])
    at = np.floor(both_joined + random.random(len(viewer)) * (now - both_joined))
    return Encounters(viewer, candidate, at)


def _tries(random: np.random.Generator, neighbours: Int64) -> Int64:
    """Draw how many people each person looks at: nobody, some, or for a few very many."""
    tries = random.lognormal(np.log(TYPICAL_TRIES), TRIES_SPREAD, len(neighbours))
    tries[random.random(len(neighbours)) < IDLE] = 0
    most = np.minimum(MOST_TRIES, neighbours * SHARE_OF_CITY)
    return np.asarray(np.floor(np.minimum(tries, most)), np.int64)
