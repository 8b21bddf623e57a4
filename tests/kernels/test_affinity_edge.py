"""What the affinity kernel refuses, and how it is stopped: every fault is named, and nothing panics."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedscore import AffinityEvents, AffinityReach, AffinitySettings, EventKind, PostEvents, Posts
from tests.kernels.spoiled import FAULTS, spoil

from .affinity_events import AS_OF, crowd, make_events, make_posts, taken
from .test_affinity import ANYBODY, assert_same, collected

NOBODY = np.zeros(0, np.int64)


def collector(posts: Posts, options: AffinitySettings = ANYBODY) -> AffinityEvents:
    return AffinityEvents(posts, AS_OF, options, excluded_users=NOBODY, excluded_creators=NOBODY)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"ids": np.array([1, 2, 1])}, ValueError, r"ids\[2\] = 1: must be unique"),
        ({"ids": np.arange(3, dtype=np.int32)}, TypeError, "ids: must be of int64, not int32"),
        ({"ids": [1, 2, 3]}, TypeError, "ids: must be a NumPy array of int64, not list"),
        ({"author_ids": np.zeros(2, np.int64)}, ValueError, r"len\(author_ids\) = 2: must be 3 for 3 posts"),
        ({"author_ids": np.zeros(6, np.int64)[::2]}, ValueError, "author_ids: must be C-contiguous"),
        ({"created_at": np.zeros(3, "M8[s]")}, TypeError, r"created_at: must be of datetime64\[us\]"),
        (
            {"created_at": np.array(["2026-01-01", "NaT", "2026-01-01"], "M8[us]")},
            ValueError,
            r"created_at\[1\] = NaT",
        ),
        (
            {"content_types": np.array([0, 31, 32], np.uint8)},
            ValueError,
            r"content_types\[2\] = 32: must be below 32",
        ),
        ({"topic_offsets": np.zeros(3, np.int64)}, ValueError, r"len\(topic_offsets\) = 3: must be 4"),
        ({"topic_offsets": np.zeros(0, np.int64)}, ValueError, r"len\(topic_offsets\) = 0: must be 4"),
        ({"topic_offsets": np.array([1, 1, 1, 1])}, ValueError, r"topic_offsets\[0\] = 1: must be 0"),
        ({"topic_offsets": np.array([0, 1, 0, 1])}, ValueError, r"topic_offsets\[2\] = 0: must not descend"),
        ({"topic_offsets": np.array([0, 0, 0, 9])}, ValueError, r"topic_offsets\[3\] = 9: must be 0"),
        ({"topics": np.zeros(0, np.int32)}, TypeError, "topics: must be of uint32, not int32"),
    ],
)
def test_wrong_posts_are_named(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:  # Any: arrays
    with pytest.raises(error, match=f"^{message}"):
        collector(replace(make_posts([1, 2, 3]), **change))


def test_wrong_topics_are_named() -> None:
    with pytest.raises(ValueError, match=r"^topics\[3\] = 4: must stand once in row 1"):
        collector(make_posts([1, 2], [[4], [4, 5, 4]]))
    with pytest.raises(ValueError, match=r"^topics\[0\] = 16777216: must be below 16777216"):
        collector(make_posts([1], [[2**24]]))
    with pytest.raises(ValueError, match=r"^number of topics = 65: row 1: at most 64 a post"):
        collector(make_posts([1, 2], [[], list(range(65))]))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"kinds": np.array([1, 10], np.uint8)}, ValueError, r"kinds\[1\] = 10: must be at most 9"),
        ({"kinds": np.array([1, 2])}, TypeError, "kinds: must be of uint8, not int64"),
        (
            {"occurred_at": np.array(["2026-01-01", "NaT"], "M8[us]")},
            ValueError,
            r"occurred_at\[1\] = NaT: must be a time",
        ),
        ({"occurred_at": np.zeros(2, np.int64)}, TypeError, r"occurred_at: must be of datetime64\[us\]"),
        ({"dwell_ms": np.zeros(3, np.int32)}, ValueError, r"len\(dwell_ms\) = 3: must be 2 for 2 events"),
        ({"user_ids": np.zeros((2, 1), np.int64)}, ValueError, r"user_ids.shape = \(2, 1\)"),
        ({"post_ids": np.zeros(2, ">i8")}, TypeError, "post_ids: must be of int64, not >i8"),
    ],
)
def test_wrong_events_are_named_and_nothing_of_the_chunk_is_taken(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:
    events = collector(make_posts([5]))
    chunk = make_events([(1, 100, 3, 5, -1), (1, 100, 3, 6, -1)])  # type: ignore[list-item] # codes of likes
    with pytest.raises(error, match=f"^{message}"):
        events.add(replace(chunk, **change))
    assert len(events) == 0


def test_of_a_long_chunk_that_is_refused_nothing_is_taken() -> None:
    posts, events, excluded = crowd(150_000, 2)
    kept = collected(posts, taken(events, slice(5000)), excluded)
    before, expected = len(kept), kept.profiles()
    times, kinds = events.occurred_at.copy(), events.kinds.copy()
    times[[140_000, 120_000]], kinds[[130_000, 125_000]] = np.datetime64("NaT"), 10
    with pytest.raises(ValueError, match=r"^occurred_at\[120000\] = NaT"):
        kept.add(replace(events, occurred_at=times), threads=3)
    with pytest.raises(ValueError, match=r"^kinds\[125000\] = 10"):
        kept.add(replace(events, kinds=kinds), threads=3)
    assert len(kept) == before
    assert_same(kept.profiles(), expected)


@pytest.mark.parametrize("field", [field.name for field in fields(AffinitySettings)])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_impossible_settings_are_named(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{field} = "):
        collector(make_posts([5]), replace(ANYBODY, **{field: value}))


def test_other_arguments_are_checked() -> None:
    posts = make_posts([5, 6], [[0], [1]])
    with pytest.raises(TypeError, match=r"^as_of: must be a numpy.datetime64, not int"):
        AffinityEvents(posts, 5, excluded_users=NOBODY, excluded_creators=NOBODY)  # type: ignore[arg-type] # the test
    with pytest.raises(ValueError, match=r"^as_of = NaT"):
        AffinityEvents(posts, np.datetime64("NaT"), excluded_users=NOBODY, excluded_creators=NOBODY)
    with pytest.raises(ValueError, match=r"^len\(excluded_creators\) = 1: must be 0, one a pair"):
        AffinityEvents(posts, AS_OF, excluded_users=NOBODY, excluded_creators=np.zeros(1, np.int64))
    with pytest.raises(TypeError, match=r"^excluded_users: must be of int64, not float64"):
        AffinityEvents(posts, AS_OF, excluded_users=np.zeros(0), excluded_creators=NOBODY)  # type: ignore[arg-type] # the test
    events = collector(posts)
    for call in (events.profiles, events.reach):
        with pytest.raises(ValueError, match=r"^threads = 1025"):
            call(threads=1025)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"users": -1}, ValueError, "users = -1: must be within 0 and 4294967295"),
        ({"creator_users": np.zeros(1, np.int32)}, ValueError, r"len\(creator_users\) = 1: must be 2"),
        ({"creator_users": np.array([1, -1], np.int32)}, ValueError, r"creator_users\[1\] = -1"),
        ({"creator_ids": np.array([6, 5])}, ValueError, r"creator_ids\[1\] = 5: must ascend"),
        ({"creator_ids": np.array([6.0, 7.0])}, TypeError, "creator_ids: must be of int64"),
        ({"topic_users": np.zeros(1, np.int32)}, ValueError, r"len\(topic_users\) = 1: must be at least 2"),
        ({"topic_users": np.array([0, -3], np.int32)}, ValueError, r"topic_users\[1\] = -3"),
    ],
)
def test_a_wrong_reach_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    reach = AffinityReach(
        users=3,
        creator_ids=np.array([5, 6]),
        creator_users=np.array([1, 2], np.int32),
        topic_users=np.array([0, 1], np.int32),
    )
    events = collector(make_posts([5, 6], [[0], [1]]))
    assert len(events.profiles(reach=reach)) == 0
    with pytest.raises(error, match=f"^{message}"):
        events.profiles(reach=replace(reach, **change))


def test_the_ends_of_time_are_only_far_away() -> None:
    ends = np.array([-(2**63) + 1, 2**63 - 1], np.int64).view("M8[us]")
    events = replace(make_events([(1, 100, 3, 0, -1)] * 2), occurred_at=ends)  # type: ignore[list-item] # likes
    for as_of in (AS_OF, *ends):
        kept = AffinityEvents(make_posts([5]), as_of, excluded_users=NOBODY, excluded_creators=NOBODY)
        kept.add(events)
        assert len(kept) == (as_of in ends)


def long_work(events: int) -> AffinityEvents:
    """Collect so many likes of one user, whom one thread has to sort."""
    times = np.random.default_rng(1).permutation(events)
    kept = collector(make_posts([5, 6]))
    kept.add(
        PostEvents(
            user_ids=np.ones(events, np.int64),
            post_ids=100 + times % 2,
            kinds=np.full(events, EventKind.LIKE, np.uint8),
            occurred_at=AS_OF - times.astype("timedelta64[us]"),
            dwell_ms=np.full(events, -1, np.int32),
        )
    )
    return kept


def test_progress_is_told_and_what_it_raises_ends_the_run() -> None:
    told: list[int] = []

    def stop(done: int) -> None:
        told.append(done)
        raise LookupError("enough")

    for events in (2_000_000, 8_000_000, 32_000_000):  # a fast machine is not asked in between
        kept = long_work(events)
        try:
            kept.profiles(progress=stop)
        except LookupError:
            break
    assert told
    assert kept.profiles().actions.tolist() == [events]


def run_for_ever(kept: AffinityEvents, events: PostEvents) -> None:
    while True:
        kept.add(events)
        kept.profiles()


def test_a_signal_interrupts_and_the_same_chunk_may_be_given_again() -> None:
    posts, events, excluded = crowd(100_000, 4, users=2000)
    expected = collected(posts, events, excluded).profiles()
    kept = collected(posts, taken(events, slice(0)), excluded)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run_for_ever(kept, events)
    timer.join()
    kept.add(events)
    assert_same(kept.profiles(), expected)


def test_threads_may_add_to_one_collector_at_once() -> None:
    posts, events, excluded = crowd(60_000, 5)
    kept = collected(posts, taken(events, slice(0)), excluded)
    parts = [taken(events, slice(start, None, 4)) for start in range(4)]
    threads = [threading.Thread(target=kept.add, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_same(kept.profiles(), collected(posts, events, excluded).profiles())


COLUMNS = [(Posts, field.name) for field in fields(Posts)] + [
    (PostEvents, f.name) for f in fields(PostEvents)
]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(COLUMNS), st.integers(0, 2**32), st.integers(0, FAULTS - 1))
def test_random_wrong_arrays_never_panic(which: tuple[type, str], seed: int, fault: int) -> None:
    r = np.random.default_rng(seed)
    posts, events, excluded = crowd(60, seed % 7, users=4, posts=8, creators=3, topics=9)
    table, name = which
    column = getattr(posts if table is Posts else events, name)
    column = spoil(column, fault, r)
    try:
        if table is Posts:
            posts = replace(posts, **{name: column})
        else:
            events = replace(events, **{name: column})
        pairs = np.array(excluded, np.int64)
        kept = AffinityEvents(
            posts, AS_OF, ANYBODY, excluded_users=pairs[:, 0].copy(), excluded_creators=pairs[:, 1].copy()
        )
        kept.add(events)
        profiles = kept.profiles()
    except (TypeError, ValueError):
        return
    assert np.isfinite(profiles.creator_weights).all()
    assert profiles.creator_offsets[-1] == len(profiles.creator_ids)
