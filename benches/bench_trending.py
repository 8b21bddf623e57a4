"""Trending with every user counted once, ours beside the peers.

Corpora: the town (90 days, seed 1), of whose events few concern the posts that are considered, and two busy days, in
which all do. Ours and a peer take turns, so that noise hits both. Every peer's answer is checked against ours first.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from feedscore import TrendingEvents, TrendingPosts

from . import THREADS
from .peers.trending_answer import Counts, Given, check
from .peers.trending_duckdb import TrendingDuckDB
from .peers.trending_numba import TrendingNumba
from .peers.trending_polars import TrendingPolars
from .report import Report
from .timing import Times, load
from .trending_cases import SETTINGS, Case, busy_days, town

PEERS: dict[str, Callable[[Given], Callable[[], Counts]]] = {
    "numba": TrendingNumba,
    "Polars": TrendingPolars,
    "DuckDB": TrendingDuckDB,
}
GOALS = {"numba": 1.0, "Polars": 3.0, "DuckDB": 3.0}
CASES: dict[str, Callable[[int], Case]] = {"busy days": busy_days, "town": town}
EVENTS, QUICK_EVENTS = 20_000_000, 1_000_000
ROUNDS = {"busy days": 3, "town": 15}
"""The town takes milliseconds, of which three rounds would tell little."""
SIZES, FULL_SIZE = (5_000_000, 20_000_000), 100_000_000


def ours(case: Case) -> TrendingPosts:
    """Take all events in and work out all figures."""
    collected = TrendingEvents(case.posts, case.as_of, SETTINGS)
    collected.add(case.events, threads=THREADS)
    return collected.trends(threads=THREADS)


@pytest.fixture(scope="module", params=list(CASES))
def case(request: pytest.FixtureRequest, quick: bool) -> Case:
    """One corpus at a time: twenty million events are 600 MB."""
    return CASES[request.param](QUICK_EVENTS if quick else EVENTS)


@pytest.mark.benchmark(group="trending")
@pytest.mark.parametrize("name", list(PEERS))
def test_trending_beside_a_peer(benchmark: BenchmarkFixture, report: Report, case: Case, name: str) -> None:
    """The same figures from both."""
    as_of_us = int(case.as_of.astype(np.int64))
    given = Given(case.posts, case.events, as_of_us, SETTINGS)
    peer = PEERS[name](given)
    check(ours(case), peer(), given, name)
    our_times, their_times = Times(), Times()
    benchmark.pedantic(
        lambda: our_times.measure(lambda: ours(case)),
        setup=lambda: their_times.measure(peer) and None,
        rounds=ROUNDS[case.name],
    )
    ratio = their_times.best_s / our_times.best_s
    report.table(
        "Trending, every user counted once", "corpus", "events", "peer", "runs", "peer s", "ours s", "times faster",
        "peer cpu s", "ours cpu s", "by cpu", "load",
    ).rows.append((
        case.name, len(case.events), name, ROUNDS[case.name], their_times.best_s, our_times.best_s, ratio,
        their_times.best_cpu_s, our_times.best_cpu_s, their_times.best_cpu_s / our_times.best_cpu_s,
        round(load(), 1),
    ))  # fmt: skip
    report.goal(f"trending beside {name}, {case.name}", ratio, at_least=GOALS[name])


@pytest.mark.benchmark(group="growth")
def test_growth_with_the_number_of_events(
    benchmark: BenchmarkFixture, report: Report, full: bool, quick: bool
) -> None:
    """Each size in a process of its own, fed chunk by chunk, so that the peak of memory is its own."""
    sizes = (QUICK_EVENTS,) if quick else (*SIZES, FULL_SIZE) if full else SIZES
    table = report.table(
        "Growth of trending", "corpus", "events", "add s", "figures s", "cpu s", "ns an event", "held MB",
        "bytes an event", "peak RSS MB", "before MB",
    )  # fmt: skip

    def grow() -> None:
        for name in CASES:
            for events in sizes:
                command = [sys.executable, "-m", "benches.trending_growth", name, str(events)]
                told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                table.rows.append((
                    name, events, told["add_s"], told["trends_s"], told["cpu_s"], told["cpu_s"] / events * 1e9,
                    round(told["held_mb"]), told["held_mb"] * 1e6 / events, round(told["peak_mb"]),
                    round(told["before_mb"]),
                ))  # fmt: skip

    benchmark.pedantic(grow, rounds=1)
    if not full:
        table.notes.append("100,000,000 events: python -m benches --full")
