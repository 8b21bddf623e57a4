"""Match scores, ours beside the peers.

No peer tells why: ours is timed both with the lists alone, which is the same work, and with tiers and reasons.

Corpus: the synthetic town, seed 1, at the sizes that stand in each table. Ours and a peer take turns, so that
noise hits both. Every peer's answer is checked against ours before its time counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from .arena import SAMPLED_VIEWERS, Field, Rival, ours, sampled_pairs, town
from .peers.numpy_blocked import numpy_blocked
from .report import Report, Table
from .timing import Times, load

DUELS = [
    (10_000, "numba grid", 3), (10_000, "numba brute", 3), (10_000, "polars join", 2),
    (10_000, "numpy blocked", 2), (10_000, "faiss flat", 3),
    (50_000, "polars join", 1),
    (100_000, "numba grid", 3), (100_000, "faiss flat", 2), (100_000, "numba brute", 1),
]  # fmt: skip
LISTS = "lists alone"
MODES = {LISTS: False, "lists and reasons": True}
"""What is timed of ours, and whether it has facts."""
GOALS = {(100_000, "numba grid"): 8.0, (100_000, "faiss flat"): 25.0}
UNLIMITED_PEOPLE, UNLIMITED_GOAL = 50_000, 3.0
SIZES = (10_000, 30_000, 100_000, 300_000)
MILLION = 1_000_000
NUMPY_VIEWERS = 512
QUICK = 10_000
HEADINGS = (
    "people", "peer", "ours", "runs", "peer s", "ours s", "times faster", "peer cpu s", "ours cpu s", "by cpu", "load"
)  # fmt: skip


@dataclass(frozen=True)
class Duel:
    """What came of one: our times for each of `MODES`, theirs, and the eligible pairs that they counted."""

    ours: dict[str, Times]
    theirs: Times
    pairs: int

    def ratio(self, mode: str) -> float:
        """Tell how many times faster ours is by the clock."""
        return self.theirs.best_s / self.ours[mode].best_s

    def add_to(self, table: Table, people: int, name: str) -> None:
        """Add a row for each mode."""
        theirs = self.theirs
        for mode, ours_ in self.ours.items():
            table.rows.append((
                people, name, mode, len(theirs.wall_s), theirs.best_s, ours_.best_s, self.ratio(mode),
                theirs.best_cpu_s, ours_.best_cpu_s, theirs.best_cpu_s / ours_.best_cpu_s, round(load(), 1),
            ))  # fmt: skip


def duel(benchmark: BenchmarkFixture, field: Field, rival: Rival, rounds: int) -> Duel:
    """Let both take turns."""
    lists = ours(field)
    our_times, their_times, counted = {mode: Times() for mode in MODES}, Times(), 0

    def their_turn() -> None:
        nonlocal counted
        answer = their_times.measure(lambda: rival.run(field))
        if len(their_times.wall_s) == 1:
            counted = rival.check(field, answer, lists)

    def our_turn() -> None:
        for mode, facts in MODES.items():
            our_times[mode].measure(partial(ours, field, facts=facts))

    benchmark.pedantic(our_turn, setup=their_turn, rounds=rounds)
    our_turn()
    return Duel(our_times, their_times, counted)


@pytest.mark.benchmark(group="match_scores")
@pytest.mark.parametrize(("people", "name", "rounds"), DUELS)
def test_match_scores_beside_a_peer(
    benchmark: BenchmarkFixture,
    report: Report,
    peers: dict[str, Rival],
    quick: bool,
    people: int,
    name: str,
    rounds: int,
) -> None:
    """The same lists, or for FAISS much less, from both."""
    if quick and people > QUICK:
        pytest.skip("--quick")
    result = duel(benchmark, town(people), peers[name], rounds)
    result.add_to(report.table("Match scores: exact top 200 for everybody", *HEADINGS), people, name)
    if (people, name) in GOALS:
        goal = f"times faster than {name}, {people:,} people, {LISTS}"
        report.goal(goal, result.ratio(LISTS), at_least=GOALS[people, name])


@pytest.mark.benchmark(group="match_scores")
def test_match_scores_without_distance_limits(
    benchmark: BenchmarkFixture, report: Report, peers: dict[str, Rival], quick: bool
) -> None:
    """Everybody within reach: nothing to skip, eligible pairs per second count."""
    people = QUICK if quick else UNLIMITED_PEOPLE
    field = town(people, distance_limits=False)
    result = duel(benchmark, field, peers["numba brute"], 1)
    table = report.table("Match scores without distance limits", *HEADINGS)
    result.add_to(table, people, "numba brute")
    rates = [("numba brute", result.theirs), *result.ours.items()]
    spelled = ", ".join(f"{name} {result.pairs / times.best_s / 1e6:.1f} million/s" for name, times in rates)
    table.notes.append(f"{result.pairs:,} eligible pairs: {spelled}")
    goal = f"eligible pairs/s beside numba brute, no limits, {LISTS}"
    report.goal(goal, result.ratio(LISTS), at_least=UNLIMITED_GOAL)


@pytest.mark.benchmark(group="match_scores")
def test_numpy_at_full_size_by_a_sample(benchmark: BenchmarkFixture, report: Report, quick: bool) -> None:
    """NumPy takes too long for everybody: the time of some viewers, times their share."""
    if quick:
        pytest.skip("--quick")
    field, times = town(100_000), Times()
    rows = sample(len(field.columns), NUMPY_VIEWERS)
    benchmark.pedantic(lambda: times.measure(lambda: numpy_blocked(field.columns, rows)), rounds=1)
    whole = times.best_s * len(field.columns) / len(rows)
    report.table("Match scores: exact top 200 for everybody", *HEADINGS).notes.append(
        f"numpy blocked at 100,000 people: {whole:,.0f} s, estimated from {len(rows)} viewers"
    )


def sample(people: int, viewers: int) -> np.ndarray:
    """Choose viewers at random, ascending."""
    return np.sort(np.random.default_rng(1).choice(people, viewers, replace=False))


@pytest.mark.benchmark(group="growth")
def test_growth_with_the_number_of_people(
    benchmark: BenchmarkFixture, report: Report, full: bool, quick: bool
) -> None:
    """Each size in a process of its own, so that the peak of memory is its own."""
    sizes = (QUICK,) if quick else (*SIZES, MILLION) if full else SIZES
    table = report.table(
        "Growth of match scores", "people", "index s", "top 200 s", "cpu s", "eligible pairs",
        "core-ns a pair", "index bytes a person", "peak RSS MB", "of which input",
    )  # fmt: skip
    if not full:
        table.notes.append("1,000,000 people: python -m benches --full")

    def grow() -> None:
        for people in sizes:
            command = [sys.executable, "-m", "benches.growth", str(people)]
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            pairs = sampled_pairs(town(people))
            table.rows.append((
                people, told["index_s"], told["top_s"], told["cpu_s"], round(pairs),
                told["cpu_s"] / pairs * 1e9, round(told["index_bytes"] / people),
                round(told["peak_mb"]), round(told["before_mb"]),
            ))  # fmt: skip
            town.cache_clear()

    benchmark.pedantic(grow, rounds=1)
    table.notes.append(f"eligible pairs: estimated from {SAMPLED_VIEWERS:,} random viewers")
    report.goal("bytes a person of the index", table.rows[-1][6], at_most=400)
