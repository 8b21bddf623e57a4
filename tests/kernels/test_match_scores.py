"""The match kernel against the reference, in every mode."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedscore import MatchIndex, MatchLists, MatchSettings, Population, reference, simd_paths
from feedscore.facts import reasons

from .populations import crowd, nasty, reordered, someone, sparse

TOLERANCE = 1e-6


def lists(result: MatchLists) -> list[slice]:
    return [slice(int(a), int(b)) for a, b in zip(result.offsets, result.offsets[1:], strict=False)]


def assert_same(a: MatchLists, b: MatchLists) -> None:
    for column in ("viewers", "offsets", "candidates", "candidate_ids", "scores", "facts"):
        np.testing.assert_array_equal(getattr(a, column), getattr(b, column), err_msg=column)


def assert_equals_reference(
    population: Population,
    result: MatchLists,
    expected: MatchLists,
    options: MatchSettings,
    *,
    facts: bool = True,
) -> None:
    """Scores to 1e-6; the same people in the same order wherever neighbouring scores differ by more."""
    np.testing.assert_array_equal(result.viewers, expected.viewers)
    np.testing.assert_array_equal(result.offsets, expected.offsets)
    np.testing.assert_allclose(result.scores, expected.scores, rtol=0, atol=TOLERANCE)
    np.testing.assert_array_equal(result.candidate_ids, population.ids[result.candidates])
    for viewer, mine in zip(result.viewers, lists(result), strict=True):
        if (result.candidates[mine] == expected.candidates[mine]).all():
            if facts:
                np.testing.assert_array_equal(result.facts[mine], expected.facts[mine])
            continue
        exact = reference.score(population, options, int(viewer)).score
        assert reference.eligible(population, int(viewer))[result.candidates[mine]].all()
        assert len(set(result.candidates[mine].tolist())) == len(result.candidates[mine])
        np.testing.assert_allclose(
            exact[result.candidates[mine]], expected.scores[mine], rtol=0, atol=TOLERANCE
        )


def check(population: Population, k: int, options: MatchSettings | None = None) -> MatchLists:
    """Compare every mode with the reference and with each other; give the result for all rows."""
    options = options or MatchSettings()
    rows = np.arange(len(population), dtype=np.uint32)
    result = MatchIndex(population, options).top(rows, k=k)
    assert_equals_reference(population, result, reference.match_top(population, options, rows, k), options)
    for simd in simd_paths():
        index = MatchIndex(population, options, simd=simd)
        for threads in (1, 2, 5):
            assert_same(result, index.top(rows, k=k, threads=threads))
    return result


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(nasty(), st.sampled_from([1, 3, 200]))
def test_nasty_populations_equal_the_reference_in_every_mode(population: Population, k: int) -> None:
    check(population, k)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(nasty(), st.floats(20, 20_000), st.integers(0, 2**32))
def test_wide_proximity_scales_equal_the_reference(population: Population, scale: float, seed: int) -> None:
    weights = np.random.default_rng(seed).random(3)
    check(
        population,
        5,
        MatchSettings(
            proximity_scale_km=scale,
            proximity_weight=weights[0],
            quiz_weight=weights[1],
            interests_weight=weights[2],
        ),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(nasty(), st.integers(0, 2**32))
def test_the_order_of_rows_changes_nothing(population: Population, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(population))
    rows = np.arange(len(population), dtype=np.uint32)
    here = MatchIndex(population).top(order.astype(np.uint32), k=7)
    there = MatchIndex(reordered(population, order)).top(rows, k=7)
    np.testing.assert_array_equal(here.offsets, there.offsets)
    np.testing.assert_array_equal(here.candidate_ids, there.candidate_ids)
    np.testing.assert_array_equal(here.scores, there.scores)
    np.testing.assert_array_equal(here.facts, there.facts)


@pytest.fixture(scope="module")
def town() -> Population:
    return crowd(2500, seed=5, codes=900, traits=32, attributes=6)


def test_a_crowd_equals_the_reference_whatever_the_mode(town: Population) -> None:
    rows = np.random.default_rng(1).choice(len(town), 250, replace=False).astype(np.uint32)
    expected = reference.match_top(town, MatchSettings(), rows, 20)
    for simd in simd_paths():
        index = MatchIndex(town, simd=simd)
        result = index.top(rows, k=20)
        assert_equals_reference(town, result, expected, MatchSettings())
        everybody = index.top(k=20, threads=3)
        where = {int(row): mine for row, mine in zip(everybody.viewers, lists(everybody), strict=True)}
        for row, mine in zip(result.viewers, lists(result), strict=True):
            alone = index.top(np.array([row], np.uint32), k=20)
            theirs = where.get(int(row), slice(0, 0))
            for column in ("candidates", "scores", "facts"):
                np.testing.assert_array_equal(getattr(result, column)[mine], getattr(alone, column))
                np.testing.assert_array_equal(
                    getattr(result, column)[mine], getattr(everybody, column)[theirs]
                )


def test_eligible_candidates_are_counted_as_the_reference_does(town: Population) -> None:
    rows = np.arange(0, len(town), 31, dtype=np.uint32)
    counts = MatchIndex(town).count_eligible(rows)
    assert counts.tolist() == [int(reference.eligible(town, int(row)).sum()) for row in rows]


@pytest.mark.parametrize("candidates", [0, 1, 199, 200, 201, 1000])
def test_lists_are_cut_at_200(candidates: int) -> None:
    days = np.random.default_rng(3).exponential(30, candidates + 1).astype(np.float32)
    population = someone(candidates + 1, days_since_joined=days)
    result = MatchIndex(population).top(np.zeros(1, np.uint32))
    assert len(result.scores) == min(candidates, 200)
    assert_equals_reference(
        population,
        result,
        reference.match_top(population, MatchSettings(), np.zeros(1, np.uint32)),
        MatchSettings(),
    )


def test_ties_are_broken_by_the_smaller_id() -> None:
    ids = np.random.default_rng(0).permutation(3000).astype(np.int64)
    result = MatchIndex(someone(3000, ids=ids)).top(np.array([7], np.uint32), k=200)
    assert result.candidate_ids.tolist() == sorted(set(range(201)) - {int(ids[7])})[:200]


def test_blocked_users_never_match() -> None:
    offsets, rows = sparse([[1, 3], [], list(range(300)), []] + [[]] * 296, np.uint32)
    population = someone(300, excluded_offsets=offsets, excluded_rows=rows)
    result = check(population, 300)
    first, second, third, _ = (set(result.candidates[mine].tolist()) for mine in lists(result)[:4])
    assert first == set(range(300)) - {0, 1, 3}
    assert 0 in second
    assert not third


def test_hidden_users_sink_but_stay() -> None:
    offsets, rows = sparse([[2, 4], [], [], [], []], np.uint32)
    population = someone(
        5, hidden_offsets=offsets, hidden_rows=rows, hidden_days=np.array([0, 9000], np.float32)
    )
    result = check(population, 5)
    assert result.candidates[lists(result)[0]].tolist() == [1, 3, 4, 2]
    assert result.scores[3] == pytest.approx(0.1 * result.scores[0])


def test_strong_hides_may_leave_nothing() -> None:
    offsets, rows = sparse([[1], [], []], np.uint32)
    population = someone(3, hidden_offsets=offsets, hidden_rows=rows, hidden_days=np.zeros(1, np.float32))
    result = check(population, 5, MatchSettings(hide_strength=1.0))
    assert result.candidates[:2].tolist() == [2, 1]
    assert result.scores[1] == 0


def test_nobody_below_18_and_nobody_of_unknown_age_matches() -> None:
    result = check(someone(4, age=np.array([17, 18, 0, 30], np.uint8), min_age=np.full(4, -1, np.int16)), 5)
    assert [result.candidates[mine].tolist() for mine in lists(result)] == [[], [3], [], [1]]


def test_the_distance_limit_is_decided_as_in_float64() -> None:
    km = np.float32(111.19508)  # one degree on the sphere is 111.195080 km
    steps = np.arange(-400, 400) * 1e-9
    latitude = np.concatenate([[0.0], 1.0 + steps])
    population = someone(
        801, latitude=latitude, longitude=np.zeros(801), max_distance_km=np.full(801, km, np.float32)
    )
    result = MatchIndex(population).top(np.zeros(1, np.uint32), k=801)
    expected = np.flatnonzero(reference.eligible(population, 0))
    assert 0 < len(expected) < 800
    assert sorted(result.candidates.tolist()) == expected.tolist()


def test_without_columns_of_traits_and_attributes_scores_are_defaults() -> None:
    result = check(someone(9, traits=0, attributes=0), 5)
    assert not any("quiz" in reason for fact in result.facts for reason in reasons(int(fact), [], ["a", "b"]))


def test_people_all_over_the_globe_without_limits() -> None:
    r = np.random.default_rng(2)
    check(someone(70, latitude=r.uniform(-90, 90, 70), longitude=r.uniform(-180, 180, 70)), 70)


def test_the_index_takes_less_than_400_bytes_a_person() -> None:
    population = crowd(20_000, seed=1, traits=32, attributes=6, codes=256)
    assert MatchIndex(population).nbytes / 20_000 < 400


def test_without_facts_the_lists_are_the_same() -> None:
    index = MatchIndex(crowd(400, seed=5))
    plain, full = index.top(k=20, facts=False), index.top(k=20)
    assert len(plain.facts) == 0
    for name in ("offsets", "candidates", "candidate_ids", "scores"):
        assert np.array_equal(getattr(plain, name), getattr(full, name))


def test_nobody_and_one_person_have_no_matches() -> None:
    assert len(MatchIndex(someone(0)).top().scores) == 0
    assert MatchIndex(someone(1)).top().offsets.tolist() == [0, 0]
    assert MatchIndex(someone(3)).top(np.zeros(0, np.uint32)).offsets.tolist() == [0]


def test_the_index_keeps_a_copy() -> None:
    population = crowd(300, seed=9)
    index = MatchIndex(population)
    before = index.top()
    for name in ("ids", "latitude", "traits", "excluded_rows", "goals"):
        getattr(population, name)[:] = 0
    assert_same(before, index.top())


def test_progress_counts_up_to_everybody() -> None:
    seen: list[int] = []
    population = someone(4000)
    MatchIndex(population).top(progress=seen.append, threads=1)
    assert seen[-1] == 4000
    assert seen == sorted(seen)


def test_what_progress_raises_ends_the_run() -> None:
    def stop(done: int) -> None:
        raise LookupError(done)

    with pytest.raises(LookupError):
        MatchIndex(someone(20_000)).top(progress=stop, threads=1)


def test_ctrl_c_ends_the_run_within_a_second_of_work() -> None:
    population = someone(150_000)  # 22 thousand million pairs: seconds of work on any machine
    index = MatchIndex(population)
    ticked, sent, seen = threading.Event(), [0.0], [0]

    def progress(done: int) -> None:
        seen.append(done)
        ticked.set()

    def interrupt() -> None:
        ticked.wait(60)
        sent.append(time.process_time())
        os.kill(os.getpid(), signal.SIGINT)

    killer = threading.Thread(target=interrupt)
    killer.start()
    with pytest.raises(KeyboardInterrupt):
        index.top(k=1, threads=1, progress=progress)
    assert time.process_time() - sent[-1] < 1
    assert seen[-1] < len(population)
    killer.join()


def test_other_threads_run_meanwhile_and_share_the_index(town: Population) -> None:
    index = MatchIndex(town)
    expected = index.top(k=5)
    results: list[MatchLists] = []
    threads = [threading.Thread(target=lambda: results.append(index.top(k=5, threads=2))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3
    for result in results:
        assert_same(expected, result)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_after_use_can_use_the_index() -> None:
    index = MatchIndex(crowd(300, seed=9))
    expected = index.top()
    child = os.fork()
    if child == 0:
        same = bool((index.top(threads=2).scores == expected.scores).all())
        os._exit(0 if same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_limit_on_quality_between_two_float32_is_kept() -> None:
    quality = np.array([0.7, np.nextafter(np.float32(0.7), np.float32(1)), 0.5], np.float32)
    check(replace(someone(3), rating_quality=quality), 5, MatchSettings(highly_rated_value=0.7))
