"""Who lives in the town: ages, genders, names, accounts and their dates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedscore.population import Bool, Float64, Int64, UInt8

from .streams import Part, stream
from .words import ABOUT, ANYONE, MEN, WOMEN, WORK

GENDERS = ("woman", "man", "nonbinary", "genderfluid", "agender")
GENDER_SHARES = (0.485, 0.485, 0.02, 0.006, 0.004)
NAMES = WOMEN + MEN + ANYONE
YOUNGEST, OLDEST = 18, 80
DAYS_PER_YEAR = 365.2425
SECONDS_PER_DAY = 86_400.0
MEAN_DAYS_SINCE_JOINED = 300.0
MOST_DAYS_SINCE_JOINED = 5 * 365.0

INACTIVE, HIDDEN = 0.02, 0.02
UNKNOWN = {"birth_date": 0.02, "gender": 0.015, "name": 0.01, "bio": 0.10, "last_active": 0.03}
EMPTY_BIO = 0.02
OPEN_BOOKS = 20
"""The first people hide nothing that matching asks for, so that an example such as `suggest 8` has something to show."""

NO_BIO, EMPTY = -1, -2


@dataclass(frozen=True, kw_only=True, eq=False)
class People:
    """The columns of app.users but the place; row i has id i + 1. Times are seconds since 1970 UTC."""

    ids: Int64
    created_at: Float64
    last_active_at: Float64
    """NaN = NULL."""
    is_active: Bool
    hidden: Bool
    name: NDArray[np.int16]
    """Place in NAMES; -1 = NULL."""
    work: UInt8
    about: NDArray[np.int8]
    """Places in WORK and ABOUT that the bio is made of; about is NO_BIO = NULL, or EMPTY."""
    true_age: UInt8
    """Whole years, known to the town even where the person gave no birth date."""
    birth_date: NDArray[np.datetime64]
    """datetime64[D]; NaT = NULL."""
    true_gender: UInt8
    """Place in GENDERS, known to the town even where the person did not give it."""
    gender_known: Bool
    photo_count: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ids)


def make_people(people: int, seed: int, now: float) -> People:
    """Make the people; `now` is in seconds since 1970 UTC."""
    random = stream(seed, Part.PEOPLE)

    def chance(share: float) -> Bool:
        drawn = random.random(people) < share
        drawn[:OPEN_BOOKS] = False
        return drawn

    def unknown(what: str) -> Bool:
        return chance(UNKNOWN[what])

    gender = random.choice(len(GENDERS), size=people, p=GENDER_SHARES).astype(np.uint8)
    age = _ages(random, people)
    birth_date = birth_dates(random, age, now)
    birth_date[unknown("birth_date")] = np.datetime64("NaT")
    created_at = join_dates(random, people, now)
    away_days = random.exponential(1.0, people) ** 2 * 6.0
    last_active_at = np.maximum(np.floor(now - away_days * SECONDS_PER_DAY), created_at)
    last_active_at[unknown("last_active")] = np.nan
    name = _names(random, gender)
    name[unknown("name")] = -1
    about = random.integers(0, len(ABOUT), people).astype(np.int8)
    about[unknown("bio")] = NO_BIO
    about[random.random(people) < EMPTY_BIO] = EMPTY
    work = random.integers(0, len(WORK) - 1, people).astype(np.uint8)
    work[age >= 67] = len(WORK) - 1
    return People(
        ids=np.arange(1, people + 1, dtype=np.int64),
        created_at=created_at,
        last_active_at=last_active_at,
        is_active=~chance(INACTIVE),
        hidden=chance(HIDDEN),
        name=name,
        work=work,
        about=about,
        true_age=age,
        birth_date=birth_date,
        true_gender=gender,
        gender_known=~unknown("gender"),
        photo_count=np.minimum(random.poisson(3.5, people), 12).astype(np.int32),
    )


def _ages(random: np.random.Generator, people: int) -> UInt8:
    """Draw ages: most in the twenties and thirties, a tail up to 80."""
    years = YOUNGEST + random.gamma(2.2, 6.5, people)
    return np.minimum(np.floor(years), OLDEST).astype(np.uint8)


def birth_dates(random: np.random.Generator, age: UInt8, now: float) -> NDArray[np.datetime64]:
    """Place each birthday within the year that makes the person exactly `age` at `now`."""
    today = np.datetime64(int(now // SECONDS_PER_DAY), "D")
    within = random.uniform(0.01, 0.99, len(age))
    days_old = np.floor((age + within) * DAYS_PER_YEAR).astype(np.int64)
    return np.asarray(today - days_old.astype("timedelta64[D]"))


def join_dates(random: np.random.Generator, people: int, now: float) -> Float64:
    """Draw when people joined, in seconds since 1970: exponential, within five years."""
    below = -np.expm1(-MOST_DAYS_SINCE_JOINED / MEAN_DAYS_SINCE_JOINED)
    days_ago = -MEAN_DAYS_SINCE_JOINED * np.log1p(-random.random(people) * below)
    return np.asarray(np.floor(now - days_ago * SECONDS_PER_DAY))


def _names(random: np.random.Generator, gender: UInt8) -> NDArray[np.int16]:
    """Choose first names: a tenth of the women and men, and everybody else, have one that fits anyone."""
    people = len(gender)
    first = np.choose(np.minimum(gender, 2), [0, len(WOMEN), len(WOMEN) + len(MEN)])
    count = np.choose(np.minimum(gender, 2), [len(WOMEN), len(MEN), len(ANYONE)])
    anyone = random.random(people) < 0.1
    first = np.where(anyone, len(WOMEN) + len(MEN), first)
    count = np.where(anyone, len(ANYONE), count)
    return np.asarray(first + np.floor(random.random(people) * count), np.int16)
