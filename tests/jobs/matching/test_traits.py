"""The arithmetic of quiz vectors, by hand and by properties."""

from __future__ import annotations

import numpy as np
import pytest

from orchestrator.jobs.matching.traits import TraitTotals, trait_vectors


def test_vectors_by_hand() -> None:
    # Two people, traits 0 and 1, scale 1 to 5. The second question of trait 0 is reverse-keyed.
    result = trait_vectors(
        [0, 0, 1, 1], [0, 0, 0, 1], [1, -1, 1, 1], [1] * 4, [5] * 4, [5, 1, 3, 2], people=2, traits=2
    )
    assert result.means.tolist() == [0.5, -0.5]  # person 0 has 1 on trait 0, person 1 has 0 and -0.5
    assert result.vectors.tolist() == [[1, 0], [-1, 0]]
    assert result.people.tolist() == [2, 1]
    assert result.answered.tolist() == [2, 2]
    assert result.ignored == 0


def test_answers_outside_the_scale_and_not_numbers_are_ignored_and_counted() -> None:
    good = trait_vectors([0, 1], [0, 0], 1, 1, 5, [1, 5], people=2, traits=1)
    bad = trait_vectors(
        [0, 1, 0, 0, 1, 1], [0] * 6, 1, 1, 5, [1, 5, 6, np.nan, 0.99, np.inf], people=2, traits=1
    )
    assert bad.ignored == 4
    assert np.array_equal(bad.vectors, good.vectors)
    assert bad.answered.tolist() == [1, 1]


@pytest.mark.parametrize(("low", "high", "key"), [(5, 1, 1), (1, 1, 1), (1, 5, 2), (1, 5, 0), (1, np.inf, 1)])
def test_questions_that_cannot_be_used_count_for_nothing(low: float, high: float, key: int) -> None:
    result = trait_vectors([0], [0], [key], [low], [high], [1], people=1, traits=1)
    assert result.ignored == 1
    assert not result.vectors.any()


def test_people_who_are_all_average_have_no_direction() -> None:
    people = 7
    result = trait_vectors(np.arange(people), [0] * people, 1, 1, 7, [2.7] * people, people=people, traits=1)
    assert result.vectors.tolist() == [[0]] * people
    assert result.answered.tolist() == [1] * people


def test_the_order_and_the_pieces_of_the_answers_do_not_change_a_bit() -> None:
    random = np.random.default_rng(5)
    n, people, traits = 20_000, 300, 6
    person, trait = random.integers(0, people, n), random.integers(0, traits, n)
    value = random.uniform(1, 7, n).astype(np.float32)
    whole = trait_vectors(person, trait, 1, 1, 7, value, people=people, traits=traits)
    totals = TraitTotals(people, traits)
    for part in np.array_split(random.permutation(n), 13):
        totals.add(person[part], trait[part], 1, 1, 7, value[part])
    pieces = totals.vectors()
    assert whole.vectors.tobytes() == pieces.vectors.tobytes()
    assert whole.means.tobytes() == pieces.means.tobytes()
    assert np.allclose(np.linalg.norm(whole.vectors, axis=1), 1)


def test_nobody_and_no_traits_are_fine() -> None:
    assert trait_vectors([], [], [], [], [], [], people=0, traits=3).vectors.shape == (0, 3)
    assert trait_vectors([], [], [], [], [], [], people=2, traits=0).vectors.shape == (2, 0)
