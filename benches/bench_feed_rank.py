"""Feed rank, ours beside a fused numba version and the NumPy reference.

Corpus: posts of a week of the town, its profiles and what its users saw, as `feed_corpus` makes them, seed 1. Ours and
the peer take turns, so that noise hits both. The peer's lists are those of ours, bit for bit, before its time counts.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from feedscore import FeedIndex, FeedLists, FeedSettings, FeedUsers
from feedscore.reference import feed_rank

from . import THREADS
from .feed_corpus import AS_OF, FeedCorpus, some_of, town_feed
from .peers.feed_columns import FeedColumns, prepare_feed
from .peers.numba_feed import NumbaFeed
from .report import Report
from .timing import Times, load, peak_rss_mb

PEOPLE, QUICK = 100_000, 10_000
GOAL = 3.0
ROUNDS = 5
NUMPY_USERS = 100
SIZES = (10_000, 30_000, 100_000, 300_000)
SETTINGS = FeedSettings()
HEADINGS = (
    "users", "posts", "peer", "runs", "peer s", "ours s", "times faster", "peer cpu s", "ours cpu s", "by cpu",
    "ours cpu us a user", "load",
)  # fmt: skip


@cache
def corpus(people: int) -> FeedCorpus:
    """Make or recall the feed of a town of this size."""
    return town_feed(people)


def index_of(feed: FeedCorpus) -> FeedIndex:
    """Prepare the posts."""
    return FeedIndex(feed.posts, feed.trending, feed.quality, AS_OF, SETTINGS)


def ours(feed: FeedCorpus, users: FeedUsers) -> FeedLists:
    """Prepare the posts and rank for everybody, from ids as they come."""
    return index_of(feed).rank(users, threads=THREADS)


def check(lists: FeedLists, columns: FeedColumns, answer: tuple[np.ndarray, np.ndarray]) -> None:
    """Raise AssertionError unless the peer shows the same posts with the same scores in the same order."""
    places, scores = answer
    shown = places >= 0
    assert (shown.sum(axis=1) == np.diff(lists.offsets)).all(), "numba fused: lists differ in length"
    assert (columns.rows[places[shown]] == lists.posts).all(), "numba fused: posts differ"
    assert (scores[shown] == lists.scores).all(), "numba fused: scores differ"


@pytest.mark.benchmark(group="feed_rank")
def test_feed_rank_beside_a_fused_loop(benchmark: BenchmarkFixture, report: Report, quick: bool) -> None:
    """The same lists, bit for bit, from both."""
    people = QUICK if quick else PEOPLE
    feed, peer = corpus(people), NumbaFeed()
    prepared = Times()
    columns = prepared.measure(
        lambda: prepare_feed(feed.posts, feed.trending, feed.quality, AS_OF, feed.users, SETTINGS)
    )
    check(ours(feed, feed.users), columns, peer(columns))  # and all is compiled
    our_times, their_times = Times(), Times()
    benchmark.pedantic(
        lambda: our_times.measure(lambda: ours(feed, feed.users)),
        setup=lambda: drop(their_times.measure(lambda: peer(columns))),
        rounds=ROUNDS,
    )
    ratio, by_cpu = (
        their_times.best_s / our_times.best_s,
        their_times.best_cpu_s / our_times.best_cpu_s,
    )
    table = report.table("Feed rank: the best 60 of up to 500 posts for everybody", *HEADINGS)
    table.notes.append(
        f"not counted: {prepared.best_cpu_s:.2f} s of CPU in which the peer's posts and ids became places and codes"
    )
    table.rows.append((
        people, len(feed.posts), "numba fused", ROUNDS, their_times.best_s, our_times.best_s, ratio,
        their_times.best_cpu_s, our_times.best_cpu_s, by_cpu, our_times.best_cpu_s / people * 1e6,
        round(load(), 1),
    ))  # fmt: skip
    if not quick:
        report.goal(f"feed rank: times faster than numba fused, {people:,} users", ratio, at_least=GOAL)


def drop(_result: object) -> None:
    """Give nothing back: what a set-up gives back would be arguments of what is timed."""


@pytest.mark.benchmark(group="feed_rank")
def test_the_reference_by_a_sample(benchmark: BenchmarkFixture, report: Report, quick: bool) -> None:
    """NumPy takes too long for everybody: the time of some users, times their share."""
    people = QUICK if quick else PEOPLE
    feed, times = corpus(people), Times()
    rows = np.sort(np.random.default_rng(1).choice(people, NUMPY_USERS, replace=False))
    users = some_of(feed.users, rows)

    def reference() -> FeedLists:
        return feed_rank(feed.posts, feed.trending, feed.quality, AS_OF, SETTINGS, users)

    expected = benchmark.pedantic(lambda: times.measure(reference), rounds=1)
    lists = ours(feed, users)
    assert (lists.post_ids == expected.post_ids).all()
    assert (lists.scores == expected.scores).all()
    report.table("Feed rank: the best 60 of up to 500 posts for everybody", *HEADINGS).notes.append(
        f"NumPy reference for {people:,} users: {times.best_s * people / NUMPY_USERS:,.0f} s,"
        f" estimated from {NUMPY_USERS} users"
    )


@pytest.mark.benchmark(group="growth")
def test_growth_of_feed_rank_with_users(benchmark: BenchmarkFixture, report: Report, quick: bool) -> None:
    """The posts stay, the users of the largest town are some of, or repeated."""
    feed = corpus(QUICK if quick else PEOPLE)
    index = index_of(feed)
    table = report.table(
        "Growth of feed rank with users",
        "users",
        "rank s",
        "cpu s",
        "cpu us a user",
        "lists MB",
        "peak RSS MB",
    )
    table.notes.append(
        f"{len(index):,} posts, {index.nbytes / len(index):.0f} bytes a post of the index; one process, so peaks add up"
    )

    def grow() -> None:
        for users in SIZES[:1] if quick else SIZES:
            chosen, times = some_of(feed.users, np.arange(users) % len(feed.users)), Times()
            lists = times.measure(lambda chosen=chosen: index.rank(chosen, threads=THREADS))  # type: ignore[misc]
            size = lists.posts.nbytes + lists.post_ids.nbytes + lists.scores.nbytes
            table.rows.append((
                users, times.best_s, times.best_cpu_s, times.best_cpu_s / users * 1e6, size / 1e6,
                round(peak_rss_mb()),
            ))  # fmt: skip

    benchmark.pedantic(grow, rounds=1)
