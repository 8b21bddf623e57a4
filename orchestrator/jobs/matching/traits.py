"""From quiz answers to unit vectors: a person's mean on each trait, centred on everybody's; pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feedscore.population import Bool, Float32, Float64, Int64

Int32 = NDArray[np.int32]

FIXED_POINT = 2.0**30
"""Answers are summed as multiples of 1 / FIXED_POINT, exactly: the order of the rows does not matter."""
NO_DIRECTION = 1e-6
"""A centred vector shorter than this is rounding, not an opinion, and stays zero."""


@dataclass(frozen=True, eq=False)
class TraitVectors:
    """The vectors of n people on T traits, and what they were made from."""

    vectors: Float32
    """(n, T) of unit length; zeros for somebody without answers, or exactly average in everything."""
    means: Float64
    """(T,) over the people who answered; 0 where nobody did."""
    people: Int64
    """(T,) how many answered at least one question of the trait."""
    answered: Int64
    """(n,) valid answers."""
    ignored: int
    """Answers left out: outside their scale, not a number, or of a question that cannot be used."""


class TraitTotals:
    """The running sums of answers per person and trait; they may be added in any order and any pieces."""

    def __init__(self, people: int, traits: int) -> None:
        self._sums: Float64 = np.zeros((people, traits))
        self._counts: Int32 = np.zeros((people, traits), np.int32)
        self.ignored = 0

    def add(
        self,
        person: ArrayLike,
        trait: ArrayLike,
        key: ArrayLike,
        scale_min: ArrayLike,
        scale_max: ArrayLike,
        value: ArrayLike,
    ) -> None:
        """Add answers, one an entry: rows of person and trait, key +1 or -1, the scale, and the answer."""
        signed, valid = signed_answers(key, scale_min, scale_max, value)
        self.ignored += int(valid.size - valid.sum())
        rows, columns = np.asarray(person, np.int64)[valid], np.asarray(trait, np.int64)[valid]
        if not rows.size:
            return
        first, last, width = int(rows.min()), int(rows.max()), self._sums.shape[1]
        cells, shape = (rows - first) * width + columns, (last + 1 - first, width)
        units = np.rint(signed[valid] * FIXED_POINT)
        size = shape[0] * width
        self._sums[first : last + 1] += np.bincount(cells, units, size).reshape(shape)
        self._counts[first : last + 1] += np.bincount(cells, minlength=size).reshape(shape).astype(np.int32)

    def vectors(self, means: Float64 | None = None) -> TraitVectors:
        """Centre on `means` (T,), or on the people's own, and scale to unit length."""
        answered, people = self._counts > 0, (self._counts > 0).sum(axis=0)
        values = self._sums / FIXED_POINT / np.maximum(self._counts, 1)
        if means is None:
            means = values.sum(axis=0) / np.maximum(people, 1)
        centred = np.where(answered, values - means, 0.0)
        length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
        unit = np.where(length > NO_DIRECTION, centred / np.maximum(length, NO_DIRECTION), 0.0)
        return TraitVectors(
            vectors=unit.astype(np.float32),
            means=means,
            people=people.astype(np.int64),
            answered=self._counts.sum(axis=1, dtype=np.int64),
            ignored=self.ignored,
        )


def signed_answers(
    key: ArrayLike, scale_min: ArrayLike, scale_max: ArrayLike, value: ArrayLike
) -> tuple[Float64, Bool]:
    """Bring answers to -1..1 in the direction of their trait; the mask tells which can be used."""
    sign, low, high, answer = (
        np.asarray(column, np.float64) for column in (key, scale_min, scale_max, value)
    )
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        usable = (np.abs(sign) == 1) & (high > low) & np.isfinite(high - low)
        valid = usable & (answer >= low) & (answer <= high)
        return sign * (2 * (answer - low) / (high - low) - 1), valid


def trait_vectors(
    person: ArrayLike,
    trait: ArrayLike,
    key: ArrayLike,
    scale_min: ArrayLike,
    scale_max: ArrayLike,
    value: ArrayLike,
    *,
    people: int,
    traits: int,
) -> TraitVectors:
    """Turn all answers, one an entry, into the vectors of `people` people on `traits` traits, in one go."""
    totals = TraitTotals(people, traits)
    totals.add(person, trait, key, scale_min, scale_max, value)
    return totals.vectors()
