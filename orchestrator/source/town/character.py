"""What makes people differ: a few hidden factors that their answers and interests share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import Float32

from .streams import Part, stream

FACTORS = 8


@dataclass(frozen=True, eq=False)
class Character:
    """Hidden traits of n people; no table shows them."""

    factors: Float32
    """(n, 8) standard normal: quiz answers and interests both lean on them."""
    appeal: Float32
    """(n,) standard normal: how others rate the person."""
    kindness: Float32
    """(n,) standard normal: how mildly the person rates others."""


def make_character(people: int, seed: int) -> Character:
    """Draw everybody's character."""
    random = stream(seed, Part.CHARACTER)
    return Character(
        random.standard_normal((people, FACTORS), np.float32),
        random.standard_normal(people, np.float32),
        random.standard_normal(people, np.float32),
    )
