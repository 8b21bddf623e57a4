"""The speed dating experiment as rows of the application's tables; speed_dating says what becomes of what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedscore.population import Float64, Int64

from ..rows import TableRows, dates, ids, texts, times, values, word_sets, words
from .speed_dating_file import ACTIVITIES, HIGHEST, LOWEST, RATINGS, SELF_RATINGS, Dater, SpeedDating
from .zip_codes import Place

LIKED_ACTIVITY = 7
GENDERS = ("woman", "man")
GOALS = ("fun_night_out", "meet_new_people", "get_a_date", "serious_relationship", "to_say_i_did_it")
QUESTIONS = (
    *(f"interest_{name}" for name in ACTIVITIES),
    *(f"self_{name}" for name in SELF_RATINGS.values()),
)
QUESTION_FIELDS = (*ACTIVITIES, *SELF_RATINGS)
DAYS_BETWEEN_WAVES = 30
SECONDS_PER_DAY, SECONDS_PER_DATE = 86_400.0, 240.0


@dataclass(frozen=True)
class Calendar:
    """When things happened, made up around `now`; all in seconds since 1970."""

    now: float
    last_wave: int

    def evening(self, wave: int) -> float:
        """Tell when a wave met."""
        return self.now - DAYS_BETWEEN_WAVES * (self.last_wave - wave + 1) * SECONDS_PER_DAY

    def joined(self, wave: int) -> float:
        """Tell when the people of a wave joined."""
        return self.evening(wave) - SECONDS_PER_DAY

    def date(self, wave: int, order: int) -> float:
        """Tell when a date of a wave took place."""
        return self.evening(wave) + order * SECONDS_PER_DATE


def speed_dating_tables(experiment: SpeedDating, places: Mapping[int, Place], now: float) -> list[TableRows]:
    """Lay out everything but the decisions."""
    calendar = _calendar(experiment, now)
    return [
        _users(experiment, places, calendar),
        _preferences(experiment),
        _questions(),
        _answers(experiment, calendar),
        *_interests(experiment, calendar),
        _ratings(experiment, calendar),
    ]


def _calendar(experiment: SpeedDating, now: float) -> Calendar:
    return Calendar(now, max((dater.wave for dater in experiment.people.values()), default=1))


def _users(experiment: SpeedDating, places: Mapping[int, Place], calendar: Calendar) -> TableRows:
    people = list(experiment.people.values())
    met = np.array([calendar.evening(dater.wave) for dater in people], np.float64)
    placed = np.array([dater.id in places for dater in people], bool)
    place = np.array([places.get(dater.id, (0.0, 0.0)) for dater in people], np.float64).reshape(-1, 2)
    return TableRows(
        "users",
        (
            values("id", _ids(people)),
            times("created_at", met - SECONDS_PER_DAY),
            times("last_active_at", met),
            texts("display_name", [f"Dater {dater.id}" for dater in people]),
            dates("birth_date", _birth_dates(people, calendar.now)),
            words("gender", GENDERS, np.array([int(dater.is_man) for dater in people], np.int64)),
            values("latitude", np.ascontiguousarray(place[:, 0]), ~placed),
            values("longitude", np.ascontiguousarray(place[:, 1]), ~placed),
        ),
    )


def _birth_dates(people: list[Dater], now: float) -> NDArray[np.datetime64]:
    today = np.datetime64(int(now // SECONDS_PER_DAY), "D")
    days = [
        np.datetime64("NaT", "D") if dater.age is None else today - round((dater.age + 0.5) * 365.2425)
        for dater in people
    ]
    return np.array(days, "datetime64[D]")


def _preferences(experiment: SpeedDating) -> TableRows:
    people = list(experiment.people.values())
    seeking = np.array([1 if dater.is_man else 2 for dater in people], np.int64)
    goals = np.array([dater.goal or 0 for dater in people], np.int64)
    named = (goals >= 1) & (goals <= len(GOALS))
    masks = np.where(named, np.int64(1) << np.maximum(goals - 1, 0), 0)
    return TableRows(
        "preferences",
        (
            values("user_id", _ids(people)),
            word_sets("seeking", GENDERS, seeking, np.zeros(len(people), bool)),
            word_sets("goals", GOALS, masks, ~named),
        ),
    )


def _questions() -> TableRows:
    count = len(QUESTIONS)
    return TableRows(
        "quiz_questions",
        (
            ids(count),
            texts("quiz", ["speed_dating"] * count),
            texts("trait", QUESTIONS),
            values("key", np.ones(count, np.int16)),
            values("scale_min", np.full(count, LOWEST, np.float32)),
            values("scale_max", np.full(count, HIGHEST, np.float32)),
        ),
    )


def _answers(experiment: SpeedDating, calendar: Calendar) -> TableRows:
    rows = [
        (dater.id, question + 1, dater.answers[field], calendar.joined(dater.wave))
        for dater in experiment.people.values()
        for question, field in enumerate(QUESTION_FIELDS)
        if field in dater.answers
    ]
    person, question, answer, when = _columns(rows, 4)
    return TableRows(
        "quiz_answers",
        (
            values("user_id", person.astype(np.int64)),
            values("question_id", question.astype(np.int64)),
            values("value", answer.astype(np.float32)),
            times("answered_at", when),
        ),
    )


def _interests(experiment: SpeedDating, calendar: Calendar) -> list[TableRows]:
    count = len(ACTIVITIES)
    catalogue = (ids(count), values("subject_id", np.ones(count, np.int64)), texts("slug", ACTIVITIES))
    rows = [
        (dater.id, interest + 1, calendar.joined(dater.wave))
        for dater in experiment.people.values()
        for interest, field in enumerate(ACTIVITIES)
        if dater.answers.get(field, 0) >= LIKED_ACTIVITY
    ]
    person, interest, when = _columns(rows, 3)
    chosen = (
        values("user_id", person.astype(np.int64)),
        values("interest_id", interest.astype(np.int64)),
        times("created_at", when),
    )
    return [
        TableRows("subjects", (ids(1), texts("slug", ["activities"]))),
        TableRows("interests", (*catalogue, texts("name", ACTIVITIES))),
        TableRows("user_interests", chosen),
    ]


def _ratings(experiment: SpeedDating, calendar: Calendar) -> TableRows:
    attributes = tuple(RATINGS.values())
    rows = [
        (
            date.rater,
            date.rated,
            attributes.index(attribute),
            value,
            calendar.date(date.wave, date.order),
        )
        for date in experiment.dates
        for attribute, value in date.ratings.items()
    ]
    rater, rated, attribute, value, when = _columns(rows, 5)
    return TableRows(
        "ratings",
        (
            values("rater_id", rater.astype(np.int64)),
            values("rated_id", rated.astype(np.int64)),
            words("attribute", attributes, attribute.astype(np.int64)),
            values("value", value.astype(np.float32)),
            times("created_at", when),
        ),
    )


def decision_tables(experiment: SpeedDating, now: float) -> list[TableRows]:
    """Lay out who wanted to meet whom again, and who matched."""
    calendar = _calendar(experiment, now)
    decided = [date for date in experiment.dates if date.liked is not None]
    rows = [
        (date.rater, date.rated, int(bool(date.liked)), calendar.date(date.wave, date.order))
        for date in decided
    ]
    user, target, liked, when = _columns(rows, 4)
    matched = [
        (date.rater, date.rated, calendar.date(date.wave, date.order))
        for date in experiment.dates
        if date.matched and date.rater < date.rated
    ]
    one, other, matched_at = _columns(matched, 3)
    decisions = (
        values("user_id", user.astype(np.int64)),
        values("target_id", target.astype(np.int64)),
        words("decision", ("pass", "like"), liked.astype(np.int64)),
        times("created_at", when),
    )
    matches = (
        ids(len(matched)),
        values("user_a", one.astype(np.int64)),
        values("user_b", other.astype(np.int64)),
        times("created_at", matched_at),
    )
    return [TableRows("decisions", decisions), TableRows("matches", matches)]


def _columns(rows: Sequence[tuple[float, ...]], width: int) -> list[Float64]:
    return list(np.array(rows, np.float64).reshape(-1, width).T)


def _ids(people: list[Dater]) -> Int64:
    return np.array([dater.id for dater in people], np.int64)
