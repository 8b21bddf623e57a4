"""The tags of posts, none to five, as untidy as people write them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import Bool, Int64

from .interests import Catalogue
from .phrases import GENERAL_TAGS
from .posts import TownPosts
from .streams import Part, stream

BLANKS = ("", "  ")
SPELLINGS = 5
"""Plain, with a hash, capitalised, in capitals, between blanks."""
SPELLING_SHARES = (0.72, 0.12, 0.09, 0.04, 0.03)
LEFT_OUT, GENERAL, TWICE, BLANK = 0.25, 0.15, 0.04, 0.02
UNTAGGED = 0.05
"""Share of posts whose tags are NULL."""


@dataclass(frozen=True, eq=False)
class Tags:
    """The tags of n posts: CSR of places in a vocabulary of spellings."""

    vocabulary: tuple[str, ...]
    offsets: Int64
    codes: Int64
    null: Bool


def spellings(catalogue: Catalogue) -> tuple[str, ...]:
    """List every spelling of every tag: five for each interest, then the general ones and the blanks."""
    of_interests = (
        spelled
        for slug in catalogue.slug
        for spelled in (slug, f"#{slug}", slug.title(), slug.upper().replace("-", " "), f" {slug} ")
    )
    return (*of_interests, *GENERAL_TAGS, *BLANKS)


def make_tags(posts: TownPosts, rows: slice, seed: int) -> Tags:
    """Tag some posts with their topics, and now and then something else, twice, or nothing at all."""
    random = stream(seed, Part.TAGS, rows.start + 1)
    topics = posts.topics[rows].astype(np.int64)
    n, most = topics.shape
    general = len(posts.catalogue.slug) * SPELLINGS
    spelling: Int64 = random.choice(SPELLINGS, (n, most + 1), p=SPELLING_SHARES).astype(np.int64)
    codes = np.full((n, most + 2), -1, np.int64)
    codes[:, :most] = np.where(topics >= 0, topics * SPELLINGS + spelling[:, :most], -1)
    codes[:, :most][random.random((n, most)) < LEFT_OUT] = -1
    twice = np.flatnonzero((random.random(n) < TWICE) & (codes[:, 0] >= 0))
    codes[twice, most] = topics[twice, 0] * SPELLINGS + spelling[twice, most]
    drawn = random.random(n)
    other = np.asarray(random.integers(0, len(GENERAL_TAGS), n), np.int64)
    codes[:, most + 1] = np.where(drawn < GENERAL, general + other, -1)
    blank = drawn >= 1 - BLANK
    codes[blank, most + 1] = general + len(GENERAL_TAGS) + other[blank] % len(BLANKS)
    null = np.asarray(random.random(n) < UNTAGGED)
    codes[null] = -1
    has = codes >= 0
    offsets = np.concatenate([[0], np.cumsum(has.sum(axis=1))]).astype(np.int64)
    return Tags(spellings(posts.catalogue), offsets, codes[has], null)
