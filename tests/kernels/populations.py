"""Populations for the tests of the match kernel: small nasty ones by hypothesis, larger ones from a seed."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from feedscore import Population

PER_PERSON = (
    "ids", "active", "age", "gender", "seeking", "min_age", "max_age", "placed", "latitude", "longitude",
    "max_distance_km", "traits", "goals", "goal_count", "rating_quality", "rated", "rating_preference",
    "rating_attributes", "days_since_joined",
)  # fmt: skip
SPOTS = (
    (0.0, 0.0), (0.0, 1e-7), (0.0, 0.2), (52.5, 13.4), (52.52, 13.41), (52.9, 13.4), (0.0, 180.0),
    (0.0, -180.0), (0.1, 179.9), (0.1, -179.9), (90.0, 0.0), (90.0, 77.0), (-90.0, 5.0), (89.9, -120.0), (-52.5, -166.6),
)  # fmt: skip


def someone(n: int, *, traits: int = 3, attributes: int = 2, **columns: Any) -> Population:  # Any: columns
    """Make n people who all suit each other, all in one place and all alike, but for the columns given."""
    empty = np.zeros(n + 1, np.int64)
    population = Population(
        ids=np.arange(n, dtype=np.int64) + 1,
        active=np.ones(n, bool),
        age=np.full(n, 30, np.uint8),
        gender=np.ones(n, np.uint8),
        seeking=np.zeros(n, np.uint64),
        min_age=np.full(n, 25, np.int16),
        max_age=np.full(n, 40, np.int16),
        placed=np.ones(n, bool),
        latitude=np.full(n, 52.5),
        longitude=np.full(n, 13.4),
        max_distance_km=np.full(n, np.inf, np.float32),
        traits=np.tile(np.eye(1, traits, dtype=np.float32), (n, 1))
        if traits
        else np.zeros((n, 0), np.float32),
        interest_offsets=empty,
        interest_codes=np.zeros(0, np.uint16),
        goals=np.full(n, 3, np.uint64),
        goal_count=np.full(n, 2, np.uint8),
        rating_quality=np.full(n, 0.5, np.float32),
        rated=np.ones(n, bool),
        rating_preference=np.ones((n, attributes), np.float32),
        rating_attributes=np.ones((n, attributes), np.float32),
        days_since_joined=np.full(n, 10, np.float32),
        excluded_offsets=empty,
        excluded_rows=np.zeros(0, np.uint32),
        hidden_offsets=empty,
        hidden_rows=np.zeros(0, np.uint32),
        hidden_days=np.zeros(0, np.float32),
    )
    return replace(population, **columns)


def sparse(rows: list[list[int]], dtype: type[np.generic]) -> tuple[Any, Any]:  # Any: arrays of that dtype
    """Pack rows as CSR: offsets and values."""
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    return offsets, np.array([value for row in rows for value in row], dtype)


def crowd(
    n: int, seed: int, *, traits: int = 8, attributes: int = 4, codes: int = 60, cities: int = 6
) -> Population:
    """Make n people in some cities, with all that is known, unknown, excluded and hidden of real ones."""
    r = np.random.default_rng(seed)
    age = r.integers(16, 70, n).astype(np.uint8)
    age[r.random(n) < 0.02] = 0
    spread = r.integers(0, 20, (2, n))
    low, high = age.astype(np.int16) - spread[0], age.astype(np.int16) + spread[1]
    low, high = np.maximum(low, 0), high.astype(np.int16)
    low[r.random(n) < 0.1], high[r.random(n) < 0.1] = -1, -1
    gender = r.choice([0, 1, 1, 1, 2, 2, 2, 3, 63], n).astype(np.uint8)
    seeking = r.choice(np.array([0, 2, 4, 6, 8, 1 << 63], np.uint64), n)
    city = r.integers(0, cities, n)
    centre = np.stack([r.uniform(-60, 60, cities), r.uniform(-179, 179, cities)])
    vectors = r.normal(size=(n, traits)) * (r.random((n, 1)) < 0.9)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors / np.where(lengths == 0, 1, lengths)
    goals = r.integers(0, 64, n).astype(np.uint64) & r.integers(0, 64, n).astype(np.uint64)
    held = [sorted({int(c) for c in r.zipf(1.3, r.integers(0, 16)) if c < codes}) for _ in range(n)]
    interest_offsets, interest_codes = sparse(held, np.uint16)
    excluded = [sorted(set(r.integers(0, n, r.poisson(3)).tolist())) for _ in range(n)]
    excluded_offsets, excluded_rows = sparse(excluded, np.uint32)
    hidden = [sorted(set(r.integers(0, n, r.poisson(2)).tolist())) for _ in range(n)]
    hidden_offsets, hidden_rows = sparse(hidden, np.uint32)
    return Population(
        ids=r.permutation(n * 3)[:n].astype(np.int64) - n,
        active=r.random(n) < 0.95,
        age=age,
        gender=gender,
        seeking=seeking,
        min_age=low.astype(np.int16),
        max_age=high,
        placed=r.random(n) < 0.93,
        latitude=centre[0, city] + r.normal(0, 0.3, n),
        longitude=np.clip(centre[1, city] + r.normal(0, 0.3, n), -180, 180),
        max_distance_km=r.choice(np.array([0, 5, 30, 80, 150, np.inf], np.float32), n),
        traits=vectors.astype(np.float32),
        interest_offsets=interest_offsets,
        interest_codes=interest_codes,
        goals=goals,
        goal_count=(np.bitwise_count(goals) + (r.random(n) < 0.2)).astype(np.uint8),
        rating_quality=r.random(n).astype(np.float32),
        rated=r.random(n) < 0.7,
        rating_preference=(r.normal(size=(n, attributes)) * (r.random((n, 1)) < 0.8)).astype(np.float32),
        rating_attributes=(r.normal(size=(n, attributes)) * (r.random((n, 1)) < 0.8)).astype(np.float32),
        days_since_joined=r.exponential(60, n).astype(np.float32),
        excluded_offsets=excluded_offsets,
        excluded_rows=excluded_rows,
        hidden_offsets=hidden_offsets,
        hidden_rows=hidden_rows,
        hidden_days=r.exponential(60, len(hidden_rows)).astype(np.float32),
    )


def reordered(population: Population, order: np.ndarray) -> Population:
    """Give the same people in another order of rows: row i of the result is row order[i]."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    columns: dict[str, Any] = {name: getattr(population, name)[order] for name in PER_PERSON}  # Any: arrays

    def rows(offsets: np.ndarray, values: np.ndarray) -> list[list[Any]]:  # Any: numbers
        return [values[offsets[row] : offsets[row + 1]].tolist() for row in order]

    p = population
    columns["interest_offsets"], columns["interest_codes"] = sparse(
        rows(p.interest_offsets, p.interest_codes), np.uint16
    )
    excluded = [sorted(int(place[row]) for row in mine) for mine in rows(p.excluded_offsets, p.excluded_rows)]
    columns["excluded_offsets"], columns["excluded_rows"] = sparse(excluded, np.uint32)
    pairs = zip(rows(p.hidden_offsets, p.hidden_rows), rows(p.hidden_offsets, p.hidden_days), strict=True)
    hidden = [sorted((int(place[row]), days) for row, days in zip(*mine, strict=True)) for mine in pairs]
    columns["hidden_offsets"], columns["hidden_rows"] = sparse(
        [[row for row, _ in mine] for mine in hidden], np.uint32
    )
    columns["hidden_days"] = np.array([days for mine in hidden for _, days in mine], np.float32)
    assert set(columns) == {field.name for field in fields(Population)} - {"interest_people", "goal_people"}
    return replace(population, **columns)


@st.composite
def nasty(draw: st.DrawFn) -> Population:
    """Draw a small population full of ties, corner cases and missing data."""
    n = draw(st.integers(0, 40))
    traits, attributes = draw(st.sampled_from([0, 1, 2, 3, 5, 64])), draw(st.sampled_from([0, 1, 2, 16]))
    spots = draw(st.lists(st.sampled_from(SPOTS), min_size=1, max_size=4))
    r = np.random.default_rng(draw(st.integers(0, 2**32)))
    alike = draw(st.booleans())

    def pick(
        values: list[Any], dtype: type[np.generic], size: Any = n
    ) -> Any:  # Any: numbers, shapes, arrays
        return r.choice(np.array(values[:1] if alike and r.random() < 0.5 else values, dtype), size)

    place = np.array(spots)[r.integers(0, len(spots), n)].reshape(n, 2)
    goals = pick([0, 1, 3, 1 << 63, 0b101010], np.uint64)
    code_sets: list[list[int]] = [
        [],
        [0],
        [0, 65_534],
        list(range(500)),
        list(range(3, 600, 7)),
        [2, 3, 5, 7, 300],
    ]
    interest_offsets, interest_codes = sparse(
        [code_sets[i] for i in r.integers(0, len(code_sets), n)], np.uint16
    )
    share = draw(st.sampled_from([0.0, 0.1, 0.9]))
    excluded = [np.flatnonzero(r.random(n) < share).tolist() for _ in range(n)]
    excluded_offsets, excluded_rows = sparse(excluded, np.uint32)
    hidden = [np.flatnonzero(r.random(n) < share / 2).tolist() for _ in range(n)]
    hidden_offsets, hidden_rows = sparse(hidden, np.uint32)
    return Population(
        ids=(r.permutation(n).astype(np.int64) - n // 2) * (1 << 40),
        active=pick([True, True, False], np.bool_),
        age=pick([30, 18, 17, 0, 31, 45, 255], np.uint8),
        gender=pick([1, 0, 2, 63], np.uint8),
        seeking=pick([0, 2, 4, 6, 1 << 63], np.uint64),
        min_age=pick([-1, 18, 30, 0, 46, 300], np.int16),
        max_age=pick([-1, 31, 30, 17, 99, 32767], np.int16),
        placed=pick([True, True, True, False], np.bool_),
        latitude=place[:, 0].copy(),
        longitude=place[:, 1].copy(),
        max_distance_km=pick([np.inf, 0, 30, 22.239, 45, 20_015.2, 40_000], np.float32),
        traits=pick([1, 0, -1, 0.5, 1e-40], np.float32, (n, traits)),
        interest_offsets=interest_offsets,
        interest_codes=interest_codes,
        goals=goals,
        goal_count=(np.bitwise_count(goals) + pick([0, 1, 190], np.uint8)).astype(np.uint8),
        rating_quality=pick([0.5, 0, 1, 0.75], np.float32),
        rated=pick([True, False], np.bool_),
        rating_preference=pick([1, 0, -3, 1e30], np.float32, (n, attributes)),
        rating_attributes=pick([1, 0, -2, 1e-30], np.float32, (n, attributes)),
        days_since_joined=pick([0, 14, 14.000001, 1000, 1e30], np.float32),
        excluded_offsets=excluded_offsets,
        excluded_rows=excluded_rows,
        hidden_offsets=hidden_offsets,
        hidden_rows=hidden_rows,
        hidden_days=r.choice(np.array([0, 1, 90, 1e20], np.float32), len(hidden_rows)),
    )
