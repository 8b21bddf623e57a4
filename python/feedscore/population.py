"""The columns that match scoring reads, as NumPy arrays of one length, and the lists that it returns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]
UInt64 = NDArray[np.uint64]
UInt32 = NDArray[np.uint32]
UInt16 = NDArray[np.uint16]
UInt8 = NDArray[np.uint8]
Int16 = NDArray[np.int16]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

MAX_TRAITS = 64
MAX_RATING_ATTRIBUTES = 16
MAX_INTERESTS_PER_PERSON = 500
MAX_INTEREST_CODES = 65_535
MAX_GOALS = 64
OPEN_LIMIT = -1
"""The value of `min_age` and `max_age` that stands for no limit."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Population:
    """Everybody who may see or be shown, one row a person, in any order.

    All arrays are C-contiguous and of exactly the dtype given here; n is the number of people. Rows are named by
    their position, 0 to n - 1. Sparse columns are CSR: the entries of row i stand at `offsets[i]:offsets[i + 1]`.
    """

    ids: Int64
    """(n,) unique; ties in score are broken by the smaller id."""
    active: Bool
    """(n,) the account is active and visible."""
    age: UInt8
    """(n,) whole years, 0 = unknown; below 18, or unknown, is never matched."""
    gender: UInt8
    """(n,) 0 = unknown or sought by nobody by name, else a code from 1 to 63."""
    seeking: UInt64
    """(n,) bit g set: gender code g is sought; bit 0 is never set; 0 = open to all."""
    min_age: Int16
    max_age: Int16
    """(n,) years, inclusive; -1 = no limit. A range that is empty (min above max) fits nobody."""
    placed: Bool
    """(n,) whether latitude and longitude are known; where False they are ignored."""
    latitude: Float64
    longitude: Float64
    """(n,) degrees, -90 to 90 and -180 to 180 where placed."""
    max_distance_km: Float32
    """(n,) 0 or more; inf = no limit."""
    traits: Float32
    """(n, T) T <= 64; the quiz vector, of unit length; a row of zeros = no vector."""
    interest_offsets: Int64
    interest_codes: UInt16
    """CSR; codes strictly ascending within a person, at most 500 a person."""
    goals: UInt64
    """(n,) bit g set: has relationship goal g."""
    goal_count: UInt8
    """(n,) number of goals, at least the number of bits: goals that only one person has need no bit."""
    rating_quality: Float32
    """(n,) the Bayesian mean of received overall ratings scaled to [0, 1]; the prior where not rated."""
    rated: Bool
    """(n,) whether any overall rating was received."""
    rating_preference: Float32
    rating_attributes: Float32
    """(n, A) A <= 16; what the person prefers, and how the person was rated, centred; a row of zeros = unknown."""
    days_since_joined: Float32
    """(n,) 0 or more."""
    excluded_offsets: Int64
    excluded_rows: UInt32
    """CSR of rows that the viewer never sees: blocks and reports either way, own decisions, matches; ascending."""
    hidden_offsets: Int64
    hidden_rows: UInt32
    hidden_days: Float32
    """CSR of rows that the viewer hid, ascending, with the days since the latest hide, 0 or more."""
    interest_people: Int64 | None = None
    """(C,) how many people count as having each interest code, all below C; None = as many as have it here.
    Fewer = rarer, and told first; ties by code."""
    goal_people: Int64 | None = None
    """(64,) the same of each goal."""

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, kw_only=True)
class MatchSettings:
    """Weights and constants of match score v1; the defaults are those of docs/algorithms.md.

    Weights are from 0 to 1000, scales from 0.001 to 1e9, `proximity_unknown` and `hide_strength` at most 1, and all
    other values finite and above 0. Packed facts have room for a `quiz_reason_value` of at least 0.6 and a
    `nearby_reason_km` of at most 31. ValueError names the field otherwise.
    """

    quiz_weight: float = 0.30
    interests_weight: float = 0.20
    proximity_weight: float = 0.15
    goals_weight: float = 0.10
    age_fit_weight: float = 0.05
    rating_quality_weight: float = 0.08
    rating_fit_weight: float = 0.07
    newness_weight: float = 0.05
    proximity_scale_km: float = 50.0
    proximity_unknown: float = 0.25
    newness_scale_days: float = 14.0
    hide_strength: float = 0.9
    hide_scale_days: float = 90.0
    tier_a_score: float = 0.6
    quiz_reason_value: float = 0.6
    nearby_reason_km: float = 25.0
    highly_rated_value: float = 0.75
    new_here_days: float = 14.0


@dataclass(frozen=True, kw_only=True, eq=False)
class MatchLists:
    """The best candidates of some viewers, best first; the list of viewer i stands at `offsets[i]:offsets[i + 1]`."""

    viewers: UInt32
    """(v,) rows of the population, as asked for."""
    offsets: Int64
    """(v + 1,)"""
    candidates: UInt32
    """(t,) rows of the population."""
    scores: Float32
    """(t,) in [0, 1] with the default weights; descending within a list, ties by ascending candidate id."""
    facts: Int64
    """(t,) tier and reasons, packed as `feedscore.facts` says; (0,) where not asked for."""
    ids: Int64
    """(n,) of the population."""

    @cached_property
    def candidate_ids(self) -> Int64:
        """(t,) found when first asked for."""
        return self.ids[self.candidates]
