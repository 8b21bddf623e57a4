"""Who looked at whose profile, and who follows whom."""

from __future__ import annotations

import numpy as np

from .audience import Audience
from .encounters import Encounters
from .people import People
from .relations import Pairs
from .shelves import NOTHING
from .streams import Part, stream

LOOKED_CLOSER = 0.4
"""Share of encounters in which the profile was opened."""
FOLLOWED = 0.35
"""Share of favourite authors who are followed."""


def make_profile_views(encounters: Encounters, seed: int) -> Pairs:
    """Let people open the profiles of some of those whom they came across; in order of time."""
    random = stream(seed, Part.VISITS)
    rows = np.flatnonzero(random.random(len(encounters.viewer)) < LOOKED_CLOSER)
    rows = rows[np.argsort(encounters.at[rows], kind="stable")]
    return Pairs(encounters.viewer[rows], encounters.candidate[rows], encounters.at[rows])


def make_follows(people: People, audience: Audience, seed: int, now: float) -> Pairs:
    """Let people follow some of their favourite authors, never themselves; by follower and followee."""
    random = stream(seed, Part.VISITS, 1)
    n, favourites = len(people), audience.favourites
    chosen = (random.random(favourites.shape) < FOLLOWED) & (favourites != NOTHING)
    pair = np.unique((np.arange(n)[:, None] * n + favourites)[chosen])
    follower, followee = pair // n, pair % n
    follower, followee = follower[follower != followee], followee[follower != followee]
    joined = np.maximum(people.created_at[follower], people.created_at[followee])
    return Pairs(follower, followee, np.floor(joined + random.random(len(follower)) * (now - joined)))
