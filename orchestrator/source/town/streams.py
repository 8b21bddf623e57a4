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
    POSTS = 10
    AUDIENCE = 11
    EVENTS = 12
    INCIDENTS = 13
    BODIES = 14
    TAGS = 15
    MESSAGES = 16
    VISITS = 17
    MEDIA = 18
    REASONS = 19


def stream(seed: int, part: Part, piece: int = 0) -> np.random.Generator:
    """Start the stream of one part: the same seed gives the same numbers, whatever the other parts drew.

    A part that is made piece by piece has a stream for each, so that any piece can be made by itself.
    """
    return np.random.default_rng([seed, part, piece] if piece else [seed, part])


def pieces(total: int, size: int = 1 << 16) -> list[slice]:
    """Cut `total` rows into slices of `size`, so that wide random matrices stay small."""
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]
