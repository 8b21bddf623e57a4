"""The trending kernel: what counts and what does not, and equality with the reference in every mode."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedscore import EventKind, PostEvents, Posts, TrendingEvents, TrendingPosts, TrendingSettings, reference

from .trending_cases import (
    AS_OF,
    MINUTE,
    SECOND,
    Action,
    assert_equal_figures,
    assert_same_bits,
    make_events,
    make_posts,
    one_post,
    some_events,
    some_posts,
    take,
)

LIKE, UNLIKE, COMMENT = EventKind.LIKE, EventKind.UNLIKE, EventKind.COMMENT
DEFAULTS = TrendingSettings()
NOTHING = np.empty(0, np.int64)


def trends(posts: Posts, events: PostEvents, settings: TrendingSettings = DEFAULTS) -> TrendingPosts:
    collected = TrendingEvents(posts, AS_OF, settings)
    collected.add(events)
    return collected.trends()


def engagements(*actions: Action, author: int = 1000) -> int:
    return int(trends(one_post(author), make_events(*actions)).engagements[0])


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    posts=st.integers(0, 12),
    events=st.integers(0, 400),
    constants=st.builds(
        TrendingSettings,
        comments_counted=st.sampled_from([1.0, 3.0, 5.0]),
        takeback_s=st.sampled_from([0.0, 10.0, 30.5]),
        window_h=st.sampled_from([1.5, 48.0, 49.3]),
        velocity_window_h=st.sampled_from([0.25, 1.0]),
        min_engagements=st.sampled_from([1.0, 2.5, 5.0]),
        trending_ratio=st.sampled_from([0.5, 1.0, 2.0]),
        like_weight=st.sampled_from([0.0, 1.0, 0.3]),
    ),
    cuts=st.lists(st.integers(0, 400), max_size=3),
    threads=st.integers(1, 3),
)
def test_the_figures_are_those_of_the_reference(
    seed: int, posts: int, events: int, constants: TrendingSettings, cuts: list[int], threads: int
) -> None:
    crowd = some_posts(posts, seed)
    happened = some_events(events, crowd, seed)
    collected = TrendingEvents(crowd, AS_OF, constants)
    for rows in np.split(np.arange(events), sorted(cut for cut in cuts if cut <= events)):
        collected.add(take(happened, rows), threads=threads)
    found = collected.trends(threads=threads)
    assert_equal_figures(found, reference.trending_posts(crowd, happened, AS_OF, constants))


@pytest.fixture(scope="module")
def large() -> tuple[Posts, PostEvents]:
    """Enough for several threads, many buckets, and one post that is counted in parts."""
    posts = some_posts(2_000, 8)
    events = some_events(600_000, posts, 9)
    r = np.random.default_rng(10)
    viral = r.random(len(events)) < 0.3
    post_ids = np.where(viral, posts.ids[AS_OF - posts.created_at < 10 * 60 * MINUTE][0], events.post_ids)
    users = np.where(r.random(len(events)) < 0.7, r.integers(0, 50_000, len(events)), events.user_ids)
    return posts, replace(events, post_ids=post_ids, user_ids=users)


def test_many_events_give_the_figures_of_the_reference(large: tuple[Posts, PostEvents]) -> None:
    found = trends(*large)
    assert found.engagements.max() > 40_000
    assert_equal_figures(found, reference.trending_posts(*large, AS_OF, DEFAULTS))


def test_order_chunks_and_threads_do_not_change_a_bit(large: tuple[Posts, PostEvents]) -> None:
    posts, events = large
    whole = trends(posts, events)
    for seed, threads, chunk in ((1, 1, 7_001), (2, 2, 200_000), (3, 5, 599_999)):
        shuffled = take(events, np.random.default_rng(seed).permutation(len(events)))
        collected = TrendingEvents(posts, AS_OF)
        for start in range(0, len(events), chunk):
            collected.add(take(shuffled, slice(start, start + chunk)), threads=threads)
        assert_same_bits(collected.trends(threads=threads), whole)


def test_the_order_of_the_posts_is_that_of_the_figures() -> None:
    posts = some_posts(12, 4)
    events = some_events(500, posts, 5)
    whole, order = trends(posts, events), np.random.default_rng(1).permutation(12)
    turned = make_posts(posts.ids[order], posts.author_ids[order], posts.created_at[order])
    found = trends(turned, events)
    np.testing.assert_array_equal(found.popularity, whole.popularity[order])
    np.testing.assert_array_equal(found.peak_time, whole.peak_time[order])


def test_a_user_counts_once_for_each_kind_and_three_times_for_comments() -> None:
    again = [(1, 5, kind, AS_OF - n * MINUTE) for kind in EventKind for n in range(9) if kind != UNLIKE]
    found = trends(one_post(age=0 * MINUTE), make_events(*again))
    assert found.engagements.tolist() == [6]
    assert found.popularity.tolist() == [1 + 3 * 2 + 3 + 0.5]


def test_equal_comments_are_one_comment_told_twice() -> None:
    assert engagements(*[(1, 5, COMMENT, AS_OF - MINUTE)] * 3) == 1


def test_authors_do_not_engage_their_own_posts() -> None:
    assert engagements((1, 5, LIKE, AS_OF), (2, 5, LIKE, AS_OF), author=1) == 1


@pytest.mark.parametrize(
    ("likes", "unlikes", "counted"),
    [
        ([0], [10], 0),
        ([0], [10.000001], 1),
        ([0], [0], 0),
        ([5], [0], 1),
        ([0, 5], [8], 0),
        ([0, 5], [12], 1),
        ([0, 20], [3], 1),
        ([0], [3600], 1),
        ([0], [3, 3, 3], 0),
    ],
)
def test_a_like_taken_back_within_ten_seconds_does_not_count(
    likes: list[float], unlikes: list[float], counted: int
) -> None:
    start = AS_OF - 90 * MINUTE
    told = [(1, 5, kind, start + np.timedelta64(round(s * 1e6), "us"))
            for kind, times in ((LIKE, likes), (UNLIKE, unlikes)) for s in times]  # fmt: skip
    assert engagements(*told, (2, 5, UNLIKE, start), (1, 6, UNLIKE, start)) == counted


def test_the_first_time_is_the_one_that_counts() -> None:
    early, late = AS_OF - 200 * MINUTE, AS_OF - 2 * MINUTE
    found = trends(one_post(), make_events((1, 5, LIKE, late), (1, 5, LIKE, early), (2, 5, LIKE, late)))
    assert found.recent_engagements.tolist() == [1]
    assert found.peak_time[0] == early.astype("datetime64[h]")


def test_the_window_holds_both_its_ends_and_the_future_is_ignored() -> None:
    start, tick = AS_OF - 48 * 60 * MINUTE, np.timedelta64(1, "us")
    told = [(n, 5, LIKE, t) for n, t in enumerate([start - tick, start, AS_OF, AS_OF + tick])]
    events = TrendingEvents(one_post(age=48 * 60 * MINUTE), AS_OF)
    events.add(make_events(*told))
    assert events.trends().engagements.tolist() == [2]
    assert (events.ignored.early, events.ignored.late) == (1, 1)
    old = one_post(age=48 * 60 * MINUTE + tick)
    found = trends(old, make_events(*told))
    assert (found.engagements[0], found.gated[0], np.isnat(found.peak_time[0])) == (0, False, True)


def test_the_last_hour_holds_both_its_ends() -> None:
    hour, tick = AS_OF - 60 * MINUTE, np.timedelta64(1, "us")
    found = trends(
        one_post(), make_events(*((n, 5, LIKE, t) for n, t in enumerate([hour - tick, hour, AS_OF])))
    )
    assert found.recent_engagements.tolist() == [2]
    assert found.velocity.tolist() == [np.float32(2 / 60)]


def test_popularity_halves_every_day_and_a_post_of_the_future_is_new() -> None:
    ages = np.array([0, 24, 48, -3]) * 60 * MINUTE
    posts = make_posts(np.arange(4), np.full(4, 9), AS_OF - ages)
    events = make_events(*((1, post, LIKE, AS_OF) for post in range(4)))
    found = trends(posts, events)
    assert found.decay_multiplier.tolist() == found.popularity.tolist() == [1, 0.5, 0.25, 1]


def test_the_earliest_of_the_busiest_hours_is_the_peak() -> None:
    hours = np.array(
        ["2026-08-01T09:59:59", "2026-08-01T08:00", "2026-08-01T08:30", "2026-08-01T09:00"], "M8[us]"
    )
    found = trends(one_post(), make_events(*((n, 5, LIKE, t) for n, t in enumerate(hours))))
    assert found.peak_time.tolist() == [np.datetime64("2026-08-01T08:00", "us").item()]


def crowd_of_likes(*recent: int, early: int = 10) -> tuple[Posts, PostEvents]:
    """Posts with so many likes in the last hour, and some before."""
    posts = make_posts(
        np.arange(len(recent)), np.full(len(recent), -1), np.full(len(recent), AS_OF - 60 * MINUTE)
    )
    told = [(user, post, LIKE, AS_OF) for post, users in enumerate(recent) for user in range(users)]
    told += [
        (1000 + user, post, LIKE, AS_OF - 90 * MINUTE) for post in range(len(recent)) for user in range(early)
    ]
    return posts, make_events(*told)


def test_trending_is_more_than_twice_the_mean_of_the_gated() -> None:
    # The mean is 3: exactly twice it is not more.
    assert trends(*crowd_of_likes(6, 0, 3)).is_trending.tolist() == [False] * 3
    found = trends(*crowd_of_likes(7, 0, 2))
    assert found.is_trending.tolist() == [True, False, False]
    assert found.avg_velocity == pytest.approx(3 / 60)


def test_posts_with_few_engagements_are_not_gated_and_lower_no_mean() -> None:
    found = trends(*crowd_of_likes(7, 5, 4, early=0))
    assert found.gated.tolist() == [True, True, False]
    assert found.avg_velocity == pytest.approx(6 / 60)
    assert found.engagements.tolist() == [7, 5, 4]


def test_one_spammer_makes_no_trend_and_a_brigade_of_many_does() -> None:
    posts = make_posts(np.arange(3), np.full(3, -1), np.full(3, AS_OF - 60 * MINUTE))
    usual = [(user, post, LIKE, AS_OF - 80 * MINUTE) for post in range(3) for user in range(20)]
    spam = [
        (500, 0, kind, AS_OF - n * SECOND) for n in range(3000) for kind in (LIKE, COMMENT, EventKind.SHARE)
    ]
    brigade = [(user, 1, LIKE, AS_OF - SECOND) for user in range(600, 700)]
    found = trends(posts, make_events(*usual, *spam, *brigade))
    assert found.recent_engagements.tolist() == [5, 100, 0]
    assert found.is_trending.tolist() == [False, True, False]


def test_events_that_cannot_count_hold_no_memory() -> None:
    posts = some_posts(20, 1)
    collected = TrendingEvents(posts, AS_OF)
    before = collected.nbytes
    events = some_events(100_000, posts, 2)
    none = replace(events, kinds=np.zeros(len(events), np.uint8))
    collected.add(none)
    collected.add(replace(events, post_ids=np.full(len(events), 17)))
    collected.add(replace(events, occurred_at=np.full(len(events), AS_OF + SECOND)))
    rooms = 24 * 20 * 4
    assert collected.nbytes <= before + rooms
    assert collected.ignored.other_kinds > len(events)
    assert sum(vars(collected.ignored).values()) == 3 * len(events)


def test_stretches_from_before_the_window_are_counted_as_such() -> None:
    posts = some_posts(20, 1)
    events = some_events(10_000, posts, 2)
    collected = TrendingEvents(posts, AS_OF)
    collected.add(replace(events, occurred_at=events.occurred_at - 5000 * 60 * MINUTE))
    engaging = np.isin(events.kinds, [LIKE, UNLIKE, COMMENT, EventKind.SHARE, EventKind.PROFILE_VIEW]).sum()
    assert (collected.ignored.early, collected.ignored.other_kinds) == (engaging, len(events) - engaging)
    assert not collected.trends().engagements.any()


def test_before_1970_all_is_the_same() -> None:
    posts, ago = some_posts(20, 1), np.timedelta64(100 * 365 * 24, "h")
    events = some_events(10_000, posts, 2)
    collected = TrendingEvents(make_posts(posts.ids, posts.author_ids, posts.created_at - ago), AS_OF - ago)
    collected.add(replace(events, occurred_at=events.occurred_at - ago))
    found, recent = collected.trends(), trends(posts, events)
    assert_same_bits(replace(found, peak_time=found.peak_time + ago), recent)


def test_memory_is_bounded_by_what_may_count(large: tuple[Posts, PostEvents]) -> None:
    posts, events = large
    collected = TrendingEvents(posts, AS_OF)
    collected.add(events)
    kept = len(events) - sum(vars(collected.ignored).values())
    table = TrendingEvents(posts, AS_OF).nbytes
    # An eighth more for growth, and a few small blocks for each bucket and thread.
    assert collected.nbytes <= table + 16 * 1.125 * kept + 300 * 1024 * 4


def test_more_events_may_follow_after_the_figures() -> None:
    posts = some_posts(10, 3)
    events = some_events(800, posts, 4)
    collected = TrendingEvents(posts, AS_OF)
    collected.add(take(events, slice(0, 300)))
    collected.trends()
    collected.add(take(events, slice(300, None)))
    assert_same_bits(collected.trends(), trends(posts, events))


def test_no_posts_and_no_events_are_fine() -> None:
    nothing = trends(make_posts(NOTHING, NOTHING, NOTHING), make_events((1, 5, LIKE, AS_OF)))
    assert (len(nothing), nothing.avg_velocity) == (0, 0)
    silent = trends(one_post(), make_events())
    assert (silent.engagements[0], silent.gated[0], silent.velocity[0]) == (0, False, 0)
    assert np.isnat(silent.peak_time[0])


def test_other_threads_run_meanwhile(large: tuple[Posts, PostEvents]) -> None:
    posts, events = large
    collected, ended, turns = TrendingEvents(posts, AS_OF), threading.Event(), 0

    def work() -> None:
        for _ in range(20):
            collected.add(events, threads=1)
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not ended.is_set():
        time.sleep(0.001)
        turns += 1
    thread.join()
    assert turns > 20
