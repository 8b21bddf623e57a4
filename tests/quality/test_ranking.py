"""Rank correlation and recall."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from benches.quality.ranking import highest, ranks, recall, spearman

VALUES = st.lists(st.integers(-5, 5), min_size=2, max_size=30)


@settings(max_examples=50)
@given(VALUES, st.randoms(use_true_random=False))
def test_ranks_and_correlation_are_those_of_scipy(values: list[int], random: Random) -> None:
    one = np.array(values, np.float64)
    other = np.array([random.randint(-3, 3) for _ in values], np.float64)

    np.testing.assert_array_equal(ranks(one), stats.rankdata(one))
    if len(set(values)) > 1 and len(set(other.tolist())) > 1:
        assert spearman(one, other) == pytest.approx(stats.spearmanr(one, other).statistic)
    else:
        assert np.isnan(spearman(one, other))


def test_the_highest_come_best_first_and_what_is_not_ranked_never() -> None:
    scores = np.array([1.0, 3.0, -np.inf, 3.0, 2.0])

    assert highest(scores, 3).tolist() == [1, 3, 4]
    assert highest(scores, 9).tolist() == [1, 3, 4, 0]


def test_recall_is_the_share_of_the_wanted_that_was_chosen() -> None:
    assert recall(np.array([4, 1, 9]), frozenset({1, 2, 3, 9})) == 0.5
    assert np.isnan(recall(np.array([4]), frozenset()))
