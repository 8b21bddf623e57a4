"""Independent streams of random numbers, one for each part of a town."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Part(IntEnum):
    """The parts of a town; numbers are never used again, so that a new part leaves the others as they are."""

    PLACES = 1
    PEOPLE = 2
    PREFERENCES = 3
    CHARACTER = 4
    QUIZ = 5
    INTERESTS = 6
    ENCOUNTERS = 7
    RATINGS = 8
    RELATIONS = 9


def stream(seed: int, part: Part) -> np.random.Generator:
    """Start the stream of one part: the same seed gives the same numbers, whatever the other parts drew."""
    return np.random.default_rng([seed, part])


def pieces(total: int, size: int = 1 << 16) -> list[slice]:
    """Cut `total` rows into slices of `size`, so that wide random matrices stay small."""
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]
