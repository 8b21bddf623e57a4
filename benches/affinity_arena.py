"""The contestants of affinity: ours, and peers, compiled, warmed up and checked against ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from feedscore import AffinityEvents, AffinityProfiles, AffinitySettings

from . import THREADS
from .peers import affinity_numba as by_numba
from .peers import affinity_tables as by_tables
from .town_events import Feed, feed

WARM_UP_EVENTS = 100_000
TOLERANCE = 1e-6
SETTINGS = AffinitySettings()


@dataclass(frozen=True, eq=False)
class AffinityRival:
    """A peer: what is prepared beforehand, what is timed, and its answer in the shape of ours."""

    prepare: Callable[[Feed], object]
    run: Callable[[Feed, object], object]
    answer: Callable[[Feed, object], AffinityProfiles]


def ours(events: Feed) -> AffinityProfiles:
    """Collect the events and profile everybody, with the reach that this takes."""
    collected = AffinityEvents(
        events.posts,
        events.as_of,
        SETTINGS,
        excluded_users=events.excluded_users,
        excluded_creators=events.excluded_creators,
    )
    collected.add(events.events, threads=THREADS)
    return collected.profiles(threads=THREADS)


@cache
def affinity_rivals() -> dict[str, AffinityRival]:
    """Compile and warm up all peers."""

    def content_types(events: Feed) -> int:
        return int(events.posts.content_types.max()) + 1

    def duckdb_profiles(events: Feed, answer: object) -> AffinityProfiles:
        return by_tables.as_profiles(by_tables.duckdb_frames(_given(answer)), content_types(events))

    found = {
        "numba": AffinityRival(
            lambda events: by_numba.prepare(events, SETTINGS),
            by_numba.affinity_numba,  # type: ignore[arg-type] # what prepare gave
            lambda _, answer: by_numba.as_profiles(_given(answer)),
        ),
        "polars": AffinityRival(
            by_tables.tables,
            lambda events, frames: by_tables.affinity_polars(events, _given(frames), SETTINGS),
            lambda events, answer: by_tables.as_profiles(_given(answer), content_types(events)),
        ),
        "duckdb": AffinityRival(
            lambda events: by_tables.load_duckdb(by_tables.tables(events)),
            lambda events, connection: by_tables.affinity_duckdb(events, _given(connection), SETTINGS),
            duckdb_profiles,
        ),
    }
    small = feed(WARM_UP_EVENTS)
    for name, rival in found.items():
        check(name, rival.answer(small, rival.run(small, rival.prepare(small))), ours(small))
    return found


def _given(prepared: object) -> Any:  # Any: what a peer made itself; its library may not be installed
    """Hand a peer its own back."""
    return prepared


def check(name: str, theirs: AffinityProfiles, own: AffinityProfiles) -> None:
    """Raise AssertionError unless all profiles are the same: weights to 1e-6, ids wherever neighbours are well apart."""
    for column in ("user_ids", "actions", "creator_offsets", "topic_offsets"):
        assert (getattr(theirs, column) == getattr(own, column)).all(), f"{name}: {column}"
    for column in ("content_type_shares", "velocity", "exploration", "creator_weights", "topic_weights"):
        off = np.abs(getattr(theirs, column) - getattr(own, column)) / np.maximum(1, getattr(own, column))
        assert off.max(initial=0) <= TOLERANCE, f"{name}: {column} is off by {off.max()}"
    for keys, weights, offsets in (
        ("creator_ids", "creator_weights", "creator_offsets"),
        ("topics", "topic_weights", "topic_offsets"),
    ):
        ends = getattr(own, offsets)
        wrong = np.flatnonzero(getattr(theirs, keys) != getattr(own, keys))
        for at in wrong:
            row = int(np.searchsorted(ends, at, side="right")) - 1
            mine = getattr(own, weights)[ends[row] : ends[row + 1]]
            near = np.abs(mine - getattr(own, weights)[at]) <= 2 * TOLERANCE
            assert near.sum() > 1 or at == ends[row + 1] - 1, (
                f"{name}: {keys}[{at}] is {getattr(theirs, keys)[at]}"
            )
