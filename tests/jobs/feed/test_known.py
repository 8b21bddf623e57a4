"""Sets of ids: the same answers by table and by halving."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.jobs.feed import known

LOWEST, HIGHEST = -(2**63), 2**63 - 1
IDS = st.lists(st.one_of(st.integers(-20, 20), st.integers(LOWEST, HIGHEST)), max_size=20)


@given(ids=st.lists(st.integers(-20, 20), max_size=20), wanted=IDS)
def test_ids_that_lie_close_together_are_told_by_a_table(ids: list[int], wanted: list[int]) -> None:
    check(ids, wanted)


@given(ids=IDS, wanted=IDS)
def test_ids_that_lie_far_apart_are_told_by_halving(ids: list[int], wanted: list[int]) -> None:
    check(ids, wanted)


@pytest.mark.parametrize("width", [9, 10, 11])
def test_both_ways_meet_where_one_ends(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "WIDEST_TABLE", 10)
    check([5, 4 + width], list(range(20)))


def check(ids: list[int], wanted: list[int]) -> None:
    held = known.Known(np.array(sorted(set(ids)), np.int64))
    assert held.holds(np.array(wanted, np.int64)).tolist() == [one in ids for one in wanted]
