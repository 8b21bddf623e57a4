"""What raters say about the people they came across: 1 to 10, over all and per attribute."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import Float32, Float64, Int64, UInt8

from .character import FACTORS, Character
from .encounters import Encounters
from .streams import Part, stream

ATTRIBUTES = ("overall", "attractive", "kind", "funny", "ambitious", "smart")
RATERS = 0.4
RATED = 0.7
ATTRIBUTE_GIVEN = 0.9


@dataclass(frozen=True, eq=False)
class Ratings:
    """One row a rater and a rated person."""

    rater: Int64
    rated: Int64
    """Rows of `People`; the pairs ascend."""
    values: UInt8
    """(m, 6) 1 to 10 in the order of ATTRIBUTES; 0 = not given; overall always is."""
    at: Float64


def make_ratings(encounters: Encounters, character: Character, seed: int) -> Ratings:
    """Let the raters rate most of the people they came across."""
    random = stream(seed, Part.RATINGS)
    rates = random.random(len(character.appeal)) < RATERS
    chosen = rates[encounters.viewer] & (random.random(len(encounters.viewer)) < RATED)
    rater, rated = encounters.viewer[chosen], encounters.candidate[chosen]
    qualities = _qualities(random, character)
    taste = random.dirichlet(np.full(len(ATTRIBUTES) - 1, 1.5), len(character.appeal)).astype(np.float32)
    noise = random.standard_normal((len(rater), len(ATTRIBUTES)), np.float32)
    mild = 5.8 + 0.9 * character.kindness[rater]
    attributes = mild[:, None] + 1.6 * qualities[rated] + 0.8 * noise[:, 1:]
    liked = 0.6 * character.appeal[rated] + 2.6 * (taste[rater] * qualities[rated]).sum(axis=1)
    overall = mild + liked + 0.7 * noise[:, 0]
    values = np.clip(np.rint(np.column_stack([overall, attributes])), 1, 10).astype(np.uint8)
    missing = random.random(values.shape) >= ATTRIBUTE_GIVEN
    missing[:, 0] = False
    values[missing] = 0
    return Ratings(rater, rated, values, encounters.at[chosen])


def _qualities(random: np.random.Generator, character: Character) -> Float32:
    """Derive how attractive, kind, ... each person is, (n, 5): part appeal, part character, part chance."""
    n, attributes = len(character.appeal), len(ATTRIBUTES) - 1
    leaning = random.standard_normal((FACTORS, attributes)).astype(np.float32)
    leaning /= np.linalg.norm(leaning, axis=0)
    own = random.standard_normal((n, attributes), np.float32)
    return np.asarray(
        0.5 * character.appeal[:, None] + 0.5 * (character.factors @ leaning) + 0.7 * own, np.float32
    )
