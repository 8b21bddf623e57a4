"""An index that was amended gives the lists of one that was built anew, and tells who sees whom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedscore import MatchIndex, Population, simd_paths
from feedscore.population import Float32, UInt32
from feedscore.population_rows import join, take

from .populations import crowd, nasty, someone, sparse
from .test_match_scores import assert_same

CODES = np.arange(65_535, 0, -1, dtype=np.int64)
GOALS = np.arange(64, dtype=np.int64) % 7


def told(population: Population) -> Population:
    """The same people with numbers of holders that come from elsewhere."""
    return replace(population, interest_people=CODES, goal_people=GOALS)


def changed(before: Population, others: Population, rows: UInt32) -> Population:
    """The first population with some rows, the new ones at the end included, as in the second."""
    n, total = len(before), max(len(before), int(rows[-1]) + 1 if len(rows) else 0)
    both, order = join([before, others]), np.arange(total)
    order[rows] = n + rows.astype(np.int64) % max(len(others), 1)
    after = take(both, order)
    ids = np.concatenate([before.ids, np.arange(1, total - n + 1) + before.ids.max(initial=0)])
    return replace(told(after), ids=ids)


def check(before: Population, after: Population, steps: list[UInt32], k: int) -> None:
    for simd in simd_paths():
        index = MatchIndex(told(before), simd=simd)
        for rows in steps:
            index.amend(rows, take(after, rows), total=len(after))
        everybody = np.arange(len(after), dtype=np.uint32)
        assert_same(index.top(everybody, k=k), MatchIndex(after, simd=simd).top(everybody, k=k))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(nasty(), st.integers(0, 2**32), st.integers(0, 5), st.sampled_from([1, 3, 200]))
def test_amended_nasty_populations_have_the_lists_of_new_ones(
    before: Population, seed: int, more: int, k: int
) -> None:
    r, n = np.random.default_rng(seed), len(before)
    shuffled = take(before, r.permutation(n))
    newcomers = np.arange(n, n + (more if n else 0), dtype=np.uint32)
    some = np.flatnonzero(r.random(n) < r.random()).astype(np.uint32)
    rows = np.concatenate([some, newcomers])
    after = changed(before, shuffled, rows)
    early = rows[(rows >= n) | (r.random(len(rows)) < 0.5)]
    check(before, after, [early, rows], k)


def test_an_amended_town_has_the_lists_of_a_new_one() -> None:
    before, others = crowd(3000, 1, cities=3), crowd(3000, 2, cities=3)
    rows = np.sort(np.random.default_rng(3).permutation(3040)[:700]).astype(np.uint32)
    rows = np.unique(np.concatenate([rows, np.arange(3000, 3040, dtype=np.uint32)]))
    after = changed(before, others, rows)
    check(before, after, [np.arange(3000, 3040, dtype=np.uint32), rows], 50)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(nasty(), st.integers(0, 2**32))
def test_who_sees_somebody_are_those_in_whose_lists_they_would_stand(
    population: Population, seed: int
) -> None:
    r, n = np.random.default_rng(seed), len(population)
    index = MatchIndex(population)
    lists = index.top(np.arange(n, dtype=np.uint32), k=max(n, 1))
    viewers = np.repeat(lists.viewers, np.diff(lists.offsets))
    thresholds: Float32 = r.choice(np.concatenate([[-np.inf], lists.scores]), n).astype(np.float32)
    candidates = np.flatnonzero(r.random(n) < 0.3).astype(np.uint32)
    seeing = np.isin(lists.candidates, candidates) & (lists.scores >= thresholds[viewers])
    for simd in simd_paths():
        found = MatchIndex(population, simd=simd).seen_by(candidates, thresholds)
        np.testing.assert_array_equal(found, np.unique(viewers[seeing]))


def test_whoever_comes_back_is_still_remembered() -> None:
    """Somebody excluded while inactive stays excluded when active again, and so does a newcomer."""
    offsets, excluded = sparse([[1], [0], []], np.uint32)
    away = someone(3, active=np.array([True, False, True]), excluded_offsets=offsets, excluded_rows=excluded)
    back = replace(away, active=np.ones(3, bool))
    index = MatchIndex(away)
    rows = np.array([1], np.uint32)
    index.amend(rows, take(back, rows), total=3)
    assert index.top(np.array([0, 2], np.uint32)).candidates.tolist() == [2, 0, 1]


def test_an_amendment_that_cannot_be_is_refused() -> None:
    before = someone(4)
    index = MatchIndex(before)

    def amend(rows: list[int], population: Population, total: int = 4) -> None:
        index.amend(np.array(rows, np.uint32), take(population, np.array(rows)), total=total)

    with pytest.raises(ValueError, match="rows\\[1\\] = 0: must ascend"):
        amend([1, 0], before)
    with pytest.raises(ValueError, match="total = 3: must be 4 or more"):
        amend([1], before, total=3)
    offsets, codes = sparse([[5], [], [], []], np.uint16)
    with pytest.raises(ValueError, match="interest_codes\\[0\\] = 5: must be known"):
        amend([0], replace(before, interest_offsets=offsets, interest_codes=codes))
    with pytest.raises(ValueError, match=r"traits.shape\[1\] = 2: must be 3"):
        amend([0], someone(4, traits=2))
    amend([2], before)
    with pytest.raises(ValueError, match="must hold row 2, which was amended before"):
        amend([1], before)
    with pytest.raises(ValueError, match=r"len\(thresholds\) = 3: must be 4"):
        index.seen_by(np.array([0], np.uint32), np.zeros(3, np.float32))
