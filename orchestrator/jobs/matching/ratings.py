"""From ratings of profiles to what people are rated, and what raters prefer; pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import Bool, Float32, Float64, Int64

LOWEST, HIGHEST = 1.0, 10.0
NEUTRAL_RATING = 5.5
"""Stands for the global mean where nobody has rated anybody."""
NO_DIRECTION = 1e-6
"""A preference shorter than this is rounding, not a preference, and stays zero."""


@dataclass(frozen=True, eq=False)
class Ratings:
    """Valid ratings, one an entry, in any order. Sums over them are exact in float64, whatever the order."""

    rater: Int64
    rated: Int64
    """Rows of the people, 0 to people - 1."""
    attribute: Int64
    """Column of the attribute, or `attributes` for the overall rating."""
    value: Float64
    """1 to 10."""
    people: int
    attributes: int

    @property
    def is_overall(self) -> Bool:
        """(r,) whether the rating is of the person as a whole."""
        return np.asarray(self.attribute == self.attributes)


@dataclass(frozen=True, eq=False)
class GlobalMeans:
    """The means over all ratings given."""

    overall: float
    """NEUTRAL_RATING where there is none."""
    overall_count: int
    attributes: Float64
    """(A,)"""
    attribute_counts: Int64
    """(A,)"""


@dataclass(frozen=True, eq=False)
class ProfileRatings:
    """What n people were rated."""

    overall_mean: Float64
    """(n,) NaN where not rated."""
    overall_count: Int64
    attribute_means: Float64
    """(n, A) NaN where not rated."""
    attribute_counts: Int64
    """(n, A)"""

    @property
    def rated(self) -> Bool:
        """(n,) whether any rating was received."""
        return np.asarray((self.overall_count > 0) | self.attribute_counts.any(axis=1))


@dataclass(frozen=True, eq=False)
class Preferences:
    """What raters look for, learned from what they rated highly."""

    vectors: Float32
    """(n, A) of unit length; zeros where nothing could be learned."""
    rated_count: Int64
    """(n,) profiles that got an overall rating from this person."""


def is_valid(rater: Int64, rated: Int64, value: Float64) -> Bool:
    """Tell which ratings can be used: between 1 and 10, and not of oneself."""
    return np.asarray((value >= LOWEST) & (value <= HIGHEST) & (rater != rated))


def global_means(ratings: Ratings) -> GlobalMeans:
    """Average over all ratings given, by attribute and overall."""
    width = ratings.attributes + 1
    counts = np.bincount(ratings.attribute, minlength=width)
    means = np.bincount(ratings.attribute, ratings.value, width) / np.maximum(counts, 1)
    return GlobalMeans(
        overall=float(means[-1]) if counts[-1] else NEUTRAL_RATING,
        overall_count=int(counts[-1]),
        attributes=means[:-1],
        attribute_counts=counts[:-1].astype(np.int64),
    )


def profile_ratings(ratings: Ratings) -> ProfileRatings:
    """Average what each person received, by attribute and overall."""
    width, shape = ratings.attributes + 1, (ratings.people, ratings.attributes + 1)
    cells = ratings.rated * width + ratings.attribute
    counts = np.bincount(cells, minlength=shape[0] * width).reshape(shape)
    sums = np.bincount(cells, ratings.value, shape[0] * width).reshape(shape)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return ProfileRatings(means[:, -1], counts[:, -1], means[:, :-1], counts[:, :-1])


def quality(profiles: ProfileRatings, prior: float, prior_weight: float) -> Float64:
    """Bayesian mean of the overall ratings received, scaled from 1..10 to 0..1, (n,)."""
    total = np.nan_to_num(profiles.overall_mean) * profiles.overall_count
    mean = (total + prior_weight * prior) / (profiles.overall_count + prior_weight)
    return np.asarray((mean - LOWEST) / (HIGHEST - LOWEST))


def centred_attributes(profiles: ProfileRatings, means: GlobalMeans) -> Float64:
    """What each person was rated beside the global means, (n, A); 0 where not rated."""
    return np.nan_to_num(profiles.attribute_means - means.attributes)


def preferences(ratings: Ratings, profiles: ProfileRatings, means: GlobalMeans) -> Preferences:
    """Learn what each rater prefers: attributes of profiles, weighted by how far above the mean."""
    rows = np.flatnonzero(ratings.is_overall)
    rows = rows[np.lexsort((ratings.rated[rows], ratings.rater[rows]))]  # a fixed order of summation
    rater, rated, value = ratings.rater[rows], ratings.rated[rows], ratings.value[rows]
    counts = np.bincount(rater, minlength=ratings.people)
    mean_given = np.bincount(rater, value, ratings.people) / np.maximum(counts, 1)
    liking = value - mean_given[rater]
    attributes = centred_attributes(profiles, means)
    sums = np.zeros((ratings.people, ratings.attributes))
    for column in range(ratings.attributes):
        sums[:, column] = np.bincount(rater, liking * attributes[rated, column], ratings.people)
    sums /= np.maximum(counts, 1)[:, None]
    length = np.sqrt((sums**2).sum(axis=1, keepdims=True))
    unit = np.where(length > NO_DIRECTION, sums / np.maximum(length, NO_DIRECTION), 0.0)
    return Preferences(unit.astype(np.float32), counts.astype(np.int64))
