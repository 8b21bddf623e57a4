"""The 256 interests of interests.csv in 12 subjects, and who has which."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from feedscore.population import Float32, Float64, Int64, UInt16

from .character import FACTORS, Character
from .people import SECONDS_PER_DAY, People
from .streams import Part, pieces, stream

MOST = 20
WITHOUT = 0.03
ZIPF = 0.8
CODE_BITS = np.uint32(0xFF)


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The rows of app.subjects and app.interests; interest i has id i + 1, and so have subjects."""

    subjects: tuple[str, ...]
    subject: Int64
    """Place of each interest's subject."""
    slug: tuple[str, ...]
    name: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Interests:
    """Who has which interests: CSR, those of person i stand at `offsets[i]:offsets[i + 1]`."""

    catalogue: Catalogue
    offsets: Int64
    codes: UInt16
    """Places in the catalogue, ascending within a person."""
    chosen_at: Float64
    """(n,) seconds since 1970, when the person chose them."""


@cache
def read_catalogue() -> Catalogue:
    """Read interests.csv."""
    rows = list(csv.DictReader(files(__package__).joinpath("interests.csv").read_text("utf-8").splitlines()))
    subjects = tuple(dict.fromkeys(row["subject"] for row in rows))
    return Catalogue(
        subjects=subjects,
        subject=np.array([subjects.index(row["subject"]) for row in rows], np.int64),
        slug=tuple(row["slug"] for row in rows),
        name=tuple(row["name"] for row in rows),
    )


def make_interests(people: People, character: Character, seed: int, now: float) -> Interests:
    """Let everybody choose 0 to 20 interests, 12 on average: popular ones more often, in subjects liked."""
    catalogue, n = read_catalogue(), len(people)
    random = stream(seed, Part.INTERESTS)
    popularity = _popularity(catalogue)
    leaning = (0.35 * random.standard_normal((FACTORS, len(catalogue.subjects)))).astype(np.float32)
    count = np.clip(np.rint(random.normal(12.3, 4.0, n)), 1, MOST).astype(np.int64)
    count[random.random(n) < WITHOUT] = 0
    codes = []
    for rows in pieces(n, 1 << 14):
        liking = np.exp(character.factors[rows] @ leaning)[:, catalogue.subject] * popularity
        codes.append(_draw(random, liking, count[rows]))
    longest = np.maximum(now - people.created_at, 0.0)
    chosen_at = people.created_at + np.floor(np.minimum(random.exponential(SECONDS_PER_DAY, n), longest))
    offsets = np.concatenate([[0], np.cumsum(count)])
    return Interests(catalogue, offsets, np.concatenate([np.empty(0, np.uint16), *codes]), chosen_at)


def _popularity(catalogue: Catalogue) -> Float32:
    """Weigh interests by Zipf's law; first in rank come the first of every subject, then the second ones."""
    within = np.arange(len(catalogue.slug)) - np.searchsorted(catalogue.subject, catalogue.subject)
    rank = np.argsort(np.lexsort((catalogue.subject, within)))
    return ((1.0 + rank) ** -ZIPF).astype(np.float32)


def _draw(random: np.random.Generator, liking: Float32, count: Int64) -> UInt16:
    """Draw `count` interests of each row without replacement, by liking; flat, ascending within a row.

    The smallest of exponential variates divided by the weights are such a sample. The low bits of each
    variate give way to the code, so that one sort of integers (positive floats sort like them) brings both.
    """
    keys = (random.standard_exponential(liking.shape, np.float32) / liking).view(np.uint32)
    keys = keys & ~CODE_BITS | np.arange(liking.shape[1], dtype=np.uint32)
    ranked = np.sort(np.partition(keys, MOST, axis=1)[:, :MOST], axis=1) & CODE_BITS
    beyond = liking.shape[1]
    kept = np.sort(np.where(np.arange(MOST) < count[:, None], ranked, beyond), axis=1)
    return np.asarray(kept[kept < beyond], np.uint16)
