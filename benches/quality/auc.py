"""The area under the ROC curve, and how sure one can be of it when observations come in clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import Bool, Float64, Int64


@dataclass(frozen=True)
class Estimate:
    """A figure and the interval that holds 95% of its bootstrap values."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"

    @classmethod
    def of(cls, values: Float64) -> Estimate:
        """Sum up what a figure is for each row of `resamples`, the first of which is the data as they are."""
        known = values[1:][~np.isnan(values[1:])]
        low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (np.nan, np.nan)
        return cls(float(values[0]), float(low), float(high))


def resamples(clusters: int, count: int, seed: int) -> Float64:
    """Draw how often each cluster comes in each resample, (count + 1, clusters); the first row is ones."""
    drawn = np.random.default_rng(seed).multinomial(clusters, np.full(clusters, 1 / clusters), count)
    return np.vstack([np.ones(clusters), drawn])


def auc(label: Bool, score: Float64) -> float:
    """Tell how often a positive scores above a negative, ties counting half; NaN where either is missing."""
    positives, negatives = score[label], np.sort(score[~label])
    if not len(positives) or not len(negatives):
        return float("nan")
    return float(_wins(positives, negatives).mean() / len(negatives))


def resampled_auc(label: Bool, score: Float64, cluster: Int64, times: Float64) -> Float64:
    """Compute the AUC of each resample of clusters, (r,), for `times` (r, clusters) that each cluster comes.

    A resample's AUC is a sum, over pairs of clusters, of how often positives of one beat negatives of the
    other; so these are counted once, and no resample needs to be sorted.
    """
    names = np.unique(cluster)
    positives = [score[label & (cluster == name)] for name in names]
    negatives = [np.sort(score[~label & (cluster == name)]) for name in names]
    wins = np.array([[_wins(one, other).sum() for other in negatives] for one in positives])
    pairs = (times @ [len(one) for one in positives]) * (times @ [len(other) for other in negatives])
    with np.errstate(invalid="ignore"):
        return np.asarray(np.einsum("ra,ab,rb->r", times, wins, times) / pairs)


def auc_by_group(label: Bool, score: Float64, group: Int64) -> tuple[Int64, Float64]:
    """Compute the AUC in each group: the groups, ascending, and their AUC, NaN where all labels are equal."""
    order = np.argsort(group, kind="stable")
    names, first = np.unique(group[order], return_index=True)
    parts = np.split(order, first[1:])
    return names, np.array([auc(label[rows], score[rows]) for rows in parts])


def resampled_mean(values: Float64, cluster: Int64, times: Float64) -> Float64:
    """Average the values that are not NaN in each resample of clusters, (r,); NaN where there are none."""
    _, place = np.unique(cluster, return_inverse=True)
    sums, counts = np.bincount(place, np.nan_to_num(values)), np.bincount(place, ~np.isnan(values))
    with np.errstate(invalid="ignore"):
        return np.asarray((times @ sums) / (times @ counts))


def _wins(positives: Float64, negatives: Float64) -> Float64:
    """Count, for each positive, the (sorted) negatives below it, and half of those equal to it."""
    below = np.searchsorted(negatives, positives)
    return np.asarray((below + np.searchsorted(negatives, positives, "right")) / 2)
