"""The synthetic town in memory: the same bits from the same seed, and believable people."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from orchestrator.errors import UsageError
from orchestrator.source.town import Town, make_town
from orchestrator.source.town.encounters import Society
from orchestrator.source.town.people import GENDERS
from orchestrator.source.town.ratings import ATTRIBUTES

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = NOW.timestamp()


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town(8_000, 1, NOW)


def columns(part: Any) -> list[Any]:  # Any: dataclasses within dataclasses
    """Every value of a dataclass, however deep."""
    if is_dataclass(part):
        return [value for field in fields(part) for value in columns(getattr(part, field.name))]
    return [part]


def same(one: Town, other: Town) -> bool:
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind in "fM") if isinstance(a, np.ndarray) else a == b
               for a, b in zip(columns(one), columns(other), strict=True))  # fmt: skip


def test_the_same_people_seed_and_time_give_the_same_bits() -> None:
    assert same(make_town(500, 7, NOW), make_town(500, 7, NOW))


def test_another_seed_gives_another_town() -> None:
    one, other = make_town(500, 7, NOW), make_town(500, 8, NOW)

    assert not np.array_equal(one.people.true_age, other.people.true_age)
    assert not np.array_equal(one.quiz.answers, other.quiz.answers)


@pytest.mark.parametrize("people", [1, 2, 40])
def test_even_the_smallest_town_can_be_made(people: int) -> None:
    town = make_town(people, 1, NOW)

    assert len(town) == people
    assert len(town.interests.offsets) == people + 1


@pytest.mark.parametrize(
    ("people", "seed", "now", "named"),
    [
        (0, 1, NOW, "people must be from 1 to 10,000,000 (got 0)"),
        (10_000_001, 1, NOW, "got 10000001"),
        (5, -1, NOW, "seed must be 0 or more (got -1)"),
        (5, 1, datetime(2026, 3, 1), "now must carry a time zone"),  # noqa: DTZ001 -- the point of the case
    ],
)
def test_an_argument_that_cannot_be_used_is_named(people: int, seed: int, now: datetime, named: str) -> None:
    with pytest.raises(UsageError) as error:
        make_town(people, seed, now)

    assert named in str(error.value)


def test_cities_hold_people_in_proportion_to_their_population(town: Town) -> None:
    used = 8_000 // 33
    share = town.cities.population[:used] / town.cities.population[:used].sum()
    found = np.bincount(town.places.city, minlength=used) / len(town)

    assert np.corrcoef(share, found)[0, 1] > 0.99
    assert abs(found[0] - share[0]) < 0.015
    assert town.cities.name[0] == "New York City"


def test_people_live_around_their_city(town: Town) -> None:
    places, cities = town.places, town.cities
    north = (places.latitude - cities.latitude[places.city]) * 111.195

    assert 10 < np.median(np.abs(north)) * 1.4826 < 20
    assert 0.01 < (~places.known).mean() < 0.05


def test_ages_lean_to_the_twenties_and_thirties_and_nobody_is_a_minor(town: Town) -> None:
    age = town.people.true_age

    assert age.min() == 18
    assert age.max() <= 80
    assert ((age >= 20) & (age < 40)).mean() > 0.6


def test_birth_dates_give_the_age_that_the_town_knows(town: Town) -> None:
    known = np.flatnonzero(~np.isnat(town.people.birth_date))
    for row in known[:1_000].tolist():
        born: date = town.people.birth_date[row].item()
        birthday_passed = (NOW.month, NOW.day) >= (born.month, born.day)
        assert NOW.year - born.year - (not birthday_passed) == town.people.true_age[row]
    assert 0.01 < 1 - len(known) / len(town) < 0.035


def test_wished_ages_lie_around_the_persons_own(town: Town) -> None:
    wishes, age = town.preferences, town.people.true_age.astype(np.int64)
    both = (wishes.min_age != -1) & (wishes.max_age != -1)
    within = (wishes.min_age <= age) & (age <= wishes.max_age)

    assert (wishes.min_age <= wishes.max_age)[both].all()
    assert wishes.min_age[wishes.min_age != -1].min() >= 18
    assert within[both].mean() > 0.9


def test_most_people_seek_another_gender_and_some_are_open_to_all(town: Town) -> None:
    women = town.people.true_gender == GENDERS.index("woman")
    seeks_men = (town.preferences.seeking >> GENDERS.index("man") & 1).astype(bool)

    assert 0.8 < seeks_men[women].mean() < 0.98
    assert 0.02 < (town.preferences.seeking == 0).mean() < 0.09


def test_answers_of_a_trait_agree_and_reverse_keyed_ones_oppose(town: Town) -> None:
    questions, answers = town.quiz.questions, town.quiz.answers
    assert len(questions.traits) == 32
    for trait in questions.traits:
        pair = [q for q, name in enumerate(questions.trait) if name == trait]
        if len(pair) == 2:
            both = (answers[:, pair] > 0).all(axis=1)
            keyed = answers[both][:, pair] * questions.key[pair]
            assert np.corrcoef(keyed.T)[0, 1] > 0.3


def test_some_answer_nothing_and_the_others_most(town: Town) -> None:
    answered = (town.quiz.answers > 0).mean(axis=1)

    assert 0.09 < (answered == 0).mean() < 0.15
    assert 0.82 < answered[answered > 0].mean() < 0.88
    assert town.quiz.answers.max() == 5


def test_interests_follow_a_law_of_popularity_and_are_sets(town: Town) -> None:
    interests = town.interests
    sizes = np.diff(interests.offsets)
    holders = np.sort(np.bincount(interests.codes, minlength=256))[::-1]
    person = np.repeat(np.arange(len(town)), sizes)

    assert 11 < sizes.mean() < 13
    assert sizes.min() == 0
    assert sizes.max() == 20
    assert holders[0] > 5 * holders[128] > 0
    assert len(np.unique(person * 256 + interests.codes)) == len(interests.codes)
    assert (np.diff(interests.codes.astype(np.int64))[np.diff(person) == 0] > 0).all()


def test_ratings_are_whole_from_1_to_10_of_somebody_else_and_few_get_many(town: Town) -> None:
    ratings = town.ratings
    received = np.bincount(ratings.rated, minlength=len(town))

    assert (ratings.rater != ratings.rated).all()
    assert (ratings.values[:, ATTRIBUTES.index("overall")] >= 1).all()
    assert ratings.values.max() == 10
    assert received.max() > 5 * received[received > 0].mean()


def test_encounters_are_mostly_between_people_who_could_see_each_other(town: Town) -> None:
    society = Society(town.people, town.places, town.preferences, town.character)
    could = society.could_see(town.encounters.viewer, town.encounters.candidate)

    assert could.mean() > 0.8


def test_matches_are_pairs_that_liked_each_other(town: Town) -> None:
    relations, n = town.relations, len(town)
    likes = (relations.decisions.one * n + relations.decisions.other)[relations.liked]
    matches = relations.matches

    assert len(matches) > 0
    assert (matches.one < matches.other).all()
    assert np.isin(matches.one * n + matches.other, likes).all()
    assert np.isin(matches.other * n + matches.one, likes).all()


def test_nothing_happens_before_people_join_or_in_the_future(town: Town) -> None:
    joined, relations = town.people.created_at, town.relations
    for pairs in (
        relations.decisions,
        relations.matches,
        relations.hides,
        relations.blocks,
        relations.reports,
    ):
        assert len(pairs) > 0
        assert (pairs.at >= np.maximum(joined[pairs.one], joined[pairs.other])).all()
        assert (pairs.at <= SECOND).all()
    assert (town.quiz.answered_at >= joined).all()
    assert (town.interests.chosen_at <= SECOND).all()
    assert not (town.people.last_active_at < joined).any()
