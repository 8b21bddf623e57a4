"""The feed rank kernel against the reference, in every mode."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedscore import FeedLists, FeedSettings, reference

from .feeds import (
    NOW,
    Feed,
    assert_same,
    busy_feed,
    hours_ago,
    nasty,
    of_user,
    reordered,
    some_feed,
    some_posts,
    some_users,
    without_profiles,
)

TOLERANCE = 1e-6


def expected_lists(feed: Feed, length: int = 60) -> FeedLists:
    return reference.feed_rank(
        feed.posts, feed.trending, feed.quality, feed.as_of, feed.settings, feed.users, length
    )


def check(feed: Feed, length: int = 60) -> FeedLists:
    """Compare with the reference, on one thread and on several; give the result."""
    result = feed.rank(length, threads=1)
    assert_same(result, expected_lists(feed, length))
    assert_same(result, feed.rank(length, threads=3))
    return result


def shown(feed: Feed, length: int = 60) -> list[list[int]]:
    """The ids that each user sees, after the comparison with the reference."""
    result = check(feed, length)
    return [result.post_ids[of_user(result, user)].tolist() for user in range(len(feed.users))]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(nasty(), st.sampled_from([1, 2, 5, 60]))
def test_nasty_feeds_equal_the_reference(feed: Feed, length: int) -> None:
    check(feed, length)


@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"authors": 5},
        {"topics": 4},
        {"topics": 2000, "most_topics": 15, "likes": 30},
        {"likes": 0},
        {"posts": 200, "authors": 30},
        {"posts": 59},
        {"authors": 1},
    ],
    ids=str,
)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.booleans(), st.sampled_from([1, 20, 60, 500]))
def test_busy_feeds_equal_the_reference(kind: dict[str, int], seed: int, coarse: bool, length: int) -> None:
    check(busy_feed(seed, users=4, coarse=coarse, **kind), length)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.lists(st.sampled_from([0.0, 0.1, 1.0, 9.0]), min_size=6, max_size=6))
def test_any_weights_equal_the_reference(seed: int, weights: list[float]) -> None:
    names = ("creator", "topic", "trending", "quality", "freshness", "seen")
    values = {f"{name}_weight": weight for name, weight in zip(names, weights, strict=True)}
    chosen = replace(FeedSettings(), **values)  # type: ignore[arg-type]  # some other fields are whole numbers
    check(replace(busy_feed(seed, users=3, posts=700), settings=chosen))


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    nasty() | st.integers(0, 2**32).map(lambda seed: busy_feed(seed, users=9, coarse=True)), st.integers(0)
)
def test_the_order_of_rows_changes_nothing(feed: Feed, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(feed.posts))
    here, there = feed.rank(), reordered(feed, order).rank()
    for column in ("offsets", "post_ids", "scores"):
        np.testing.assert_array_equal(getattr(here, column), getattr(there, column))
    np.testing.assert_array_equal(here.posts, order[there.posts])


def test_scores_are_those_of_the_formula() -> None:
    feed = some_feed(
        some_posts(2, author_ids=np.array([5, 6]), topics=[[1, 2, 3], []], created_at=hours_ago([6.0, 30.0])),
        some_users([9], creators=[{5: 0.5}], topics=[{2: 0.25, 3: 0.75, 8: 1.0}], seen=[[2]]),
        trending=np.array([0.2, 1.0], np.float32),
        quality=np.array([0.6, 0.0], np.float32),
    )
    result = check(feed)
    first = 0.30 * 0.5 + 0.25 * 0.75 + 0.15 * 0.2 + 0.10 * 0.6 + 0.20 / 3
    second = 0.15 + 0.20 / 5 - 0.5
    assert result.post_ids.tolist() == [1, 2]
    assert result.scores == pytest.approx([first, second], abs=TOLERANCE)


def test_own_excluded_and_old_posts_are_never_shown() -> None:
    feed = some_feed(
        some_posts(
            6, author_ids=np.array([1, 2, 3, 4, 5, 5]), created_at=hours_ago([1, 1, 1, 1, 168, 168.001])
        ),
        some_users([1, 7, 3], excluded_authors=[[2], [], [4]], excluded_posts=[[3], [], [2, 2]]),
    )
    assert shown(feed) == [[4, 5], [1, 2, 3, 4, 5], [1, 5]]


def test_who_excluded_everything_sees_nothing() -> None:
    users = some_users([8, 9], excluded_authors=[[1000, 1001], []], excluded_posts=[[3], [1, 2, 3]])
    assert shown(some_feed(some_posts(3), users)) == [[], []]


def test_no_posts_and_no_users_make_no_lists() -> None:
    assert shown(some_feed(some_posts(0), some_users([1, 2]))) == [[], []]
    assert shown(some_feed(some_posts(4), some_users([]))) == []
    assert shown(some_feed(some_posts(3, created_at=hours_ago([200] * 3)), some_users([1]))) == [[]]


def test_ties_are_broken_by_the_smaller_id() -> None:
    ids = np.random.default_rng(0).permutation(3000).astype(np.int64) - 1500
    assert shown(some_feed(some_posts(3000, ids=ids), some_users([1]))) == [list(range(-1500, -1440))]


def test_a_post_of_the_future_is_as_fresh_as_one_of_now() -> None:
    result = check(some_feed(some_posts(2, created_at=hours_ago([-50, 0])), some_users([1])))
    assert result.scores.tolist() == pytest.approx([0.2, 0.2])


def test_what_was_seen_sinks_but_stays() -> None:
    users = some_users([1], seen=[[1, 2, 77]])
    result = check(some_feed(some_posts(4), users))
    assert result.post_ids.tolist() == [3, 4, 1, 2]
    assert result.scores[2] == pytest.approx(result.scores[0] - 0.5)


def test_without_a_profile_base_alone_decides() -> None:
    feed = busy_feed(3, users=30)
    feed = replace(feed, users=without_profiles(feed.users))
    base = reference.base_score(feed.posts, feed.trending, feed.quality, feed.as_of, feed.settings)
    result = check(feed)
    unseen = result.scores > 0
    np.testing.assert_array_equal(result.scores[unseen], base[result.posts[unseen]])
    assert unseen.mean() > 0.9


def test_a_creator_brings_only_the_newest_150() -> None:
    n = 1000
    posts = some_posts(
        n,
        author_ids=np.where(np.arange(n) < 400, 7, 1000 + np.arange(n)),
        created_at=hours_ago(np.where(np.arange(n) < 400, 100 + np.arange(n) / 10, 1.0)),
    )
    feed = some_feed(posts, some_users([1], creators=[{7: 0.01}]), settings=FeedSettings(creator_weight=100))
    base = reference.base_score(posts, feed.trending, feed.quality, NOW, feed.settings)
    recent = reference.is_recent(posts, NOW, feed.settings)
    picked = reference.feed_candidates(posts, base, recent, feed.users, 0)
    assert picked.tolist() == [*range(150), *range(400, 750)]
    assert set(shown(feed, 500)[0]) == set((picked + 1).tolist())


def test_topics_bring_only_150_more() -> None:
    n = 1000
    quality = np.linspace(1, 0, n, dtype=np.float32)
    topics = [[3]] * 200 + [[]] * 600 + [[3]] * 200
    feed = some_feed(
        some_posts(n, topics=topics), some_users([1], topics=[{3: 1.0}]), quality=quality, trending=quality
    )
    assert sorted(shown(feed, 500)[0]) == list(range(1, 501))
    few = some_feed(some_posts(n, topics=topics[::-1]), some_users([1], topics=[{3: 0.5}]), quality=quality)
    assert sorted(shown(few, 500)[0]) == list(range(1, 501))
    late: list[list[int]] = [[]] * 600 + [[3]] * 400
    feed = replace(feed, posts=some_posts(n, topics=late))
    assert sorted(shown(feed, 500)[0]) == [*range(1, 351), *range(601, 751)]


def test_few_topical_posts_leave_room_for_others() -> None:
    n = 1000
    quality = np.linspace(1, 0, n, dtype=np.float32)
    feed = some_feed(
        some_posts(n, topics=[[]] * 990 + [[4]] * 10), some_users([1], topics=[{4: 0.1}]), quality=quality
    )
    assert sorted(shown(feed, 500)[0]) == [*range(1, 491), *range(991, 1001)]


def test_the_larger_weight_of_what_is_given_twice_counts() -> None:
    once = some_users([1], creators=[{1000: 0.5, 1001: 0.25}], topics=[{4: 0.5, 5: 0.25}])
    offsets = np.array([0, 3])
    twice = replace(
        once,
        creator_offsets=offsets,
        creator_ids=np.array([1000, 1001, 1000]),
        creator_weights=np.array([0.125, 0.25, 0.5], np.float32),
        topic_offsets=offsets,
        topics=np.array([4, 5, 4], np.uint32),
        topic_weights=np.array([0.125, 0.25, 0.5], np.float32),
    )
    posts = some_posts(4, topics=[[4], [5], [], [4, 5]])
    assert_same(check(some_feed(posts, once)), check(some_feed(posts, twice)))


def fewest_meetings(authors: list[int], length: int) -> int:
    """Count the meetings of an author with themselves that no order of no choice avoids, by trying all."""
    return min(
        sum(a == b for a, b in itertools.pairwise(order)) for order in itertools.permutations(authors, length)
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=6), st.integers(1, 7), st.integers(0, 2**32))
def test_no_avoidable_repetition_of_an_author_remains(authors: list[int], length: int, seed: int) -> None:
    quality = np.random.default_rng(seed).random(len(authors)).astype(np.float32)
    posts = some_posts(len(authors), author_ids=np.array(authors, np.int64))
    order = shown(some_feed(posts, some_users([99]), quality=quality), length)[0]
    by = [authors[post - 1] for post in order]
    assert len(by) == min(length, len(authors))
    meetings = sum(a == b for a, b in itertools.pairwise(by))
    assert meetings == fewest_meetings(authors, len(by))


def test_a_run_of_one_author_is_broken_by_the_next_best_of_another() -> None:
    quality = np.array([1.0, 0.9, 0.8, 0.5, 0.4, 0.3], np.float32)
    posts = some_posts(6, author_ids=np.array([7, 7, 7, 8, 9, 9]))
    assert shown(some_feed(posts, some_users([1]), quality=quality)) == [[1, 4, 2, 5, 3, 6]]


def test_one_who_crowds_goes_first_so_that_the_others_suffice() -> None:
    quality = np.array([1.0, 0.9, 0.3, 0.2, 0.1], np.float32)
    posts = some_posts(5, author_ids=np.array([8, 9, 7, 7, 7]))
    feed = some_feed(posts, some_users([1]), quality=quality)
    assert shown(feed) == [[3, 1, 4, 2, 5]]
    # With one slot less the others suffice, whoever begins.
    assert shown(feed, 4) == [[1, 3, 2, 4]]


def test_a_spammer_among_many_does_not_stand_twice_in_a_row() -> None:
    n = 2000
    author = np.where(np.arange(n) % 20 > 0, 7, np.arange(n))
    quality = np.where(author == 7, 1.0, 0.1).astype(np.float32)
    feed = some_feed(some_posts(n, author_ids=author), some_users([1]), quality=quality)
    # Among the 500 candidates there are none but the spammer's.
    assert {author[post - 1] for post in shown(feed)[0]} == {7}
    with_others = replace(feed, users=some_users([1], creators=[{int(a): 0.1 for a in author[::20]}]))
    seen = [author[post - 1] for post in shown(with_others)[0]]
    assert all(a != b for a, b in itertools.pairwise(seen))


@pytest.mark.parametrize("posts", [1, 59, 60, 61, 499, 500, 501, 2000])
def test_lists_are_as_long_as_there_are_posts(posts: int) -> None:
    feed = busy_feed(posts, posts=posts, users=3)
    check(feed)
    everybody = replace(feed, users=some_users([10**6]), settings=FeedSettings(window_days=36_500))
    assert len(check(everybody).posts) == min(posts, 60)
    assert len(check(everybody, 10**6).posts) == min(posts, 500)
