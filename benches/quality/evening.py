"""The people of the speed dating experiment as a population, as it would have stood before a given date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from feedscore import MatchSettings, Population, reference
from feedscore.population import OPEN_LIMIT, Float64, Int64
from orchestrator.jobs.matching.ratings import (
    Ratings,
    centred_attributes,
    global_means,
    preferences,
    profile_ratings,
    quality,
)
from orchestrator.jobs.matching.traits import trait_vectors
from orchestrator.jobs.search.sets import interest_sets
from orchestrator.source.importers.speed_dating_file import (
    ACTIVITIES,
    HIGHEST,
    LOWEST,
    RATINGS,
    SpeedDating,
)
from orchestrator.source.importers.speed_dating_rows import GOALS, LIKED_ACTIVITY, QUESTION_FIELDS
from orchestrator.source.importers.zip_codes import Place

ATTRIBUTES = tuple(attribute for attribute in RATINGS.values() if attribute != "overall")
DAYS_SINCE_JOINED = 1.0
PRIOR_WEIGHT = 5.0


@dataclass(frozen=True, eq=False)
class GivenRatings:
    """All ratings of the experiment, and when each was known."""

    ratings: Ratings
    wave: Int64
    order: Int64
    """The later of the two places that the date had in the evenings of the two."""


class Evening:
    """Builds the population as it stood before the dates of one wave and place in the evening."""

    def __init__(self, experiment: SpeedDating, places: Mapping[int, Place]) -> None:
        self.row = {person: row for row, person in enumerate(experiment.people)}
        self._given = _given(experiment, self.row)
        self._people = _people(experiment, places)

    def before(self, wave: int, order: int) -> Population:
        """Give everybody, rated as in earlier waves and in the dates of this wave before place `order`."""
        known = (self._given.wave < wave) | ((self._given.wave == wave) & (self._given.order < order))
        every = self._given.ratings
        ratings = replace(
            every,
            rater=every.rater[known],
            rated=every.rated[known],
            attribute=every.attribute[known],
            value=every.value[known],
        )
        means, profiles = global_means(ratings), profile_ratings(ratings)
        return replace(
            self._people,
            rating_quality=quality(profiles, means.overall, PRIOR_WEIGHT).astype(np.float32),
            rated=profiles.overall_count > 0,
            rating_preference=preferences(ratings, profiles, means).vectors,
            rating_attributes=centred_attributes(profiles, means).astype(np.float32),
        )


def score_dates(experiment: SpeedDating, places: Mapping[int, Place]) -> dict[str, Float64]:
    """Score each date, just before it, as a suggestion to the rater: "score" and each factor -> (dates,)."""
    settings, evening = MatchSettings(), Evening(experiment, places)
    first = experiment.orders(min)
    result = {name: np.full(len(experiment.dates), np.nan) for name in ("score", *reference.FACTORS)}
    slots: dict[tuple[int, int], list[int]] = {}
    for place, date in enumerate(experiment.dates):
        slots.setdefault((date.wave, first[date.pair]), []).append(place)
    for (wave, order), dates in slots.items():
        population = evening.before(wave, order)
        for place in dates:
            viewer, candidate = (
                evening.row[person]
                for person in (experiment.dates[place].rater, experiment.dates[place].rated)
            )
            scored = reference.score(population, settings, viewer)
            result["score"][place] = scored.score[candidate]
            for name in reference.FACTORS:
                result[name][place] = scored.values[name][candidate]
    return result


def _given(experiment: SpeedDating, row: Mapping[int, int]) -> GivenRatings:
    last = experiment.orders(max)
    columns = [*ATTRIBUTES, "overall"]
    entries = [
        (row[date.rater], row[date.rated], columns.index(name), value, date.wave, last[date.pair])
        for date in experiment.dates
        for name, value in date.ratings.items()
    ]
    rater, rated, attribute, value, wave, order = np.array(entries, np.float64).reshape(-1, 6).T
    ratings = Ratings(
        rater=rater.astype(np.int64),
        rated=rated.astype(np.int64),
        attribute=attribute.astype(np.int64),
        value=value,
        people=len(row),
        attributes=len(ATTRIBUTES),
    )
    return GivenRatings(ratings, wave.astype(np.int64), order.astype(np.int64))


def _people(experiment: SpeedDating, places: Mapping[int, Place]) -> Population:
    """Give everybody, not rated yet."""
    people = list(experiment.people.values())
    n = len(people)
    place = np.array([places.get(dater.id, (0.0, 0.0)) for dater in people]).reshape(-1, 2)
    goals = np.array([dater.goal or 0 for dater in people], np.int64)
    named = (goals >= 1) & (goals <= len(GOALS))
    liked = interest_sets(*_interests(experiment), people=n, interests=len(ACTIVITIES))
    return Population(
        ids=np.array([dater.id for dater in people], np.int64),
        active=np.ones(n, bool),
        age=np.array([dater.age or 0 for dater in people], np.uint8),
        gender=np.array([2 if dater.is_man else 1 for dater in people], np.uint8),
        seeking=np.array([1 << (1 if dater.is_man else 2) for dater in people], np.uint64),
        min_age=np.full(n, OPEN_LIMIT, np.int16),
        max_age=np.full(n, OPEN_LIMIT, np.int16),
        placed=np.array([dater.id in places for dater in people], bool),
        latitude=np.ascontiguousarray(place[:, 0]),
        longitude=np.ascontiguousarray(place[:, 1]),
        max_distance_km=np.full(n, np.inf, np.float32),
        traits=_traits(experiment),
        interest_offsets=liked.offsets.astype(np.int64),
        interest_codes=liked.interest.astype(np.uint16),
        goals=np.where(named, np.uint64(1) << np.maximum(goals - 1, 0).astype(np.uint64), np.uint64(0)),
        goal_count=named.astype(np.uint8),
        rating_quality=np.zeros(n, np.float32),
        rated=np.zeros(n, bool),
        rating_preference=np.zeros((n, len(ATTRIBUTES)), np.float32),
        rating_attributes=np.zeros((n, len(ATTRIBUTES)), np.float32),
        days_since_joined=np.full(n, DAYS_SINCE_JOINED, np.float32),
        excluded_offsets=np.zeros(n + 1, np.int64),
        excluded_rows=np.empty(0, np.uint32),
        hidden_offsets=np.zeros(n + 1, np.int64),
        hidden_rows=np.empty(0, np.uint32),
        hidden_days=np.empty(0, np.float32),
    )


def _traits(experiment: SpeedDating) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    entries = [
        (row, QUESTION_FIELDS.index(field), answer)
        for row, dater in enumerate(experiment.people.values())
        for field, answer in dater.answers.items()
    ]
    person, trait, value = np.array(entries, np.float64).reshape(-1, 3).T
    made = trait_vectors(
        person, trait, np.ones(len(value)), np.full(len(value), LOWEST), np.full(len(value), HIGHEST), value,
        people=len(experiment.people), traits=len(QUESTION_FIELDS),
    )  # fmt: skip
    return made.vectors


def _interests(experiment: SpeedDating) -> tuple[Int64, Int64]:
    entries = [
        (row, ACTIVITIES.index(field))
        for row, dater in enumerate(experiment.people.values())
        for field, answer in dater.answers.items()
        if field in ACTIVITIES and answer >= LIKED_ACTIVITY
    ]
    person, interest = np.array(entries, np.int64).reshape(-1, 2).T
    return person, interest
