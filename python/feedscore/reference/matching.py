"""Match score v1 in plain NumPy and float64: the specification, and the oracle that the Rust kernel is tested against.

Formulas: docs/algorithms.md. One viewer against everybody at a time; clear before fast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..facts import (
    GOAL_SHIFT,
    INTEREST_SHIFT,
    NEARBY_SHIFT,
    QUIZ_BASE_PERCENT,
    QUIZ_SHIFT,
    TIER_SHIFT,
    Reason,
)
from ..population import OPEN_LIMIT, Bool, Float64, Int64, MatchLists, MatchSettings, Population, UInt32

EARTH_RADIUS_KM = 6371.0088
ADULT_AGE = 18

FACTORS = (
    "quiz",
    "interests",
    "proximity",
    "goals",
    "age_fit",
    "rating_quality",
    "rating_fit",
    "newness",
)


@dataclass(frozen=True, eq=False)
class ViewerScores:
    """One viewer against all n candidates, before the filters and the cut."""

    values: dict[str, Float64]
    """Factor name -> (n,) in [0, 1]."""
    missing: dict[str, Bool]
    """Factor name -> (n,) whether an input was missing and `values` holds the default."""
    distance_km: Float64
    """(n,) NaN where either place is unknown."""
    hide_multiplier: Float64
    """(n,) in (0, 1]."""
    score: Float64
    """(n,)"""


def weights(settings: MatchSettings) -> dict[str, float]:
    """Map each factor's name to its weight, in the order of the formula."""
    return {name: float(getattr(settings, f"{name}_weight")) for name in FACTORS}


def distance_km(population: Population, viewer: int) -> Float64:
    """Measure the great-circle distance in km to everybody, (n,); NaN where either place is unknown."""
    here = _unit_vectors(population.latitude[viewer : viewer + 1], population.longitude[viewer : viewer + 1])
    there = _unit_vectors(population.latitude, population.longitude)
    chord = np.sqrt(((there - here) ** 2).sum(axis=1))
    distance = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(1.0, chord / 2))
    return np.where(population.placed & population.placed[viewer], distance, np.nan)


def filters(population: Population, viewer: int) -> dict[str, Bool]:
    """Apply each hard filter to everybody: filter name -> (n,) True where the pair passes.

    `viewer_...` filters are the viewer's wishes or state, `candidate_...` the candidate's; a pair is eligible where
    all hold.
    """
    p, n = population, len(population)
    allowed = p.active & (p.age >= ADULT_AGE)
    excluded = np.zeros(n, bool)
    excluded[p.excluded_rows[p.excluded_offsets[viewer] : p.excluded_offsets[viewer + 1]]] = True
    distance = distance_km(p, viewer)
    return {
        "not_self": np.arange(n) != viewer,
        "viewer_active_adult": np.full(n, allowed[viewer]),
        "candidate_active_adult": allowed,
        "viewer_seeks_gender": _seeks(p.seeking[viewer : viewer + 1], p.gender),
        "candidate_seeks_gender": _seeks(p.seeking, p.gender[viewer : viewer + 1]),
        "viewer_age_range": _within(p.age, p.min_age[viewer : viewer + 1], p.max_age[viewer : viewer + 1]),
        "candidate_age_range": _within(p.age[viewer : viewer + 1], p.min_age, p.max_age),
        "viewer_max_distance": ~(distance > np.float64(p.max_distance_km[viewer])),
        "candidate_max_distance": ~(distance > p.max_distance_km.astype(np.float64)),
        "not_excluded": ~excluded,
    }


def eligible(population: Population, viewer: int) -> Bool:
    """Tell who passes all hard filters with the viewer, (n,)."""
    return np.asarray(np.logical_and.reduce(list(filters(population, viewer).values())), dtype=bool)


def score(population: Population, settings: MatchSettings, viewer: int) -> ViewerScores:
    """Score everybody for one viewer, filters aside."""
    p, n = population, len(population)
    distance = distance_km(p, viewer)
    age_fit, age_fit_missing = _age_fit(p, viewer)
    quiz, no_quiz = _cosine(p.traits[viewer].astype(np.float64), p.traits.astype(np.float64))
    fit, no_fit = _cosine(
        p.rating_preference[viewer].astype(np.float64), p.rating_attributes.astype(np.float64)
    )
    interests, no_interests = _interest_jaccard(p, viewer)
    goals, no_goals = _goal_jaccard(p, viewer)
    nowhere = np.isnan(distance)
    nearness = np.exp(-np.where(nowhere, 0.0, distance) / settings.proximity_scale_km)
    values = {
        "quiz": np.where(no_quiz, 0.5, (1 + quiz) / 2),
        "interests": interests,
        "proximity": np.where(nowhere, settings.proximity_unknown, nearness),
        "goals": np.where(no_goals, 0.5, goals),
        "age_fit": age_fit,
        "rating_quality": p.rating_quality.astype(np.float64),
        "rating_fit": np.where(no_fit, 0.5, (1 + fit) / 2),
        "newness": np.exp(-p.days_since_joined.astype(np.float64) / settings.newness_scale_days),
    }
    missing = {
        "quiz": no_quiz,
        "interests": no_interests,
        "proximity": nowhere,
        "goals": no_goals,
        "age_fit": age_fit_missing,
        "rating_quality": ~p.rated,
        "rating_fit": no_fit,
        "newness": np.zeros(n, bool),
    }
    multiplier = _hide_multiplier(p, settings, viewer)
    total = sum(weight * values[name] for name, weight in weights(settings).items()) * multiplier
    return ViewerScores(values, missing, distance, multiplier, np.asarray(total, dtype=np.float64))


def match_top(
    population: Population, settings: MatchSettings, viewers: UInt32 | None = None, k: int = 200
) -> MatchLists:
    """List the k best eligible candidates of each viewer (default: of everybody): score descending, then id ascending.

    The order is that of the scores rounded to float32, as they are stored.
    """
    rows = np.arange(len(population), dtype=np.uint32) if viewers is None else viewers
    rarity = interest_rarity(population)
    lists, scores, facts = [], [], []
    for viewer in rows:
        scored = score(population, settings, int(viewer))
        passing = np.flatnonzero(eligible(population, int(viewer)))
        rounded = scored.score.astype(np.float32)
        best = passing[np.lexsort((population.ids[passing], -rounded[passing]))][:k]
        lists.append(best.astype(np.uint32))
        scores.append(rounded[best])
        facts.append(
            np.array(
                [_pack(population, settings, scored, rarity, int(viewer), int(c)) for c in best], np.int64
            )
        )
    candidates = np.concatenate([np.empty(0, np.uint32), *lists])
    return MatchLists(
        viewers=np.asarray(rows, np.uint32),
        offsets=np.cumsum([0, *map(len, lists)], dtype=np.int64),
        candidates=candidates,
        scores=np.concatenate([np.empty(0, np.float32), *scores]),
        facts=np.concatenate([np.empty(0, np.int64), *facts]),
        ids=population.ids,
    )


def interest_rarity(population: Population) -> Int64:
    """Rank the interest codes by rarity: (C,) place of each, fewest holders first, ties by code; C = largest code + 1."""
    holders = population.interest_people
    if holders is None:
        holders = np.bincount(population.interest_codes)
    rank = np.empty(len(holders), np.int64)
    rank[np.argsort(holders, kind="stable")] = np.arange(len(holders))
    return rank


def viewer_interests(population: Population, rarity: Int64, viewer: int) -> list[int]:
    """List the viewer's interest codes, rarest first: the order that packed facts refer to."""
    return sorted(_interests(population, viewer).tolist(), key=lambda code: int(rarity[code]))


def _pack(
    p: Population, settings: MatchSettings, scored: ViewerScores, rarity: Int64, viewer: int, candidate: int
) -> int:
    """Pack tier and reasons as `feedscore.facts` says."""
    present = _present_reasons(p, settings, scored, viewer, candidate)
    contribution = {
        reason: weights(settings)[name] * scored.values[name][candidate]
        for reason, name in zip(
            Reason, ("quiz", "interests", "proximity", "goals", "rating_quality", "newness"), strict=True
        )
    }
    ordered = sorted(present, key=lambda reason: (-contribution[reason], reason))
    packed = sum(reason << 3 * slot for slot, reason in enumerate(ordered))
    if Reason.QUIZ in present:
        packed |= (round_half_up(100 * scored.values["quiz"][candidate]) - QUIZ_BASE_PERCENT) << QUIZ_SHIFT
    if Reason.NEARBY in present:
        packed |= max(1, round_half_up(scored.distance_km[candidate])) << NEARBY_SHIFT
    if Reason.GOAL in present:
        packed |= _shared_goal_place(p, viewer, candidate) << GOAL_SHIFT
    if Reason.INTERESTS in present:
        shared = set(_interests(p, candidate).tolist())
        places = [i + 1 for i, code in enumerate(viewer_interests(p, rarity, viewer)) if code in shared]
        for slot, place in enumerate(places[:3]):
            packed |= place << INTEREST_SHIFT + 9 * slot
    complete = not any(missing[candidate] for missing in scored.missing.values())
    if complete and np.float32(scored.score[candidate]) >= np.float32(settings.tier_a_score):
        packed |= 1 << TIER_SHIFT
    return packed


def _present_reasons(
    p: Population, settings: MatchSettings, scored: ViewerScores, viewer: int, candidate: int
) -> set[Reason]:
    """Tell which reasons hold for the pair."""
    shared_interests = np.intersect1d(_interests(p, viewer), _interests(p, candidate)).size
    holds = {
        Reason.QUIZ: not scored.missing["quiz"][candidate]
        and scored.values["quiz"][candidate] >= settings.quiz_reason_value,
        Reason.INTERESTS: shared_interests > 0,
        Reason.NEARBY: scored.distance_km[candidate] <= settings.nearby_reason_km,
        Reason.GOAL: (p.goals[viewer] & p.goals[candidate]) != 0,
        Reason.HIGHLY_RATED: p.rated[candidate]
        and scored.values["rating_quality"][candidate] >= settings.highly_rated_value,
        Reason.NEW_HERE: p.days_since_joined[candidate] <= settings.new_here_days,
    }
    return {reason for reason, held in holds.items() if held}


def _shared_goal_place(p: Population, viewer: int, candidate: int) -> int:
    """Find the rarest shared goal (ties: the smallest code) and tell its place among the viewer's goals by code."""
    counts = p.goal_people
    holders = {
        g: int(((p.goals >> np.uint64(g)) & np.uint64(1)).sum() if counts is None else counts[g])
        for g in _bits(int(p.goals[viewer]))
    }
    shared = _bits(int(p.goals[viewer] & p.goals[candidate]))
    return list(holders).index(min(shared, key=lambda g: (holders[g], g)))


def round_half_up(value: float) -> int:
    """Round to the nearest whole number, halves upwards."""
    return int(np.floor(value + 0.5))


def _bits(mask: int) -> list[int]:
    return [bit for bit in range(64) if mask >> bit & 1]


def _interests(p: Population, row: int) -> np.ndarray[tuple[int], np.dtype[np.uint16]]:
    return p.interest_codes[p.interest_offsets[row] : p.interest_offsets[row + 1]]


def _unit_vectors(latitude: Float64, longitude: Float64) -> Float64:
    lat, lon = np.radians(np.nan_to_num(latitude)), np.radians(np.nan_to_num(longitude))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def _seeks(seeking: np.ndarray, gender: np.ndarray) -> Bool:
    """Open (0) seeks all; else the gender's bit must be set, and code 0 has none."""
    named = (seeking >> gender.astype(np.uint64)) & np.uint64(1)
    return np.asarray((seeking == 0) | ((gender != 0) & (named == 1)), dtype=bool)


def _within(age: np.ndarray, low: np.ndarray, high: np.ndarray) -> Bool:
    years = age.astype(np.int64)
    return np.asarray(
        ((low == OPEN_LIMIT) | (years >= low)) & ((high == OPEN_LIMIT) | (years <= high)), dtype=bool
    )


def _cosine(mine: Float64, theirs: Float64) -> tuple[Float64, Bool]:
    """Cosine of one vector with each row, in [-1, 1], and where either is all zeros."""
    lengths = np.linalg.norm(mine) * np.linalg.norm(theirs, axis=1)
    unknown = lengths == 0
    return np.clip(theirs @ mine / np.where(unknown, 1.0, lengths), -1, 1), unknown


def _interest_jaccard(p: Population, viewer: int) -> tuple[Float64, Bool]:
    mine = np.zeros(1 << 16, bool)
    mine[_interests(p, viewer)] = True
    running = np.concatenate([[0], np.cumsum(mine[p.interest_codes])])
    shared = running[p.interest_offsets[1:]] - running[p.interest_offsets[:-1]]
    sizes = np.diff(p.interest_offsets)
    union = sizes + sizes[viewer] - shared
    return shared / np.maximum(union, 1), (sizes == 0) | (sizes[viewer] == 0)


def _goal_jaccard(p: Population, viewer: int) -> tuple[Float64, Bool]:
    shared = np.array([int(mask).bit_count() for mask in (p.goals & p.goals[viewer])], np.int64)
    sizes = p.goal_count.astype(np.int64)
    union = sizes + sizes[viewer] - shared
    return shared / np.maximum(union, 1), (sizes == 0) | (sizes[viewer] == 0)


def _age_fit(p: Population, viewer: int) -> tuple[Float64, Bool]:
    is_open = (p.min_age == OPEN_LIMIT) | (p.max_age == OPEN_LIMIT)
    middle = (p.min_age.astype(np.float64) + p.max_age) / 2
    half = np.maximum((p.max_age.astype(np.float64) - p.min_age) / 2, 0)
    age = p.age.astype(np.float64)
    theirs_to_mine = np.abs(age - middle[viewer]) / (half[viewer] + 1)
    mine_to_theirs = np.abs(age[viewer] - middle) / (half + 1)
    fit = np.clip(1 - 0.5 * (theirs_to_mine + mine_to_theirs), 0, 1)
    missing = is_open | is_open[viewer]
    return np.where(missing, 0.5, fit), missing


def _hide_multiplier(p: Population, settings: MatchSettings, viewer: int) -> Float64:
    multiplier = np.ones(len(p))
    entries = slice(p.hidden_offsets[viewer], p.hidden_offsets[viewer + 1])
    faded = settings.hide_strength * np.exp(
        -p.hidden_days[entries].astype(np.float64) / settings.hide_scale_days
    )
    multiplier[p.hidden_rows[entries]] = 1 - faded
    return multiplier
