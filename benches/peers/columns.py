"""What all peers may prepare beforehand, untimed: the columns of match score v1, as suits them best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore import MatchSettings, Population
from feedscore.population import Bool, Float32, Float64, Int64, UInt8, UInt32, UInt64
from feedscore.reference import ADULT_AGE, EARTH_RADIUS_KM

K = 200


@dataclass(frozen=True, eq=False)
class Columns:
    """The m people who may be matched at all, by ascending id: a smaller position wins a tie."""

    ids: Int64
    gender_bit: UInt64
    seeks: UInt64
    """All bits set = open; `seeks[u] & gender_bit[v]` tells whether u seeks v."""
    age: UInt8
    low: UInt8
    high: UInt8
    """0 and 255 where open."""
    ranged: Bool
    middle: Float32
    slope: Float32
    """0.5 / (half the range + 1): age_fit is 1 - |age_v - middle_u| slope_u - |age_u - middle_v| slope_v."""
    place: Float64
    """(m, 3) km from the centre of the Earth; NaN = unknown; comparisons let NaN pass."""
    reach: Float64
    """The square of the longest chord within max_distance_km, km²; inf = no limit."""
    viewer_vector: Float32
    candidate_vector: Float32
    """(m, v) quiz and ratings, weights included, padded to a multiple of 8: one dot product for both."""
    base: Float32
    """What a candidate brings to every viewer: rating quality, newness and the halves of the two cosines."""
    interests: UInt64
    """(m, w) bit sets."""
    interest_count: Float32
    goals: UInt64
    goal_count: Float32
    excluded_offsets: Int64
    excluded: UInt32
    hidden_offsets: Int64
    hidden: UInt32
    hidden_multiplier: Float32
    settings: MatchSettings

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class Answer:
    """The best of each of the m people; rows shorter than k end in position -1 and score 0."""

    best: np.ndarray
    """(m, k) positions in Columns, best first; where `viewers` is given, one row a viewer."""
    scores: Float32
    eligible: int
    """Pairs that passed the filters, 0 = not counted."""


def prepare(population: Population, settings: MatchSettings) -> Columns:
    """Turn the population into columns; inactive people and minors drop out here, for every peer."""
    p, s = population, settings
    order = np.argsort(p.ids)
    rows = order[(p.active & (p.age >= ADULT_AGE))[order]]
    half = np.maximum((p.max_age.astype(np.float64) - p.min_age)[rows] / 2, 0)
    viewer_vector, candidate_vector = _vectors(p, s, rows)
    excluded_offsets, excluded, _ = _cut(p.excluded_offsets, p.excluded_rows, p.excluded_rows, rows, len(p))
    hidden_offsets, hidden, days = _cut(p.hidden_offsets, p.hidden_rows, p.hidden_days, rows, len(p))
    return Columns(
        ids=p.ids[rows],
        gender_bit=np.uint64(1) << p.gender[rows].astype(np.uint64),
        seeks=np.where(p.seeking[rows] == 0, np.uint64(2**64 - 1), p.seeking[rows]),
        age=p.age[rows],
        low=np.clip(p.min_age[rows], 0, 255).astype(np.uint8),
        high=np.where(p.max_age[rows] < 0, 255, np.clip(p.max_age[rows], 0, 255)).astype(np.uint8),
        ranged=(p.min_age >= 0)[rows] & (p.max_age >= 0)[rows],
        middle=((p.min_age[rows].astype(np.float64) + p.max_age[rows]) / 2).astype(np.float32),
        slope=(0.5 / (half + 1)).astype(np.float32),
        place=_places(p)[rows],
        reach=_reach(p.max_distance_km[rows].astype(np.float64)),
        viewer_vector=viewer_vector,
        candidate_vector=candidate_vector,
        base=_base(p, s)[rows],
        interests=_bit_sets(p)[rows],
        interest_count=np.diff(p.interest_offsets)[rows].astype(np.float32),
        goals=p.goals[rows],
        goal_count=p.goal_count[rows].astype(np.float32),
        excluded_offsets=excluded_offsets,
        excluded=excluded,
        hidden_offsets=hidden_offsets,
        hidden=hidden,
        hidden_multiplier=(1 - s.hide_strength * np.exp(-days / s.hide_scale_days)).astype(np.float32),
        settings=settings,
    )


def take(columns: Columns, positions: np.ndarray, name: str) -> np.ndarray:
    """Pick some people's values of one column, contiguous."""
    return np.ascontiguousarray(getattr(columns, name)[positions])


def _places(p: Population) -> Float64:
    latitude, longitude = np.radians(np.nan_to_num(p.latitude)), np.radians(np.nan_to_num(p.longitude))
    circle = np.cos(latitude)
    unit = np.stack([circle * np.cos(longitude), circle * np.sin(longitude), np.sin(latitude)], axis=1)
    return np.where(p.placed[:, None], EARTH_RADIUS_KM * unit, np.nan)


def _reach(limit_km: Float64) -> Float64:
    angle = limit_km / (2 * EARTH_RADIUS_KM)
    chord = 2 * EARTH_RADIUS_KM * np.sin(np.minimum(angle, np.pi / 2))
    return np.where(angle >= np.pi / 2, np.inf, chord**2)


def _vectors(p: Population, s: MatchSettings, rows: np.ndarray) -> tuple[Float32, Float32]:
    traits = _unit(p.traits[rows])
    width = -(-(traits.shape[1] + p.rating_preference.shape[1]) // 8) * 8
    viewer, candidate = np.zeros((len(rows), width), np.float32), np.zeros((len(rows), width), np.float32)
    for start, mine, theirs, weight in (
        (0, traits, traits, s.quiz_weight),
        (
            traits.shape[1],
            _unit(p.rating_preference[rows]),
            _unit(p.rating_attributes[rows]),
            s.rating_fit_weight,
        ),
    ):
        viewer[:, start : start + mine.shape[1]] = weight / 2 * mine
        candidate[:, start : start + mine.shape[1]] = theirs
    return viewer, candidate


def _unit(vectors: Float32) -> Float64:
    wide = vectors.astype(np.float64)
    length = np.linalg.norm(wide, axis=1, keepdims=True)
    return wide / np.where(length == 0, 1, length)


def _base(p: Population, s: MatchSettings) -> Float32:
    newness = np.exp(-p.days_since_joined.astype(np.float64) / s.newness_scale_days)
    fixed = (s.quiz_weight + s.rating_fit_weight) / 2
    return np.asarray(
        fixed + s.rating_quality_weight * p.rating_quality + s.newness_weight * newness, dtype=np.float32
    )


def _bit_sets(p: Population) -> UInt64:
    codes = int(p.interest_codes.max(initial=0)) + 1
    bits = np.zeros((len(p), -(-codes // 64) * 8), np.uint8)
    person = np.repeat(np.arange(len(p)), np.diff(p.interest_offsets))
    np.bitwise_or.at(
        bits, (person, p.interest_codes >> 3), np.uint8(1) << (p.interest_codes & 7).astype(np.uint8)
    )
    return bits.view(np.uint64)


def _cut(
    offsets: Int64, entries: UInt32, values: np.ndarray, rows: np.ndarray, people: int
) -> tuple[Int64, UInt32, np.ndarray]:
    """Rename a CSR's rows and entries by position in `rows`, dropping entries that are not in it."""
    position = np.full(people, -1, np.int64)
    position[rows] = np.arange(len(rows))
    owner = position[np.repeat(np.arange(people), np.diff(offsets))]
    entry = position[entries]
    keep = (owner >= 0) & (entry >= 0)
    owner, entry, values = owner[keep], entry[keep], values[keep]
    order = np.lexsort((entry, owner))
    counts = np.bincount(owner, minlength=len(rows))
    return (
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        entry[order].astype(np.uint32),
        values[order],
    )
