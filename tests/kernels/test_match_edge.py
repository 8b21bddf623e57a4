"""What the match kernel refuses: every fault is named, and nothing panics or reads out of bounds."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedscore import MatchIndex, MatchSettings, Population, simd_paths
from tests.kernels.spoiled import FAULTS, spoil

from .populations import crowd, someone, sparse


def changed(name: str, place: int, value: Any, n: int = 20) -> Population:  # Any: a number
    population = crowd(n, seed=4)
    population = replace(population, placed=np.ones(n, bool))
    column = getattr(population, name).copy()
    column.reshape(-1)[place] = value
    return replace(population, **{name: column})


@pytest.mark.parametrize(
    ("name", "place", "value", "message"),
    [
        ("latitude", 17, 200.0, r"latitude\[17\] = 200: must be within -90 and 90"),
        ("latitude", 3, np.nan, r"latitude\[3\] = NaN"),
        ("longitude", 0, -np.inf, r"longitude\[0\] = -inf: must be within -180 and 180"),
        ("max_distance_km", 2, -1, r"max_distance_km\[2\] = -1: must be 0 or more"),
        ("max_distance_km", 2, np.nan, r"max_distance_km\[2\] = NaN"),
        ("traits", 5, np.inf, r"traits\[5\] = inf: must be finite"),
        ("rating_preference", 1, np.nan, r"rating_preference\[1\] = NaN"),
        ("rating_attributes", 1, np.nan, r"rating_attributes\[1\] = NaN"),
        ("rating_quality", 1, 1.5, r"rating_quality\[1\] = 1.5: must be within 0 and 1"),
        ("days_since_joined", 9, -0.5, r"days_since_joined\[9\] = -0.5"),
        ("hidden_days", 0, np.nan, r"hidden_days\[0\] = NaN"),
        ("gender", 4, 64, r"gender\[4\] = 64: must be at most 63"),
        ("seeking", 4, 3, r"seeking\[4\] = 3: must not have bit 0 set"),
        ("min_age", 4, -5, r"min_age\[4\] = -5: must be 0 or more, or -1"),
        ("goals", 4, 2**64 - 1, r"goal_count\[4\] = .*: must be at least the 64 bits of goals"),
        ("interest_offsets", 0, 1, r"interest_offsets\[0\] = 1: must be 0"),
        ("interest_offsets", 20, 10**9, r"interest_offsets\[20\] = 1000000000"),
        ("interest_offsets", 5, -1, r"interest_offsets\[5\] = -1: must not descend"),
        ("excluded_offsets", 5, 10**9, r"excluded_offsets\[6\] = .*: must not descend"),
        ("excluded_rows", 0, 20, r"excluded_rows\[0\] = 20: must be below 20, the number of people"),
        ("hidden_rows", 0, 2**32 - 1, r"hidden_rows\[0\] = 4294967295"),
    ],
)
def test_values_out_of_range_are_named(name: str, place: int, value: float, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        MatchIndex(changed(name, place, value))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"ids": np.array([1, 2, 1])}, ValueError, r"ids\[2\] = 1: must be unique"),
        ({"ids": np.arange(3, dtype=np.int32)}, TypeError, "ids: must be of int64, not int32"),
        ({"ids": np.arange(3, dtype=">i8")}, TypeError, "ids: must be of int64, not >i8"),
        ({"ids": [1, 2, 3]}, TypeError, "ids: must be a NumPy array of int64, not list"),
        ({"active": np.ones(3, np.uint8)}, TypeError, "active: must be of bool, not uint8"),
        ({"active": np.ones(4, bool)}, ValueError, r"len\(active\) = 4: must be 3 for 3 people"),
        ({"latitude": np.zeros((3, 1))}, ValueError, r"latitude.shape = \(3, 1\): must have 1 dimension"),
        ({"latitude": np.zeros(6)[::2]}, ValueError, "latitude: must be C-contiguous"),
        (
            {"traits": np.zeros((3, 65), np.float32)},
            ValueError,
            r"traits.shape\[1\] = 65: must be at most 64",
        ),
        ({"traits": np.zeros((2, 3), np.float32)}, ValueError, r"len\(traits\) = 2: must be 3"),
        ({"traits": np.zeros((3, 4), np.float32, order="F")}, ValueError, "traits: must be C-contiguous"),
        (
            {"rating_attributes": np.zeros((3, 3), np.float32)},
            ValueError,
            r"rating_preference.shape = \(3, 2\)",
        ),
        (
            dict(
                zip(
                    ("rating_attributes", "rating_preference"),
                    [np.zeros((3, 17), np.float32)] * 2,
                    strict=True,
                )
            ),
            ValueError,
            r"rating_attributes.shape\[1\] = 17",
        ),
        ({"interest_offsets": np.zeros(3, np.int64)}, ValueError, r"len\(interest_offsets\) = 3: must be 4"),
        ({"interest_offsets": np.zeros(0, np.int64)}, ValueError, r"len\(interest_offsets\) = 0: must be 4"),
        ({"hidden_days": np.zeros(1, np.float32)}, ValueError, r"len\(hidden_days\) = 1: must be 0"),
    ],
)
def test_wrong_arrays_are_named(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:  # Any: arrays
    with pytest.raises(error, match=f"^{message}"):
        MatchIndex(replace(someone(3), **change))


@pytest.mark.parametrize("rows", [[2, 1], [1, 1]])
def test_sparse_rows_must_ascend(rows: list[int]) -> None:
    offsets, codes = sparse([[], rows, []], np.uint16)
    with pytest.raises(ValueError, match=r"^interest_codes\[1\] = 1: must ascend within row 1"):
        MatchIndex(replace(someone(3), interest_offsets=offsets, interest_codes=codes))
    offsets, hidden = sparse([[], rows, []], np.uint32)
    days = np.zeros(2, np.float32)
    with pytest.raises(ValueError, match=r"^hidden_rows\[1\] = 1: must ascend within row 1"):
        MatchIndex(replace(someone(3), hidden_offsets=offsets, hidden_rows=hidden, hidden_days=days))


def test_too_many_interests_are_refused() -> None:
    offsets, codes = sparse([list(range(501))], np.uint16)
    with pytest.raises(ValueError, match="number of interest_codes = 501: row 0: at most 500 a person"):
        MatchIndex(replace(someone(1), interest_offsets=offsets, interest_codes=codes))


@pytest.mark.parametrize("field", [field.name for field in fields(MatchSettings)])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_impossible_settings_are_named(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{field} = "):
        MatchIndex(someone(2), replace(MatchSettings(), **{field: value}))


def test_arguments_of_top_are_checked() -> None:
    index = MatchIndex(someone(3))
    with pytest.raises(ValueError, match=r"viewers\[1\] = 3: must be below 3, the number of people"):
        index.top(np.array([0, 3], np.uint32))
    with pytest.raises(TypeError, match="viewers: must be of uint32, not int64"):
        index.top(np.array([0]))
    with pytest.raises(ValueError, match="k = 0: must be 1 or more"):
        index.top(k=0)
    with pytest.raises(ValueError, match="threads = -1"):
        index.top(threads=-1)
    with pytest.raises(ValueError, match="simd = mmx: this machine has"):
        MatchIndex(someone(3), simd="mmx")
    assert simd_paths()[-1] == "plain"


def test_bools_that_are_neither_0_nor_1_count_as_true() -> None:
    odd = np.array([1, 2, 255], np.uint8).view(bool)
    assert MatchIndex(replace(someone(3), active=odd, placed=odd, rated=odd)).top().offsets[-1] == 6


COLUMN_NAMES = [field.name for field in fields(Population)]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(COLUMN_NAMES), st.integers(0, 2**32), st.integers(0, FAULTS - 1))
def test_random_wrong_arrays_never_panic(name: str, seed: int, fault: int) -> None:
    r = np.random.default_rng(seed)
    people = np.arange(100, dtype=np.int64)
    population = replace(crowd(12, seed=seed % 7), interest_people=people, goal_people=people[:64])
    column = getattr(population, name)
    column = spoil(column, fault, r)
    try:
        result = MatchIndex(replace(population, **{name: column})).top(np.arange(12, dtype=np.uint32), k=5)
    except (TypeError, ValueError):
        return
    assert result.offsets[-1] == len(result.candidates)
    assert np.isfinite(result.scores).all()
