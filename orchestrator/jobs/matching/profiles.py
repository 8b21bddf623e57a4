"""From profiles and preferences, as an application holds them, to the columns that matching reads; pure.

Every value that cannot be meant is replaced by a stated default, and counted under a name of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from feedscore.population import MAX_GOALS, OPEN_LIMIT, Bool, Float32, Float64, Int16, Int64, UInt8, UInt64

from ...errors import SourceError
from ..ids import distinct
from .vocabulary import Vocabulary, VocabularyError

MAX_SOUGHT_GENDERS = 63
OLDEST_YEARS = 130
LARGEST_AGE_LIMIT = 999
LARGEST_GOAL_COUNT = 255
MICROSECONDS_A_DAY = 86_400e6
LONG_AGO_DAYS = 36_525.0
"""Stands for an unknown time of joining: the person is not new."""

Dates = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class TextSets:
    """Some texts a row, as CSR over a flat list; blanks and repetitions count as absent."""

    texts: Sequence[str]
    offsets: Int64

    @property
    def rows(self) -> Int64:
        """The row of each text."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    def keep(self, rows: Bool) -> TextSets:
        """Leave out the rows where False."""
        if rows.all():
            return self
        kept = np.repeat(rows, np.diff(self.offsets)).tolist()
        sizes = np.diff(self.offsets)[rows]
        texts = [text for text, keep in zip(self.texts, kept, strict=True) if keep]
        return TextSets(texts, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))


def ages(born: Dates, known: Bool, as_of: date, told: Counter[str]) -> UInt8:
    """Whole years at `as_of`, 0 = unknown: no birth date, one in the future or over 130 years ago."""
    today = np.datetime64(as_of, "D")
    try:
        earliest = np.datetime64(as_of.replace(year=as_of.year - OLDEST_YEARS), "D")
    except ValueError:  # 29 February
        earliest = np.datetime64(as_of.replace(year=as_of.year - OLDEST_YEARS, day=28), "D")
    with np.errstate(invalid="ignore"):
        future, ancient = known & (born > today), known & (born < earliest)
    told["birth_dates_in_the_future"] += int(future.sum())
    told["birth_dates_over_130_years_ago"] += int(ancient.sum())
    usable = known & ~future & ~ancient
    days = np.where(usable, born, today)
    years, months = days.astype("datetime64[Y]"), days.astype("datetime64[M]")
    month = (months - years.astype("datetime64[M]")).astype(np.int64) + 1
    day = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    before_birthday = (month > as_of.month) | ((month == as_of.month) & (day > as_of.day))
    whole = as_of.year - (years.astype(np.int64) + 1970) - before_birthday
    return np.where(usable, whole, 0).astype(np.uint8)


def places(latitude: Float64, longitude: Float64, told: Counter[str]) -> tuple[Bool, Float64, Float64]:
    """Tell who has a place, and where; half a place, or one outside the globe, is none."""
    given = ~(np.isnan(latitude) & np.isnan(longitude))
    placed = (np.abs(latitude) <= 90) & (np.abs(longitude) <= 180)  # False for NaN
    told["places_impossible"] += int((given & ~placed).sum())
    return placed, np.where(placed, latitude, 0.0), np.where(placed, longitude, 0.0)


def days_since(then: Dates, known: Bool, as_of: np.datetime64, unknown: float) -> Float32:
    """Days from `then` to `as_of`, both in microseconds; 0 where that is later, `unknown` where not known."""
    elapsed = (as_of - np.where(known, then, as_of)).astype(np.int64) / MICROSECONDS_A_DAY
    return np.where(known, np.maximum(elapsed, 0.0), unknown).astype(np.float32)


def age_limits(years: NDArray[np.int32], known: Bool, name: str, told: Counter[str]) -> Int16:
    """Limits in years, -1 = none: NULL, or outside 0 to 999."""
    usable = known & (years >= 0) & (years <= LARGEST_AGE_LIMIT)
    told[f"{name}_impossible"] += int((known & ~usable).sum())
    return np.where(usable, years, OPEN_LIMIT).astype(np.int16)


def distance_limits(km: Float32, known: Bool, told: Counter[str]) -> Float32:
    """Limits in km, inf = none: NULL, NaN or negative."""
    usable = known & (km >= 0)  # False for NaN
    told["max_distance_km_impossible"] += int((known & ~usable).sum())
    return np.where(usable, km, np.float32(np.inf)).astype(np.float32)


def genders(
    held: Sequence[str | None], sought: TextSets, told: Counter[str], known: Vocabulary | None = None
) -> tuple[UInt8, UInt64, frozenset[str], frozenset[str]]:
    """Give each person's gender a code, and each row of `sought` the mask of the codes it asks for.

    Only genders that somebody has and somebody seeks need a code; those that are sought in vain share one. Also
    told: all genders sought, and all held. SourceError if that takes more than 63 codes; with the words `known` of
    everybody, VocabularyError where these people would change the codes of others.
    """
    wanted = frozenset(text for text in set(sought.texts) if text.strip())
    present = frozenset(text for text in set(held) if text)
    if known:
        wanted, present = wanted | known.sought, present | known.held
    named = sorted(wanted & present)
    if known and tuple(named) != known.genders:
        raise VocabularyError(f"gender {next(iter(set(named) - set(known.genders)))!r} needs a code")
    in_vain = len(named) + 1
    codes = {gender: code for code, gender in enumerate(named, start=1)}
    needed = len(named) + bool(wanted - present)
    if needed > MAX_SOUGHT_GENDERS:
        raise SourceError(
            f"app.preferences.seeking names {needed} different genders,"
            f" match scores have {MAX_SOUGHT_GENDERS} codes"
        )
    told["genders_blank"] += sum(1 for text in held if text is not None and not text.strip())
    told["seeking_blank"] += sum(1 for text in sought.texts if not text.strip())
    gender = np.array([codes.get(text or "", 0) for text in held], np.uint8)
    bits = np.array([codes.get(text, in_vain) if text in wanted else 64 for text in sought.texts], np.uint64)
    return gender, _masks(sought, bits, bits < np.uint64(64)), wanted, present


@dataclass(frozen=True, eq=False)
class Goals:
    """The goals of some rows."""

    masks: UInt64
    count: UInt8
    """Their number, with those that have no bit; at most 255."""
    names: tuple[str, ...]
    """The goal of each bit, alphabetically."""
    lone: Mapping[str, int]
    """The goals without a bit, and who has each."""


def goals(chosen: TextSets, people: Int64, told: Counter[str], known: Vocabulary | None = None) -> Goals:
    """Give each row, of a person each, the mask of its goals.

    Where there are more than 64 goals, one that only one row has can be shared with nobody and needs no bit.
    SourceError if more than 64 do; VocabularyError as `genders` has it.
    """
    vocabulary = {text: i for i, text in enumerate(sorted({t for t in set(chosen.texts) if t.strip()}))}
    word = np.array([vocabulary.get(text, -1) for text in chosen.texts], np.int64)
    told["goals_blank"] += int((word < 0).sum())
    width = max(len(vocabulary), 1)
    pairs = distinct(chosen.rows[word >= 0] * width + word[word >= 0])
    names = list(vocabulary)
    if known:
        shared, lone = known.goals, _lone_goals(names, people[pairs // width], pairs % width, known)
    else:
        holders = np.bincount(pairs % width, minlength=len(names))
        kept = np.flatnonzero(holders > (len(names) > MAX_GOALS))
        shared = tuple(names[i] for i in kept)
        alone = ~np.isin(pairs % width, kept)
        owner = zip(pairs[alone] % width, people[pairs[alone] // width], strict=True)
        lone = {names[goal]: int(person) for goal, person in owner}
    if len(shared) > MAX_GOALS:
        raise SourceError(
            f"app.preferences.goals has {len(shared)} different goals that people share,"
            f" match scores have {MAX_GOALS} places"
        )
    bit_of = {goal: bit for bit, goal in enumerate(shared)}
    bits = np.array([bit_of.get(text, 64) for text in [*names, ""]], np.uint64)[word]
    count = np.bincount(pairs // width, minlength=len(chosen.offsets) - 1)
    told["goals_beyond_255"] += int((count > LARGEST_GOAL_COUNT).sum())
    capped = np.minimum(count, LARGEST_GOAL_COUNT).astype(np.uint8)
    return Goals(_masks(chosen, bits, bits < np.uint64(64)), capped, shared, lone)


def _lone_goals(names: Sequence[str], person: Int64, goal: Int64, known: Vocabulary) -> Mapping[str, int]:
    """Add the goals without a bit that these people have; VocabularyError where one is shared now."""
    lone = dict(known.lone_goals)
    for name, owner in zip((names[i] for i in goal), person.tolist(), strict=True):
        if name not in known.goals and lone.setdefault(name, owner) != owner:
            raise VocabularyError(f"goal {name!r} needs a place")
    if lone and not known.lone_goals:
        raise VocabularyError(f"goal {next(iter(lone))!r} needs a place")
    return lone


def _masks(sets: TextSets, bits: UInt64, kept: Bool) -> UInt64:
    masks = np.zeros(len(sets.offsets) - 1, np.uint64)
    np.bitwise_or.at(masks, sets.rows[kept], np.uint64(1) << bits[kept])
    return masks
