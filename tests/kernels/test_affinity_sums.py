"""Sums carried from day to day equal profiles of all events."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedscore import AffinityEvents, AffinitySettings, AffinitySums, EventKind, PostEvents, Posts

from .affinity_events import AS_OF, DAY_US, crowd, make_events, make_posts, nasty, taken
from .test_affinity import ANYBODY, Pairs, assert_equals_reference

TAKEBACK = np.timedelta64(10, "s")
DAY = np.timedelta64(1, "D")
Row = tuple[int, int, EventKind, int, int]


def days_before(days: int) -> np.datetime64:
    return AS_OF - days * DAY


class Window:
    """Makes collectors of the events between two times, as a job would read them."""

    def __init__(self, posts: Posts, events: PostEvents, excluded: Pairs, options: AffinitySettings) -> None:
        self.posts, self.events, self.options = posts, events, options
        self.pairs = np.array(excluded, np.int64).reshape(-1, 2)
        self.length = np.timedelta64(round(options.window_days * DAY_US), "us")

    def collect(
        self, as_of: np.datetime64, after: np.datetime64 | None = None, until: np.datetime64 | None = None
    ) -> AffinityEvents:
        kept = AffinityEvents(
            self.posts,
            as_of,
            self.options,
            excluded_users=self.pairs[:, 0].copy(),
            excluded_creators=self.pairs[:, 1].copy(),
        )
        times, mask = self.events.occurred_at, np.ones(len(self.events), bool)
        if after is not None:
            mask &= times > after
        if until is not None:
            mask &= times <= until
        kept.add(taken(self.events, mask))
        return kept

    def carried(self, *ends: np.datetime64) -> AffinitySums:
        """Begin at the first end and advance to each other, reading no more events than are asked for."""
        sums = self.collect(ends[0]).sums()
        for end in ends[1:]:
            entering = self.collect(end, sums.as_of - TAKEBACK, end)
            start = sums.as_of - self.length
            leaving = self.collect(sums.as_of, start, end - self.length + TAKEBACK)
            sums = sums.advance(entering, leaving)
        return sums

    def check(self, *days: int) -> None:
        """Compare sums carried over the days before AS_OF, and those never carried, with all events at once."""
        ends = [days_before(day) for day in days]
        expected = self.collect(ends[-1])
        for sums in (self.carried(*ends), self.carried(ends[-1])):
            np.testing.assert_array_equal(sums.reach().creator_ids, expected.reach().creator_ids)
            np.testing.assert_array_equal(sums.reach().creator_users, expected.reach().creator_users)
            np.testing.assert_array_equal(sums.reach().topic_users, expected.reach().topic_users)
            assert sums.reach().users == expected.reach().users
            assert_equals_reference(sums.profiles(), expected.profiles())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(nasty(), st.lists(st.integers(0, 60), min_size=2, max_size=4, unique=True))
def test_nasty_events_carried_on_equal_all_events(
    case: tuple[Posts, PostEvents, Pairs], days: list[int]
) -> None:
    Window(*case, ANYBODY).check(*sorted(days, reverse=True))


@st.composite
def scenes(draw: st.DrawFn) -> list[Row]:
    """Likes around the midnights between windows of three days, and what follows them within 12 seconds."""
    rows: list[Row] = []
    half_seconds = st.integers(-24, 24).map(lambda halves: halves * 500_000)
    for _ in range(draw(st.integers(1, 8))):
        age_us = draw(st.integers(0, 6)) * DAY_US + draw(half_seconds)
        user, post = draw(st.integers(1, 2)), draw(st.integers(100, 101))
        rows.append((user, post, EventKind.LIKE, age_us, -1))
        follow = st.sampled_from(
            [EventKind.UNLIKE, EventKind.UNLIKE, EventKind.LIKE, EventKind.SHARE, EventKind.HIDE]
        )
        kinds = draw(st.lists(follow, max_size=3))
        rows += [(user, post, kind, age_us - abs(draw(half_seconds)), -1) for kind in kinds]
    return rows + draw(st.lists(st.sampled_from(rows), max_size=5))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenes(), st.sampled_from([(3, 2, 1, 0), (2, 0), (5, 4, 3), (4, 2, 1)]))
def test_takebacks_and_duplicates_across_a_cut_equal_all_events(
    rows: list[Row], days: tuple[int, ...]
) -> None:
    options = replace(ANYBODY, window_days=3, decay_per_day=0.5)
    Window(make_posts([5, 6], [[0, 1], []]), make_events(rows), [], options).check(*days)


def test_a_crowd_carried_over_months_equals_all_events() -> None:
    posts, events, excluded = crowd(20_000, 11, days=200)
    Window(posts, events, excluded, AffinitySettings()).check(100, 99, 98, 60, 30, 29, 1, 0)


def test_a_like_of_yesterday_that_is_taken_back_today_no_longer_counts() -> None:
    posts = make_posts([5])
    like = (1, 100, EventKind.LIKE, DAY_US + 3_000_000, -1)
    later = (1, 100, EventKind.COMMENT, DAY_US + 1_000_000, -1)
    unlike = (1, 100, EventKind.UNLIKE, DAY_US - 4_000_000, -1)
    window = Window(posts, make_events([like, later, unlike]), [], ANYBODY)
    assert window.carried(days_before(1)).profiles().actions.tolist() == [2]
    carried = window.carried(days_before(1), AS_OF)
    assert carried.profiles().actions.tolist() == [1]
    assert carried.days.first_us.tolist() == [int(AS_OF.astype(np.int64)) - DAY_US - 1_000_000]


def test_what_does_not_fit_together_is_refused() -> None:
    window = Window(make_posts([5]), make_events([(1, 100, EventKind.LIKE, DAY_US * 89, -1)]), [], ANYBODY)
    yesterday, today = days_before(1), AS_OF
    sums = window.collect(yesterday).sums()
    with pytest.raises(ValueError, match=r"^as_of = 2026-02-28T12.*: sums need a midnight of UTC"):
        window.collect(AS_OF - np.timedelta64(12, "h")).sums()
    for wrong in (yesterday, days_before(2), AS_OF + 90 * DAY, AS_OF - np.timedelta64(1, "h")):
        with pytest.raises(ValueError, match=r"^entering.as_of = .*: must be whole days after 2026-02-28"):
            sums.advance(window.collect(wrong), window.collect(yesterday))
    with pytest.raises(ValueError, match=r"^leaving.as_of = .*: must be that of the sums, 2026-02-28"):
        sums.advance(window.collect(today), window.collect(today))
    other = Window(window.posts, window.events, [], replace(ANYBODY, like_weight=2))
    with pytest.raises(ValueError, match=r"^entering.settings = "):
        sums.advance(other.collect(today), window.collect(yesterday))
    never = Window(window.posts, make_events([(2, 100, EventKind.LIKE, DAY_US * 91 - 5, -1)]), [], ANYBODY)
    with pytest.raises(ValueError, match=r"^leaving: user 2 did less with 5 than leaves"):
        sums.advance(window.collect(today), never.collect(yesterday))
