"""The affinity kernel against the reference, in every mode."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedscore import (
    AffinityEvents,
    AffinityProfiles,
    AffinityReach,
    AffinitySettings,
    EventKind,
    PostEvents,
    Posts,
    reference,
)

from .affinity_events import AS_OF, DAY_US, crowd, joined, make_events, make_posts, nasty, taken

TOLERANCE = 1e-6
Pairs = list[tuple[int, int]]
ANYBODY = AffinitySettings(min_actions=1)


def collected(
    posts: Posts,
    events: PostEvents,
    excluded: Pairs | None = None,
    options: AffinitySettings = ANYBODY,
    *,
    chunk: int = 10**9,
    threads: int = 0,
) -> AffinityEvents:
    pairs = np.array(excluded or [], np.int64).reshape(-1, 2)
    collector = AffinityEvents(
        posts,
        AS_OF,
        options,
        excluded_users=np.ascontiguousarray(pairs[:, 0]),
        excluded_creators=np.ascontiguousarray(pairs[:, 1]),
    )
    for start in range(0, len(events), chunk):
        collector.add(taken(events, slice(start, start + chunk)), threads=threads)
    return collector


def assert_same(a: object, b: object) -> None:
    """The same bits in every column."""
    for column in fields(a):  # type: ignore[arg-type] # both kinds of result
        one, other = getattr(a, column.name), getattr(b, column.name)
        np.testing.assert_array_equal(one, other, err_msg=column.name)
        assert getattr(one, "dtype", None) == getattr(other, "dtype", None)


def assert_lists_equal(
    offsets: np.ndarray, keys: np.ndarray, weights: np.ndarray, expected: tuple[np.ndarray, ...]
) -> None:
    """Weights to 1e-6; the same keys in the same order wherever neighbouring weights differ by more."""
    np.testing.assert_array_equal(offsets, expected[0])
    np.testing.assert_allclose(weights, expected[2], rtol=0, atol=TOLERANCE)
    for start, end in pairwise(offsets):
        near = np.flatnonzero(keys[start:end] != expected[1][start:end])
        for at in near:
            gaps = np.abs(expected[2][start:end] - expected[2][start + at])
            gaps[at] = np.inf
            # Where another is as strong, they may change places; at the end of a full list, with one that is not in it.
            assert gaps.min() <= TOLERANCE or at == end - start - 1


def assert_equals_reference(result: AffinityProfiles, expected: AffinityProfiles) -> None:
    np.testing.assert_array_equal(result.user_ids, expected.user_ids)
    np.testing.assert_array_equal(result.actions, expected.actions)
    assert_lists_equal(
        result.creator_offsets,
        result.creator_ids,
        result.creator_weights,
        (expected.creator_offsets, expected.creator_ids, expected.creator_weights),
    )
    assert_lists_equal(
        result.topic_offsets,
        result.topics,
        result.topic_weights,
        (expected.topic_offsets, expected.topics, expected.topic_weights),
    )
    assert result.content_type_shares.shape == expected.content_type_shares.shape
    for column in ("content_type_shares", "velocity", "exploration"):
        np.testing.assert_allclose(
            getattr(result, column), getattr(expected, column), rtol=1e-6, atol=TOLERANCE, err_msg=column
        )


def check(posts: Posts, events: PostEvents, excluded: Pairs, options: AffinitySettings) -> AffinityProfiles:
    """Compare with the reference, and every way of giving the same events with each other."""
    collector = collected(posts, events, excluded, options)
    reach, result = collector.reach(), collector.profiles()
    assert_same(reach, reference.affinity_reach(events, posts, AS_OF, options, excluded))
    assert_equals_reference(result, reference.affinity_profiles(events, posts, AS_OF, options, excluded))
    for chunk, threads in ((1, 1), (7, 5), (10**9, 2)):
        other = collected(posts, events, excluded, options, chunk=chunk, threads=threads)
        assert_same(result, other.profiles(threads=threads))
        assert_same(result, other.profiles(reach=reach, threads=threads))
        assert_same(reach, other.reach(threads=threads))
    return result


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(nasty(), st.sampled_from([1, 2, 10]))
def test_nasty_events_equal_the_reference_in_every_mode(
    case: tuple[Posts, PostEvents, Pairs], min_actions: int
) -> None:
    check(*case, AffinitySettings(min_actions=min_actions))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(nasty(), st.integers(0, 2**32))
def test_any_settings_equal_the_reference(case: tuple[Posts, PostEvents, Pairs], seed: int) -> None:
    r = np.random.default_rng(seed)
    weights = [field.name for field in fields(AffinitySettings) if field.name.endswith("_weight")]
    check(
        *case,
        AffinitySettings(
            **{name: float(r.choice([0, 0.3, 1, 1000])) for name in weights},
            decay_per_day=float(r.choice([0.01, 0.5, 0.999, 1])),
            hide_decay_per_day=float(r.choice([0.01, 0.9, 1])),
            window_days=float(r.choice([0.001, 1.5, 90, 36_525])),
            takeback_s=float(r.choice([0, 5, 86_400])),
            min_view_s=float(r.choice([0, 1.9995, 3])),
            min_actions=1,
        ),
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_crowd_equals_the_reference(seed: int) -> None:
    posts, events, excluded = crowd(20_000, seed)
    collector = collected(posts, events, excluded, AffinitySettings(), chunk=3000)
    expected = reference.affinity_profiles(events, posts, AS_OF, AffinitySettings(), excluded)
    assert len(expected) == 50
    assert_equals_reference(collector.profiles(), expected)


def test_the_order_of_events_and_posts_changes_no_bit() -> None:
    posts, events, excluded = crowd(30_000, 7)
    r = np.random.default_rng(1)
    result = collected(posts, events, excluded).profiles(threads=1)
    shuffled = taken(events, r.permutation(len(events)))
    assert_same(result, collected(posts, shuffled, excluded, chunk=1234).profiles(threads=3))
    order = r.permutation(len(posts))
    topics = [posts.topics[posts.topic_offsets[row] : posts.topic_offsets[row + 1]] for row in order]
    moved = Posts(
        ids=posts.ids[order],
        author_ids=posts.author_ids[order],
        created_at=posts.created_at[order],
        content_types=posts.content_types[order],
        topic_offsets=np.cumsum([0, *map(len, topics)], dtype=np.int64),
        topics=np.concatenate(topics),
    )
    assert_same(result, collected(moved, events, excluded).profiles())


def test_events_may_be_added_after_profiles_were_made() -> None:
    posts, events, excluded = crowd(5000, 3)
    half = len(events) // 2
    collector = collected(posts, taken(events, slice(half)), excluded)
    collector.profiles()
    collector.add(taken(events, slice(half - 100, None)))
    assert_same(collector.profiles(), collected(posts, events, excluded).profiles())


def liked(*ages_us: int, user: int = 1, post: int = 100) -> list[tuple[int, int, EventKind, int, int]]:
    return [(user, post, EventKind.LIKE, age, -1) for age in ages_us]


def actions(rows: list[tuple[int, int, EventKind, int, int]], excluded: Pairs | None = None) -> int:
    """The number of actions that count of user 1, who wrote nothing, with a post by creator 5 and one of the user's own."""
    posts = make_posts([5, 1])
    events = make_events(rows)
    result = collected(posts, events, excluded).profiles()
    assert_equals_reference(
        result, reference.affinity_profiles(events, posts, AS_OF, ANYBODY, excluded or [])
    )
    return int(result.actions[0]) if len(result) else 0


def test_a_like_taken_back_within_ten_seconds_does_not_count() -> None:
    minute = 60_000_000
    for unlike_us, count in (
        (minute, 0), (minute - 1, 0), (minute - 10_000_000, 0), (minute - 10_000_001, 1), (minute + 1, 1), (0, 1),
    ):  # fmt: skip
        assert actions([*liked(minute), (1, 100, EventKind.UNLIKE, unlike_us, -1)]) == count
    assert actions([*liked(minute, minute - 1), (1, 100, EventKind.UNLIKE, minute - 2, -1)]) == 0
    assert actions([*liked(minute, minute - 3), (1, 100, EventKind.UNLIKE, minute - 2, -1)]) == 1
    assert actions([*liked(minute), (2, 100, EventKind.UNLIKE, minute, -1)]) == 1
    assert actions([*liked(minute), (1, 101, EventKind.UNLIKE, minute, -1)]) == 1


def test_an_event_told_twice_counts_once_and_the_longer_view_decides() -> None:
    assert actions(liked(7, 7, 7)) == 1
    assert actions(liked(7, 8)) == 2
    views = [(1, 100, EventKind.VIEW, 7, dwell) for dwell in (1999, 2000, 5000)]
    assert actions(views) == 1
    assert actions(views[:1]) == 0


def test_own_posts_and_excluded_creators_do_not_count() -> None:
    assert actions(liked(1, 2, post=101)) == 0
    assert actions(liked(1, 2), [(1, 5), (1, 5)]) == 0
    assert actions(liked(1, 2), [(5, 1), (2, 5), (1, 6)]) == 2


def test_the_window_holds_ages_from_0_to_just_below_90_days() -> None:
    assert actions(liked(0)) == 1
    assert actions(liked(-1)) == 0
    assert actions(liked(90 * DAY_US - 1)) == 1
    assert actions(liked(90 * DAY_US)) == 0


def test_what_is_no_action_does_not_count() -> None:
    for kind in (EventKind.IMPRESSION, EventKind.SEEN, EventKind.UNLIKE, EventKind.HIDE, EventKind.REPORT):
        assert actions([(1, 100, kind, 5, 9000)]) == 0
    assert actions(liked(1, post=99)) == 0


def test_hides_lower_a_creator_and_its_topics_and_may_remove_them() -> None:
    posts = make_posts([5, 6, 7], [[0], [1], []])
    rows = [*liked(0, 1, post=100), *liked(0, 1, post=101), *liked(0, post=102)]
    rows.append((1, 101, EventKind.HIDE, 0, -1))
    result = collected(posts, make_events(rows)).profiles()
    assert result.creator_ids.tolist() == [5, 7]
    assert result.topics.tolist() == [0]
    assert result.actions.tolist() == [5]
    milder = collected(posts, make_events(rows), options=replace(ANYBODY, hide_weight=1.5)).profiles()
    assert milder.creator_ids.tolist() == [5, 7, 6]
    np.testing.assert_allclose(milder.creator_weights, [1, 0.5, 0.25], atol=1e-6)
    np.testing.assert_allclose(milder.topic_weights, [1, 0.25], atol=1e-6)


def test_lists_hold_the_20_strongest_creators_and_30_topics_ties_by_id() -> None:
    posts = make_posts(list(range(40, 0, -1)), [[code] for code in range(40)])
    result = collected(
        posts, make_events([row for post in range(100, 140) for row in liked(0, post=post, user=99)])
    )
    profiles = result.profiles()
    assert profiles.creator_ids.tolist() == list(range(1, 21))
    assert profiles.topics.tolist() == list(range(30))
    assert set(profiles.creator_weights.tolist()) == {1.0}
    assert profiles.exploration.tolist() == [1.0]


def test_a_common_liking_weighs_less_than_a_rare_one() -> None:
    posts = make_posts([55, 66])
    rows = [row for user in range(1, 11) for row in liked(0, user=user, post=100)] + liked(
        0, user=1, post=101
    )
    profile = collected(posts, make_events(rows)).profiles()
    assert profile.creator_ids[:2].tolist() == [66, 55]
    assert profile.creator_weights[1] == pytest.approx(np.log(1 + 10 / 11) / np.log(1 + 10 / 2))


def test_content_type_shares_add_up_to_one_and_velocity_is_over_a_day_at_least() -> None:
    posts = make_posts([5, 6], content_types=np.array([0, 3], np.uint8))
    rows = [*liked(0, post=100), (1, 101, EventKind.SHARE, 0, -1)]
    profile = collected(posts, make_events(rows)).profiles()
    assert profile.content_type_shares.tolist() == [[0.25, 0, 0, 0.75]]
    assert profile.velocity.tolist() == [2.0]
    rows += liked(4 * DAY_US)
    assert collected(posts, make_events(rows)).profiles().velocity.tolist() == [0.75]


def test_fewer_than_ten_actions_make_no_profile() -> None:
    posts = make_posts([5])
    for count in (9, 10):
        events = make_events(liked(*range(count)))
        assert len(collected(posts, events, options=AffinitySettings()).profiles()) == (count == 10)


def test_profiles_of_some_users_by_the_reach_of_all_are_those_of_everybody() -> None:
    posts, events, excluded = crowd(10_000, 5)
    everybody = collected(posts, events, excluded)
    reach, expected = everybody.reach(), everybody.profiles()
    for user in (0, 17):
        own = taken(events, events.user_ids == user)
        result = collected(posts, own, excluded).profiles(reach=reach)
        assert result.user_ids.tolist() == [user]
        row = int(np.searchsorted(expected.user_ids, user))
        mine = slice(expected.creator_offsets[row], expected.creator_offsets[row + 1])
        np.testing.assert_array_equal(result.creator_ids, expected.creator_ids[mine])
        np.testing.assert_array_equal(result.creator_weights, expected.creator_weights[mine])


def test_a_reach_that_knows_nothing_still_makes_profiles() -> None:
    posts, events, _ = crowd(2000, 6)
    nothing = AffinityReach(
        users=0,
        creator_ids=np.zeros(0, np.int64),
        creator_users=np.zeros(0, np.int32),
        topic_users=np.zeros(40, np.int32),
    )
    result = collected(posts, events).profiles(reach=nothing)
    assert_equals_reference(result, reference.affinity_profiles(events, posts, AS_OF, ANYBODY, reach=nothing))
    assert (result.creator_weights[result.creator_offsets[:-1]] == 1).all()


def test_nothing_at_all_is_fine() -> None:
    result = check(make_posts([]), make_events([]), [], ANYBODY)
    assert (len(result), result.content_type_shares.shape) == (0, (0, 0))
    assert collected(make_posts([5]), make_events([])).profiles().content_type_shares.shape == (0, 1)


@pytest.mark.parametrize(
    ("others", "window_days"), [(1, 36_525), (1000, 36_525), (150_000, 36_525), (300_000, 90)]
)
def test_any_number_of_posts_in_any_window_makes_the_same_profiles(others: int, window_days: float) -> None:
    """Many posts or a long window leave less room for the rest of an event; here nobody met the other posts."""
    posts, events, excluded = crowd(4000, 8)
    options = AffinitySettings(min_actions=1, window_days=window_days)
    more = Posts(
        ids=np.concatenate([posts.ids, 2**41 + np.arange(others)]),
        author_ids=np.concatenate([posts.author_ids, 10_000 + np.arange(others) % 99]),
        created_at=np.concatenate([posts.created_at, np.repeat(posts.created_at[:1], others)]),
        content_types=np.concatenate([posts.content_types, np.zeros(others, np.uint8)]),
        topic_offsets=np.concatenate([posts.topic_offsets, np.repeat(posts.topic_offsets[-1:], others)]),
        topics=posts.topics,
    )
    expected, result = (collected(given, events, excluded, options) for given in (posts, more))
    assert_same(result.profiles(), expected.profiles())
    assert_same(result.reach(), expected.reach())
    assert_same(result.tallies().creators, expected.tallies().creators)


def test_at_most_16_bytes_are_held_an_event_that_may_count() -> None:
    posts, events, _ = crowd(300_000, 9, users=20_000, posts=5000)
    collector = collected(
        posts, joined(events, replace(events, kinds=np.zeros(len(events), np.uint8))), chunk=50_000
    )
    reserve = 4 * 2**20
    assert 0 < len(collector) < len(events)
    assert collector.nbytes <= 16 * len(collector) + reserve
    collector.profiles()
    assert collector.nbytes <= 16 * len(collector) * 8 / 7
