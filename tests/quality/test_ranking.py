"""Rank correlation and recall."""

from __future__ import annotations

from random import Random
from statistics import StatisticsError, correlation

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benches.quality.ranking import highest, ranks, recall, spearman

VALUES = st.lists(st.integers(-5, 5), min_size=2, max_size=30)


def counted_ranks(values: list[float]) -> list[float]:
    """The mean place, from 1, of a value among all: below it stand the smaller, beside it its equals."""
    return [sum(v < w for v in values) + (sum(v == w for v in values) + 1) / 2 for w in values]


@settings(max_examples=50)
@given(VALUES, st.randoms(use_true_random=False))
def test_ranks_are_counted_places_and_their_correlation_is_that_of_the_places(
    values: list[int], random: Random
) -> None:
    one = [float(value) for value in values]
    other = [float(random.randint(-3, 3)) for _ in values]
    measured = spearman(np.array(one), np.array(other))

    assert ranks(np.array(one)).tolist() == counted_ranks(one)
    try:
        assert measured == pytest.approx(correlation(counted_ranks(one), counted_ranks(other)), abs=1e-12)
    except StatisticsError:  # all equal
        assert np.isnan(measured)


def test_the_highest_come_best_first_and_what_is_not_ranked_never() -> None:
    scores = np.array([1.0, 3.0, -np.inf, 3.0, 2.0])

    assert highest(scores, 3).tolist() == [1, 3, 4]
    assert highest(scores, 9).tolist() == [1, 3, 4, 0]


def test_recall_is_the_share_of_the_wanted_that_was_chosen() -> None:
    assert recall(np.array([4, 1, 9]), frozenset({1, 2, 3, 9})) == 0.5
    assert np.isnan(recall(np.array([4]), frozenset()))
