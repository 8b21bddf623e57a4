"""What people look for: genders, ages, distance and goals; wishes agree with the person's age and gender."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import Bool, Float32, Float64, Int16, UInt8

from .people import GENDERS
from .streams import Part, stream

GOALS = ("long_term", "short_term", "marriage", "friendship", "casual", "figuring_it_out")
NO_ROW = 0.01
"""People who have no row in app.preferences at all."""
SEEKING_NULL, SEEKING_EMPTY = 0.015, 0.015
GOALS_NULL, GOALS_EMPTY = 0.06, 0.01
NO_AGE_LIMIT = 0.06
NO_DISTANCE_LIMIT = 0.04
WOMAN, MAN, OTHERS = 1, 2, 0b11100
EVERYBODY = (1 << len(GENDERS)) - 1
STRAIGHT, SAME, BOTH = 0.86, 0.05, 0.09
"""Shares among women and men: who seek the other, the same, or any gender."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Preferences:
    """The columns of app.preferences; row i is person i's."""

    has_row: Bool
    """(n,) where False all that follows is as if NULL."""
    seeking: UInt8
    """(n,) bit g set: GENDERS[g] is sought; 0 = nothing named."""
    seeking_null: Bool
    """(n,) NULL rather than empty, where nothing is named."""
    min_age: Int16
    max_age: Int16
    """(n,) -1 = NULL."""
    max_distance_km: Float32
    """(n,) NaN = NULL."""
    goals: UInt8
    """(n,) bit g set: GOALS[g]."""
    goals_null: Bool
    """(n,) NULL rather than empty, where no goal is set."""


def make_preferences(age: UInt8, gender: UInt8, seed: int) -> Preferences:
    """Make the preferences of people of these ages and genders (places in GENDERS)."""
    n, random = len(age), stream(seed, Part.PREFERENCES)
    has_row = random.random(n) >= NO_ROW
    seeking = np.where(has_row, _seeking(random, gender), 0).astype(np.uint8)
    unset = random.random(n)
    seeking[unset < SEEKING_NULL + SEEKING_EMPTY] = 0
    min_age, max_age = _ages(random, age, gender)
    unlimited = ~has_row | (random.random(n) < NO_DISTANCE_LIMIT)
    distance = np.clip(np.round(random.lognormal(np.log(60.0), 0.5, n) / 5) * 5, 30.0, 150.0)
    no_goals = random.random(n)
    goals = _goals(random, age)
    goals[~has_row | (no_goals < GOALS_NULL + GOALS_EMPTY)] = 0
    return Preferences(
        has_row=has_row,
        seeking=seeking,
        seeking_null=~has_row | (unset < SEEKING_NULL),
        min_age=np.where(has_row, min_age, -1).astype(np.int16),
        max_age=np.where(has_row, max_age, -1).astype(np.int16),
        max_distance_km=np.where(unlimited, np.nan, distance).astype(np.float32),
        goals=goals,
        goals_null=~has_row | (no_goals < GOALS_NULL),
    )


def _seeking(random: np.random.Generator, gender: UInt8) -> UInt8:
    """Choose whom each person seeks, as a mask over GENDERS."""
    own = np.where(gender == 0, WOMAN, MAN)
    other = WOMAN + MAN - own
    kind = random.random(len(gender))
    named = np.select([kind < STRAIGHT, kind < STRAIGHT + SAME], [other, own], default=WOMAN | MAN)
    welcoming = random.random(len(gender)) < np.where(named == WOMAN | MAN, 0.6, 0.04)
    named = np.where(welcoming, named | OTHERS, named)
    third = random.choice([EVERYBODY, WOMAN | OTHERS, MAN | OTHERS], size=len(gender), p=[0.7, 0.18, 0.12])
    return np.where(gender >= 2, third, named).astype(np.uint8)


def _ages(random: np.random.Generator, ages: UInt8, gender: UInt8) -> tuple[Int16, Int16]:
    """Choose age limits around the person's own age: wider for older people, women's higher, men's lower."""
    n, age = len(ages), ages.astype(np.float64)
    wider = 1 + np.maximum(age - 25, 0) / 40
    shift = np.choose(np.minimum(gender, 2), [1.5, -1.5, 0.0])
    low = np.maximum(np.rint(age + shift - random.uniform(2, 10, n) * wider), 18)
    high = np.rint(age + shift + random.uniform(2, 11, n) * wider)
    high = np.clip(high, low, 99)
    return _without_some(random, low), _without_some(random, high)


def _without_some(random: np.random.Generator, limit: Float64) -> Int16:
    return np.where(random.random(len(limit)) < NO_AGE_LIMIT, -1, limit).astype(np.int16)


def _goals(random: np.random.Generator, age: UInt8) -> UInt8:
    """Choose one to three goals: lasting ones grow with age, light ones fade."""
    n = len(age)
    older = np.clip((age.astype(np.float64) - 18) / 25, 0, 1)[:, None]
    young = np.array([0.30, 0.20, 0.05, 0.20, 0.15, 0.10])
    settled = np.array([0.45, 0.08, 0.20, 0.15, 0.05, 0.07])
    liking = (1 - older) * young + older * settled
    order = np.argsort(random.standard_exponential((n, len(GOALS))) / liking, axis=1)
    count = random.choice([1, 2, 3], size=n, p=[0.45, 0.38, 0.17])
    bits = np.where(np.arange(3) < count[:, None], np.uint8(1) << order[:, :3].astype(np.uint8), 0)
    return np.asarray(np.bitwise_or.reduce(bits.astype(np.uint8), axis=1))
