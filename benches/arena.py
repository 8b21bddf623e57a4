"""The contestants of match scoring: ours, and peers, compiled, warmed up and checked against ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from feedscore import MatchIndex, MatchLists, MatchSettings, Population

from . import THREADS
from .agreement import as_answer, check
from .peers.columns import Answer, Columns, prepare
from .peers.faiss_flat import check_faiss, faiss_flat
from .peers.numba_brute import NumbaBrute
from .peers.numba_grid import NumbaGrid
from .peers.numpy_blocked import numpy_blocked
from .peers.polars_join import polars_join
from .populations import town_population, without_distance_limits

WARM_UP_PEOPLE = 2_000
SAMPLED_VIEWERS = 2_048
"""Viewers differ widely in whom they can reach: 256 of them were off by a sixth, 2,048 by a fortieth."""
SETTINGS = MatchSettings()


@dataclass(frozen=True, eq=False)
class Field:
    """One population, as ours takes it and as the peers take it."""

    population: Population
    columns: Columns


@dataclass(frozen=True, eq=False)
class Rival:
    """A peer: what is timed, and how its result is checked against our lists."""

    name: str
    run: Callable[[Field], object]
    check: Callable[[Field, object, MatchLists], int]
    """Raises AssertionError, or tells the eligible pairs it counted, 0 if it does not count."""


@cache
def town(people: int, *, distance_limits: bool = True) -> Field:
    """Make or recall the town of this size."""
    population = town_population(people)
    if not distance_limits:
        population = without_distance_limits(population)
    return Field(population, prepare(population, SETTINGS))


def ours(field: Field, *, facts: bool = True) -> MatchLists:
    """Build the index and list everybody's 200 best, with or without facts."""
    return MatchIndex(field.population, SETTINGS).top(threads=THREADS, facts=facts)


def rivals() -> dict[str, Rival]:
    """Compile and warm up all peers; every population of the town has the same widths."""
    small = town(WARM_UP_PEOPLE)
    exact: dict[str, Callable[[Columns], Answer]] = {
        "numba grid": NumbaGrid(small.columns),
        "numba brute": NumbaBrute(small.columns),
        "polars join": polars_join,
        "numpy blocked": numpy_blocked,
    }
    found = {name: _exact(name, run) for name, run in exact.items()}
    found["faiss flat"] = Rival("faiss flat", lambda field: faiss_flat(field.population), _check_faiss)
    for rival in found.values():
        rival.check(small, rival.run(small), ours(small))
    return found


def sampled_pairs(field: Field, viewers: int = SAMPLED_VIEWERS) -> float:
    """Estimate the eligible pairs from a random sample of viewers."""
    columns = field.columns
    rows = np.sort(np.random.default_rng(1).choice(len(columns), min(viewers, len(columns)), replace=False))
    return numpy_blocked(columns, rows).eligible * len(columns) / len(rows)


def _exact(name: str, run: Callable[[Columns], Answer]) -> Rival:
    def checked(field: Field, answer: object, lists: MatchLists) -> int:
        assert isinstance(answer, Answer)
        check(as_answer(lists, field.population, field.columns), answer, name)
        return answer.eligible

    return Rival(name, lambda field: run(field.columns), checked)


def _check_faiss(field: Field, answer: object, lists: MatchLists) -> int:
    assert isinstance(answer, tuple)
    check_faiss(field.population, *answer)
    return 0
