"""Affinity profiles, ours beside the peers.

Corpus: the events of the synthetic town, seed 1, 200 a person, with a pair of people kept apart for each two. Ours and
a peer take turns, so that noise hits both. Every peer's answer is checked against ours before its time counts.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from .affinity_arena import affinity_rivals, check, ours
from .report import Report
from .timing import Times, load
from .town_events import feed

EVENTS, QUICK = 20_000_000, 1_000_000
DUELS = [("numba", 3, 4.0), ("polars", 2, 12.0), ("duckdb", 2, 12.0)]
SIZES = (5_000_000, 20_000_000)
FULL_SIZES = (*SIZES, 50_000_000, 100_000_000)


@pytest.mark.benchmark(group="affinity")
@pytest.mark.parametrize(("name", "rounds", "goal"), DUELS)
def test_affinity_beside_a_peer(
    benchmark: BenchmarkFixture, report: Report, quick: bool, name: str, rounds: int, goal: float
) -> None:
    """The same profiles from both."""
    rival, corpus = affinity_rivals()[name], feed(QUICK if quick else EVENTS)
    prepared, expected = rival.prepare(corpus), ours(corpus)
    our_times, their_times = Times(), Times()

    def their_turn() -> None:
        answer = their_times.measure(lambda: rival.run(corpus, prepared))
        if len(their_times.wall_s) == 1:
            check(name, rival.answer(corpus, answer), expected)

    benchmark.pedantic(lambda: our_times.measure(lambda: ours(corpus)), setup=their_turn, rounds=rounds)
    our_times.measure(lambda: ours(corpus))
    ratio = their_times.best_s / our_times.best_s
    table = report.table(
        "Affinity profiles of everybody", "events", "peer", "runs", "peer s", "ours s", "times faster", "peer cpu s",
        "ours cpu s", "by cpu", "load",
    )  # fmt: skip
    table.rows.append((
        len(corpus.events), name, rounds, their_times.best_s, our_times.best_s, ratio, their_times.best_cpu_s,
        our_times.best_cpu_s, their_times.best_cpu_s / our_times.best_cpu_s, round(load(), 1),
    ))  # fmt: skip
    if not quick:
        report.goal(f"affinity: times faster than {name}, {EVENTS:,} events", ratio, at_least=goal)


@pytest.mark.benchmark(group="growth")
def test_growth_with_the_number_of_events(
    benchmark: BenchmarkFixture, report: Report, full: bool, quick: bool
) -> None:
    """Each size in a process of its own, so that the peak of memory is its own."""
    sizes = (QUICK,) if quick else FULL_SIZES if full else SIZES
    table = report.table(
        "Growth of affinity, events in chunks of a quarter of a million", "events", "that may count", "profiles", "add s",
        "profiles s", "cpu s", "core-ns an event", "bytes held each", "peak RSS MB", "of which posts, town",
    )  # fmt: skip
    if not full:
        table.notes.append("50 and 100 million events: python -m benches --full")

    def grow() -> None:
        for events in sizes:
            command = [sys.executable, "-m", "benches.affinity_growth", str(events)]
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            table.rows.append((
                told["events"], told["held"], told["users"], told["add_s"], told["profiles_s"], told["cpu_s"],
                told["cpu_s"] / told["events"] * 1e9, told["bytes_per_held"], round(told["peak_mb"]),
                round(told["before_mb"]),
            ))  # fmt: skip

    benchmark.pedantic(grow, rounds=1)
    if not quick:
        report.goal("affinity: peak RSS MB", table.rows[-1][8], at_most=2000)
