"""What the trending kernel refuses: every fault is named, nothing panics, and a refused chunk leaves no trace."""

from __future__ import annotations

import signal
import threading
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedscore import PostEvents, TrendingEvents, TrendingSettings
from tests.kernels.spoiled import FAULTS, spoil

from .trending_cases import AS_OF, assert_same_bits, make_events, one_post, some_events, some_posts

FIRST, LAST = np.datetime64(np.iinfo(np.int64).min + 1, "us"), np.datetime64(np.iinfo(np.int64).max, "us")


def events_with(**columns: Any) -> PostEvents:  # Any: arrays, right or wrong
    return replace(some_events(3, one_post(), 1), **columns)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"user_ids": [1, 2, 3]}, TypeError, "user_ids: must be a NumPy array of int64, not list"),
        ({"user_ids": np.zeros(3, np.int32)}, TypeError, "user_ids: must be of int64, not int32"),
        ({"post_ids": np.zeros(3, ">i8")}, TypeError, "post_ids: must be of int64, not >i8"),
        ({"post_ids": np.zeros(2, np.int64)}, ValueError, r"len\(post_ids\) = 2: must be 3 for 3 events"),
        ({"post_ids": np.zeros((3, 1), np.int64)}, ValueError, r"post_ids.shape = \(3, 1\)"),
        ({"post_ids": np.zeros(6, np.int64)[::2]}, ValueError, "post_ids: must be C-contiguous"),
        ({"kinds": np.zeros(3, np.int8)}, TypeError, "kinds: must be of uint8, not int8"),
        ({"kinds": np.array([0, 10, 11], np.uint8)}, ValueError, r"kinds\[1\] = 10: must be at most 9"),
        ({"occurred_at": np.zeros(3, "M8[s]")}, TypeError, r"occurred_at: must be of datetime64\[us\]"),
        (
            {"occurred_at": np.array(["2026-01-01", "2026-01-01", "NaT"], "M8[us]")},
            ValueError,
            r"occurred_at\[2\] = NaT: must be a time",
        ),
        ({"dwell_ms": np.zeros(4, np.int32)}, ValueError, r"len\(dwell_ms\) = 4: must be 3"),
    ],
)
def test_wrong_events_are_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        TrendingEvents(one_post(), AS_OF).add(events_with(**change))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"ids": np.array([1, 2, 1])}, ValueError, r"ids\[2\] = 1: must be unique"),
        ({"author_ids": np.zeros(2, np.int64)}, ValueError, r"len\(author_ids\) = 2: must be 3 for 3 posts"),
        ({"created_at": np.zeros(3, "M8[s]")}, TypeError, r"created_at: must be of datetime64\[us\]"),
        (
            {"created_at": np.array(["2026-01-01", "NaT", "NaT"], "M8[us]")},
            ValueError,
            r"created_at\[1\] = NaT: must be a time",
        ),
        ({"topic_offsets": np.zeros(3, np.int64)}, ValueError, r"len\(topic_offsets\) = 3: must be 4"),
    ],
)
def test_wrong_posts_are_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        TrendingEvents(replace(some_posts(3, 1), **change), AS_OF)


@pytest.mark.parametrize("field", [field.name for field in fields(TrendingSettings)])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_impossible_settings_are_named(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{field} = "):
        TrendingEvents(one_post(), AS_OF, replace(TrendingSettings(), **{field: value}))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("comments_counted", 2.5, "comments_counted = 2.5: must be a whole number"),
        ("velocity_window_h", 49.0, "velocity_window_h = 49: must be within 0.001 and 48"),
        ("window_h", 9000.0, "window_h = 9000: must be within 0.001 and 8784"),
    ],
)
def test_settings_that_do_not_fit_are_named(field: str, value: float, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        TrendingEvents(one_post(), AS_OF, replace(TrendingSettings(), **{field: value}))


def test_other_arguments_are_checked() -> None:
    with pytest.raises(TypeError, match=r"^as_of: must be a numpy.datetime64, not str"):
        TrendingEvents(one_post(), "2026-01-01")  # type: ignore[arg-type]  # that is the test
    with pytest.raises(ValueError, match=r"^as_of = NaT: must be a time"):
        TrendingEvents(one_post(), np.datetime64("NaT"))
    with pytest.raises(ValueError, match=r"^as_of = -9223372036854775807: must leave room"):
        TrendingEvents(one_post(), FIRST)
    with pytest.raises(ValueError, match=r"^threads = -1"):
        TrendingEvents(one_post(), AS_OF).trends(threads=-1)
    with pytest.raises(ValueError, match=r"^threads = 1025"):
        TrendingEvents(one_post(), AS_OF).add(make_events(), threads=1025)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_fault_of_many_is_named_and_leaves_no_trace(threads: int) -> None:
    posts = some_posts(300, 1)
    good, bad = some_events(300_000, posts, 2), some_events(300_000, posts, 3)
    bad.kinds[[131_072, 299_999]] = 200
    bad.occurred_at[131_073] = np.datetime64("NaT")
    collected, untouched = TrendingEvents(posts, AS_OF), TrendingEvents(posts, AS_OF)
    collected.add(good, threads=threads)
    untouched.add(good, threads=threads)
    with pytest.raises(ValueError, match=r"^kinds\[131072\] = 200"):
        collected.add(bad, threads=threads)
    assert collected.ignored == untouched.ignored
    assert_same_bits(collected.trends(), untouched.trends())


def test_times_at_the_ends_of_the_calendar_are_ignored() -> None:
    posts = replace(some_posts(3, 1), created_at=np.array([FIRST, LAST, AS_OF]))
    collected = TrendingEvents(posts, AS_OF)
    events = events_with(
        occurred_at=np.array([FIRST, LAST, AS_OF]),
        post_ids=posts.ids[[1, 1, 1]],
        user_ids=np.array([11, 12, 13]),
        kinds=np.full(3, 3, np.uint8),
    )
    collected.add(events)
    found = collected.trends()
    assert found.engagements.tolist() == [0, 1, 0]
    assert found.decay_multiplier.tolist() == [0, 1, 1]
    late = TrendingEvents(posts, LAST)
    late.add(events)
    assert late.trends().engagements.tolist() == [0, 1, 0]


def test_progress_may_end_the_work() -> None:
    collected = TrendingEvents(some_posts(50, 1), AS_OF)
    seen: list[int] = []
    collected.trends(progress=seen.append)
    assert seen[-1] == 50

    def fail(_: int) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        collected.trends(progress=fail)


def test_a_signal_ends_a_long_chunk() -> None:
    posts = some_posts(1000, 1)
    few = some_events(1000, posts, 2)
    many = PostEvents(**{field.name: np.tile(getattr(few, field.name), 10_000) for field in fields(few)})

    def add_for_ever() -> None:
        collected = TrendingEvents(posts, AS_OF)
        while True:
            collected.add(many, threads=1)

    threading.Timer(0.1, signal.raise_signal, (signal.SIGINT,)).start()
    with pytest.raises(KeyboardInterrupt):
        add_for_ever()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([field.name for field in fields(PostEvents)]),
    st.integers(0, 2**32),
    st.integers(0, FAULTS - 1),
)
def test_random_wrong_arrays_never_panic(name: str, seed: int, fault: int) -> None:
    r = np.random.default_rng(seed)
    posts = some_posts(12, seed % 7)
    events = some_events(40, posts, seed)
    column = getattr(events, name)
    column = spoil(column, fault, r)
    collected = TrendingEvents(posts, AS_OF)
    try:
        collected.add(replace(events, **{name: column}))
    except (TypeError, ValueError):
        return
    found = collected.trends()
    assert np.isfinite(found.popularity).all()
    assert (found.engagements >= found.recent_engagements).all()
