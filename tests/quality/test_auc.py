"""The AUC of the evaluations, against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from benches.quality.auc import Estimate, auc, auc_by_group, resampled_auc, resampled_mean, resamples


def by_definition(label: np.ndarray, score: np.ndarray) -> float:
    """Compare every positive with every negative."""
    difference = score[label][:, None] - score[~label]
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_share_of_pairs_in_the_right_order_with_ties_counting_half(seed: int) -> None:
    random = np.random.default_rng(seed)
    label, score = random.random(80) < 0.3, random.integers(0, 12, 80).astype(np.float64)

    assert auc(label, score) == pytest.approx(by_definition(label, score), abs=1e-12)


def test_a_perfect_score_has_1_a_reversed_one_0_and_a_constant_one_a_half() -> None:
    label, score = np.array([True, False, True, False]), np.array([3.0, 1.0, 4.0, 2.0])

    assert auc(label, score) == 1
    assert auc(label, -score) == 0
    assert auc(label, np.zeros(4)) == 0.5


def test_it_is_not_defined_where_all_labels_are_equal() -> None:
    assert np.isnan(auc(np.ones(3, bool), np.arange(3.0)))


def test_a_resample_has_the_auc_of_its_rows_written_out() -> None:
    random = np.random.default_rng(1)
    label, score = random.random(200) < 0.4, random.integers(0, 30, 200).astype(np.float64)
    cluster = random.integers(0, 6, 200)
    times = resamples(6, 20, 3)

    values = resampled_auc(label, score, cluster, times)

    for row, value in zip(times.astype(int), values, strict=True):
        picked = np.concatenate([np.tile(np.flatnonzero(cluster == c), row[c]) for c in range(6)])
        assert value == pytest.approx(by_definition(label[picked], score[picked]), abs=1e-12)


def test_the_first_resample_is_the_data_themselves() -> None:
    times = resamples(4, 10, 1)

    assert (times[0] == 1).all()
    assert (times.sum(axis=1) == 4).all()


def test_groups_are_judged_one_by_one() -> None:
    names, areas = auc_by_group(
        np.array([True, False, True, True, False]),
        np.array([2.0, 1.0, 1.0, 5.0, 9.0]),
        np.array([7, 7, 8, 9, 9]),
    )

    assert names.tolist() == [7, 8, 9]
    np.testing.assert_array_equal(areas, [1.0, np.nan, 0.0])


def test_means_of_resamples_weigh_each_value_as_often_as_its_cluster_comes() -> None:
    times = np.array([[1.0, 1.0], [2.0, 0.0]])

    values, cluster = np.array([1.0, 3.0, 8.0, np.nan]), np.array([0, 0, 5, 5])

    assert resampled_mean(values, cluster, times).tolist() == [4.0, 2.0]


def test_an_estimate_is_the_first_value_with_the_middle_of_the_others() -> None:
    estimate = Estimate.of(np.concatenate([[0.5], np.linspace(0, 1, 1_001)]))

    assert str(estimate) == "0.500 (0.025 to 0.975)"
