"""Everybody who may see or be shown, read from Postgres into the arrays of `feedscore.Population`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import partial
from typing import TypeVar

import numpy as np
import psycopg
from numpy.typing import NDArray

from feedscore import Column, Population, fingerprint_rows
from feedscore.population import OPEN_LIMIT, Float32, Int16, Int64, UInt32

from ...db.columns import Columns
from ..grouped import owners
from ..ids import distinct, rows_of
from . import people_sql as sql
from .features import Interests, RatedColumns, interests, named_interests, ratings, vectors
from .pairs import exclusions, pair_rows
from .profiles import (
    LONG_AGO_DAYS,
    TextSets,
    age_limits,
    ages,
    days_since,
    distance_limits,
    genders,
    goals,
    places,
)
from .rarity import fetch_rarity, settle_rarity
from .rating_axes import fetch_axes
from .ratings import HIGHEST, LOWEST, NEUTRAL_RATING
from .reader import Reader
from .vocabulary import Known, Rows, Vocabulary, VocabularyError

_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, eq=False)
class People:
    """A population, what its codes stand for, and what was replaced by defaults on the way."""

    population: Population
    """By ascending id."""
    interests: Interests
    vocabulary: Vocabulary
    words: Int64
    """Fingerprint of each person's gender, and of the genders and goals they name."""
    mutual: Int64
    """Rows of others who are kept apart from these people both ways, ascending; with `known` only."""
    hidden_at: NDArray[np.int64]
    """Seconds since 1970 of the latest hide, beside `population.hidden_rows`; 0 = unknown."""
    rows_scanned: int
    told: dict[str, int]
    """What was wrong with the data and had a default, with counts; nothing where all was well."""


def midnight(now: datetime) -> datetime:
    """The start of the UTC day: the instant at which ages and days are taken, so that a day's runs agree."""
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC)


def load_people(
    connection: psycopg.Connection,
    as_of: datetime,
    users: Int64 | None = None,
    *,
    known: Known | None = None,
    rows_per_chunk: int = 500,
    step: Callable[[], object] = lambda: None,
) -> People:
    """Read everybody, or only the people of some ids, as they are at `as_of`.

    Data that cannot be meant gets a default and is counted. `step` is called between reads. SourceError where
    the data does not fit into the kernel's codes. With what is `known` of everybody, its codes are taken over, and
    `excluded_rows` and `hidden_rows` name its rows; VocabularyError where the codes do not suffice.
    """
    reader = Reader(connection, users, rows_per_chunk, Counter(), step)
    told = reader.told
    found = reader.read_once(sql.USERS)
    order = np.argsort(found.int64("id"), kind="stable")
    ids = found.int64("id")[order]
    instant = np.datetime64(as_of.replace(tzinfo=None), "us")
    preferences = _preferences(reader, ids)
    texts = found.optional_texts("gender")
    held = [texts[i] for i in order.tolist()]
    words = known.vocabulary if known else None
    gender, seeking, sought, all_held = genders(held, preferences.seeking, told, words)
    aims = goals(preferences.goals, ids[preferences.place], told, words)
    placed, latitude, longitude = places(
        found.float64("latitude")[order], found.float64("longitude")[order], told
    )
    place, people = preferences.place, len(ids)
    computed = _computed(reader, ids, known)
    among = known.rows if known else partial(rows_of, ids)
    (excluded_offsets, excluded_rows), mutual = _exclusions(reader, ids, among, whole=not known)
    hidden_offsets, hidden_rows, hidden_at = _hides(reader, ids, among, whole=not known)
    hidden_days = days_since(hidden_at, ~np.isnat(hidden_at), instant, 0.0)
    population = Population(
        ids=ids,
        active=found.boolean("active")[order],
        age=ages(found.dates("birth_date")[order], found.valid("birth_date")[order], as_of.date(), told),
        gender=gender,
        seeking=_spread(place, seeking, people, 0),
        min_age=_spread(place, preferences.min_age, people, OPEN_LIMIT),
        max_age=_spread(place, preferences.max_age, people, OPEN_LIMIT),
        placed=placed,
        latitude=latitude,
        longitude=longitude,
        max_distance_km=_spread(place, preferences.max_distance_km, people, np.inf),
        traits=computed.traits,
        interest_offsets=computed.interests.offsets,
        interest_codes=computed.interests.codes,
        goals=_spread(place, aims.masks, people, 0),
        goal_count=_spread(place, aims.count, people, 0),
        rating_quality=computed.rated.quality,
        rated=computed.rated.rated,
        rating_preference=computed.preferred,
        rating_attributes=computed.rated.attributes,
        days_since_joined=days_since(
            found.instants("created_at")[order], found.valid("created_at")[order], instant, LONG_AGO_DAYS
        ),
        excluded_offsets=excluded_offsets,
        excluded_rows=excluded_rows,
        hidden_offsets=hidden_offsets,
        hidden_rows=hidden_rows,
        hidden_days=hidden_days,
    )
    if known:
        counts = replace(population, interest_people=known.interest_people, goal_people=known.goal_people)
    else:
        rarity = fetch_rarity(connection)
        counts = rarity.of(population, computed.interests.ids, aims.names) if rarity else population
    seconds = np.where(np.isnat(hidden_at), 0, hidden_at.astype("datetime64[s]").astype(np.int64))
    scanned = told.pop("rows_scanned")
    return People(
        population=counts,
        interests=computed.interests,
        vocabulary=Vocabulary(sought, all_held, aims.names, aims.lone),
        words=_words(held, preferences, people),
        mutual=mutual,
        hidden_at=seconds,
        rows_scanned=scanned,
        told={name: n for name, n in told.items() if n},
    )


def with_rarity(connection: psycopg.Connection, people: People, day: date) -> People:
    """Count interests and goals of everybody, unless that was done for this day, and take over what counts."""
    ids, goals = people.interests.ids, people.vocabulary.goals
    return replace(people, population=settle_rarity(connection, people.population, ids, goals, day))


def _words(held: list[str | None], preferences: Preferences, people: int) -> Int64:
    valid = np.array([text is not None for text in held], bool)
    genders = fingerprint_rows([Column("gender", "text", held, valid=valid)])
    wishes = fingerprint_rows([
        Column(name, "text[]", list(sets.texts), sets.offsets)
        for name, sets in (("seeking", preferences.seeking), ("goals", preferences.goals))
    ])  # fmt: skip
    return np.asarray(genders ^ _spread(preferences.place, wishes, people, 0))


@dataclass(frozen=True, eq=False)
class Preferences:
    """The preferences of people who exist, one row each, and the row of the person in the population."""

    place: Int64
    seeking: TextSets
    goals: TextSets
    min_age: Int16
    max_age: Int16
    max_distance_km: Float32


@dataclass(frozen=True, eq=False)
class Computed:
    """What other jobs have computed about everybody."""

    interests: Interests
    rated: RatedColumns
    preferred: Float32
    traits: Float32


def _spread(place: Int64, values: NDArray[_Value], rows: int, default: float) -> NDArray[_Value]:
    """Put values of some rows into an array for all, the default elsewhere."""
    spread = np.full(rows, default, values.dtype)
    spread[place] = values
    return spread


def _preferences(reader: Reader, ids: Int64) -> Preferences:
    found, told = reader.read_once(sql.PREFERENCES), reader.told
    place, known = rows_of(ids, found.int64("user_id"))
    told["preferences_of_nobody"] += int((~known).sum())
    low = age_limits(found.int32("min_age")[known], found.valid("min_age")[known], "min_age", told)
    high = age_limits(found.int32("max_age")[known], found.valid("max_age")[known], "max_age", told)
    told["age_ranges_empty"] += int(((low > high) & (high != OPEN_LIMIT)).sum())
    return Preferences(
        place=place,
        seeking=TextSets(*found.text_lists("seeking")).keep(known),
        goals=TextSets(*found.text_lists("goals")).keep(known),
        min_age=low,
        max_age=high,
        max_distance_km=distance_limits(
            found.float32("max_distance_km")[known], found.valid("max_distance_km")[known], told
        ),
    )


def _computed(reader: Reader, ids: Int64, known: Known | None) -> Computed:
    told, connection = reader.told, reader.connection
    counted = connection.execute(sql.TRAIT_COUNT).fetchone()
    sets = reader.read(sql.INTEREST_SETS, {"user_id": "int8", "interest_ids": "int8[]"}, sql.OF_USERS)
    if known:
        used, slugs = known.interest_ids, known.slugs
        _require_codes(reader.connection, sets, used)
    else:
        listed = reader.read(sql.INTERESTS, {"id": "int8", "slug": "text?"}, sql.EVERYBODY)
        used, slugs = named_interests(sets, listed)
    kinds = {"user_id": "int8", "overall_count": "int4", "quality": "float4", "attribute_means": "float4[]"}
    received = reader.read(sql.RATED, kinds, sql.OF_USERS)
    preferred = reader.read(sql.PREFERRED, {"user_id": "int8", "preference": "bytea"}, sql.OF_USERS)
    traits = reader.read(sql.TRAITS, {"user_id": "int8", "traits": "bytea"}, sql.OF_USERS)
    axes = fetch_axes(connection)
    overall = axes.means.overall if axes else NEUTRAL_RATING
    means = axes.means.attributes if axes else np.empty(0)
    return Computed(
        interests(ids, sets, used, slugs, told),
        ratings(ids, received, (overall - LOWEST) / (HIGHEST - LOWEST), means, told),
        vectors(ids, preferred, "preference", len(means), told),
        vectors(ids, traits, "traits", counted[0] if counted else 0, told),
    )


def _require_codes(connection: psycopg.Connection, sets: Columns, used: Int64) -> None:
    """Raise VocabularyError if people have interests that exist but have no code."""
    items = distinct(sets.int64_lists("interest_ids")[0])
    new = items[~rows_of(used, items)[1]]
    if len(new) and (row := connection.execute(sql.INTERESTS_AMONG, (new.tolist(),)).fetchone()):
        raise VocabularyError(f"interest {row[0]} needs a code")


def _exclusions(
    reader: Reader, ids: Int64, among: Rows, *, whole: bool
) -> tuple[tuple[Int64, UInt32], Int64]:
    """Give the exclusions as CSR over the viewers, and with whom they are kept apart both ways."""
    pairs, mutual = [], [np.empty(0, np.int64)]
    for source, read in sql.EXCLUSIONS.items():
        found = reader.read(read.select, sql.PAIR_KINDS, read.scope(among=whole))
        others, _ = found.int64_lists("others")
        viewers = owners(found, "viewer", "others")
        reader.told["rows_scanned"] += len(others) - found.rows
        rows = pair_rows(ids, among, viewers, others)
        reader.told[f"{source}_of_nobody"] += int((~rows.known).sum())
        pairs.append((rows.viewer, rows.other))
        if read.both_ways and whole:
            pairs.append((rows.other, rows.viewer))
        elif read.both_ways:
            back = pair_rows(ids, among, others, viewers)
            pairs.append((back.viewer, back.other))
            mutual += [rows.other, back.other]
    return exclusions(len(ids), pairs), distinct(np.concatenate(mutual))


def _hides(
    reader: Reader, ids: Int64, among: Rows, *, whole: bool
) -> tuple[Int64, UInt32, NDArray[np.datetime64]]:
    """Give the latest hides as CSR over the viewers, and their times beside it, NaT = unknown."""
    found = reader.read(sql.HIDES.select, sql.HIDE_KINDS, sql.HIDES.scope(among=whole))
    rows = pair_rows(ids, among, found.int64("viewer"), found.int64("other"))
    reader.told["hides_of_nobody"] += int((~rows.known).sum())
    order = np.lexsort((rows.other, rows.viewer))
    sizes = np.bincount(rows.viewer, minlength=len(ids))
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    times = np.where(found.valid("hidden_at"), found.instants("hidden_at"), np.datetime64("NaT"))
    return offsets, rows.other[order].astype(np.uint32), times[rows.known][order]
