"""The composite people as rows of the application's tables; composite says what becomes of what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedscore.population import Float64, Int64

from ..rows import TableRows, dates, ids, texts, times, values, word_sets, words
from ..town.preferences import GOALS, Preferences
from .big5 import GENDERS, ITEMS, SCALE_MAX, SCALE_MIN, TRAITS, Big5, item_key
from .deezer import GenreSets, slug
from .world_cities import Homes

SEEKABLE = ("woman", "man", "other")
"""The genders that made-up preferences name, in the order of the synthetic town's first three."""


@dataclass(frozen=True, eq=False)
class Parts:
    """What the n people are made of."""

    big5: Big5
    genres: GenreSets
    row: Int64
    """(n,) rows of big5."""
    user: Int64
    """(n,) users of genres."""
    homes: Homes
    preferences: Preferences
    birth_date: NDArray[np.datetime64]
    joined_at: Float64

    def __len__(self) -> int:
        return len(self.row)

    @property
    def ids(self) -> Int64:
        """(n,) the id of each person."""
        return np.arange(1, len(self) + 1, dtype=np.int64)


def composite_tables(parts: Parts) -> list[TableRows]:
    """Lay out the rows of all tables that are filled."""
    return [_users(parts), _preferences(parts), _questions(parts), _answers(parts), *_interests(parts)]


def _users(parts: Parts) -> TableRows:
    homes = parts.homes
    return TableRows(
        "users",
        (
            values("id", parts.ids),
            times("created_at", parts.joined_at),
            texts("display_name", [f"Person {number}" for number in parts.ids.tolist()]),
            dates("birth_date", parts.birth_date),
            words("gender", GENDERS, parts.big5.gender[parts.row]),
            values("latitude", homes.latitude, ~homes.known),
            values("longitude", homes.longitude, ~homes.known),
        ),
    )


def _preferences(parts: Parts) -> TableRows:
    wishes, rows = parts.preferences, parts.preferences.has_row
    low, high, distance = wishes.min_age[rows], wishes.max_age[rows], wishes.max_distance_km[rows]
    named = (1 << len(SEEKABLE)) - 1
    seeking, goals = wishes.seeking[rows].astype(np.int64) & named, wishes.goals[rows].astype(np.int64)
    return TableRows(
        "preferences",
        (
            values("user_id", parts.ids[rows]),
            word_sets("seeking", SEEKABLE, seeking, (seeking == 0) & wishes.seeking_null[rows]),
            values("min_age", low.astype(np.int32), low == -1),
            values("max_age", high.astype(np.int32), high == -1),
            values("max_distance_km", distance, np.isnan(distance)),
            word_sets("goals", GOALS, goals, (goals == 0) & wishes.goals_null[rows]),
        ),
    )


def _questions(parts: Parts) -> TableRows:
    count = len(ITEMS)
    return TableRows(
        "quiz_questions",
        (
            ids(count),
            texts("quiz", ["big5"] * count),
            texts("trait", [TRAITS[item[0]] for item in ITEMS]),
            values("key", np.array([item_key(item) for item in ITEMS], np.int16)),
            values("scale_min", np.full(count, SCALE_MIN, np.float32)),
            values("scale_max", np.full(count, SCALE_MAX, np.float32)),
            texts("prompt", [parts.big5.prompts.get(item) for item in ITEMS]),
        ),
    )


def _answers(parts: Parts) -> TableRows:
    answers = parts.big5.answers[parts.row]
    person, question = np.nonzero(answers)
    return TableRows(
        "quiz_answers",
        (
            values("user_id", parts.ids[person]),
            values("question_id", question + 1),
            values("value", answers[person, question].astype(np.float32)),
            times("answered_at", parts.joined_at[person]),
        ),
    )


def _interests(parts: Parts) -> list[TableRows]:
    genres = parts.genres
    count = len(genres.genres)
    catalogue = (
        ids(count),
        values("subject_id", np.ones(count, np.int64)),
        texts("slug", [slug(name) for name in genres.genres]),
        texts("name", genres.genres),
    )
    sizes = np.diff(genres.offsets)[parts.user]
    person = np.repeat(np.arange(len(parts)), sizes)
    within = np.arange(len(person)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    liked = genres.codes[np.repeat(genres.offsets[parts.user], sizes) + within]
    chosen = (
        values("user_id", parts.ids[person]),
        values("interest_id", liked + 1),
        times("created_at", parts.joined_at[person]),
    )
    return [
        TableRows("subjects", (ids(1), texts("slug", ["music"]))),
        TableRows("interests", catalogue),
        TableRows("user_interests", chosen),
    ]
