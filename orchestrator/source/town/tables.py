"""The town as rows of the application's tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..rows import TableRows, dates, ids, texts, times, values, word_sets, words
from .bios import bios
from .feed_tables import feed_tables
from .make import Town
from .people import GENDERS, NAMES
from .preferences import GOALS
from .quiz import QUIZ_NAME, SCALE_MAX, SCALE_MIN
from .ratings import ATTRIBUTES
from .relation_tables import relation_tables
from .streams import pieces

ROWS_AT_ONCE = 1 << 16
"""People whose answers are laid out at a time: 48 rows each."""


def tables(town: Town) -> Iterator[TableRows]:
    """Give the rows of every table that the town fills, the long ones in pieces, so that memory stays small.

    Posts come after the events, whose likes, comments and shares they count.
    """
    yield _users(town)
    yield _preferences(town)
    yield _questions(town)
    yield from _answers(town)
    yield from _catalogue(town)
    yield _user_interests(town)
    yield _ratings(town)
    yield from relation_tables(town)
    yield from feed_tables(town)


def _users(town: Town) -> TableRows:
    people, places = town.people, town.places
    return TableRows(
        "users",
        (
            values("id", people.ids),
            times("created_at", people.created_at),
            times("last_active_at", people.last_active_at),
            values("is_active", people.is_active),
            words("visibility", ("public", "hidden"), people.hidden),
            words("display_name", NAMES, people.name),
            texts("bio", bios(town)),
            dates("birth_date", people.birth_date),
            words("gender", GENDERS, np.where(people.gender_known, people.true_gender.astype(np.int64), -1)),
            values("latitude", places.latitude, ~places.known),
            values("longitude", places.longitude, ~places.known),
            values("photo_count", people.photo_count),
        ),
    )


def _preferences(town: Town) -> TableRows:
    wishes = town.preferences
    rows = wishes.has_row
    low, high, distance = wishes.min_age[rows], wishes.max_age[rows], wishes.max_distance_km[rows]
    seeking, goals = wishes.seeking[rows].astype(np.int64), wishes.goals[rows].astype(np.int64)
    return TableRows(
        "preferences",
        (
            values("user_id", town.people.ids[rows]),
            word_sets("seeking", GENDERS, seeking, (seeking == 0) & wishes.seeking_null[rows]),
            values("min_age", low.astype(np.int32), low == -1),
            values("max_age", high.astype(np.int32), high == -1),
            values("max_distance_km", distance, np.isnan(distance)),
            word_sets("goals", GOALS, goals, (goals == 0) & wishes.goals_null[rows]),
        ),
    )


def _questions(town: Town) -> TableRows:
    questions = town.quiz.questions
    count = len(questions.trait)
    return TableRows(
        "quiz_questions",
        (
            ids(count),
            words("quiz", (QUIZ_NAME,), np.zeros(count, np.int64)),
            texts("trait", questions.trait),
            values("key", questions.key.astype(np.int16)),
            values("scale_min", np.full(count, SCALE_MIN, np.float32)),
            values("scale_max", np.full(count, SCALE_MAX, np.float32)),
            texts("prompt", questions.prompt),
        ),
    )


def _answers(town: Town) -> Iterator[TableRows]:
    for rows in pieces(len(town), ROWS_AT_ONCE):
        answers = town.quiz.answers[rows]
        person, question = np.nonzero(answers)
        yield TableRows(
            "quiz_answers",
            (
                values("user_id", town.people.ids[rows][person]),
                values("question_id", question + 1),
                values("value", answers[person, question].astype(np.float32)),
                times("answered_at", town.quiz.answered_at[rows][person]),
            ),
        )


def _catalogue(town: Town) -> Iterator[TableRows]:
    catalogue = town.interests.catalogue
    yield TableRows("subjects", (ids(len(catalogue.subjects)), texts("slug", catalogue.subjects)))
    yield TableRows(
        "interests",
        (
            ids(len(catalogue.slug)),
            values("subject_id", catalogue.subject + 1),
            texts("slug", catalogue.slug),
            texts("name", catalogue.name),
        ),
    )


def _user_interests(town: Town) -> TableRows:
    interests = town.interests
    person = np.repeat(np.arange(len(town)), np.diff(interests.offsets))
    return TableRows(
        "user_interests",
        (
            values("user_id", town.people.ids[person]),
            values("interest_id", interests.codes.astype(np.int64) + 1),
            times("created_at", interests.chosen_at[person]),
        ),
    )


def _ratings(town: Town) -> TableRows:
    ratings = town.ratings
    pair, attribute = np.nonzero(ratings.values)
    return TableRows(
        "ratings",
        (
            values("rater_id", town.people.ids[ratings.rater[pair]]),
            values("rated_id", town.people.ids[ratings.rated[pair]]),
            words("attribute", ATTRIBUTES, attribute),
            values("value", ratings.values[pair, attribute].astype(np.float32)),
            times("created_at", ratings.at[pair]),
        ),
    )
