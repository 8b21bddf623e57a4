"""What --incremental merges, keeps and drops; and the spreading of authors it shares with the kernel."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feedscore import reference
from orchestrator.db.engine import Database
from orchestrator.jobs.feed.feed_presort_spread import spread_lists
from tests.jobs.conftest import Runner, execute, rows, versions
from tests.jobs.feed.feed_world import (
    NOW,
    USERS,
    add_features,
    add_posts,
    add_users,
    days_ago,
    insert,
    make_world,
)
from tests.jobs.feed.plain_feed import Item, PlainFeeds, Post, spread
from tests.jobs.feed.test_feed_presort import JOB, assert_same, cards_of, make_feeds, posts_of, stored

LATER = NOW + timedelta(hours=5)
KEY = "user_id::text || '/' || segment"


def merged(before: list[Item], user: int, plain: PlainFeeds) -> list[Item]:
    """The feed after a merge: stored posts aged since, newer ones with new scores."""
    posts = {post.id: post for post in plain.posts}
    kept = {item.id: item.score for item in before if item.kind == 0 and item.id in posts}
    kept = {post: score for post, score in kept.items() if plain.may_see(user, posts[post])}
    hour = NOW.replace(minute=0, second=0)
    for post_id in kept:
        kept[post_id] += freshness(posts[post_id], plain.hour) - freshness(posts[post_id], hour)
    for post in plain.posts:
        if post.at >= hour and plain.may_see(user, post):
            kept.setdefault(post.id, plain.score(user, post))
    ordered = sorted(((score, posts[post]) for post, score in kept.items()), key=lambda x: (-x[0], x[1].id))
    shown = [Item(0, post.id, score) for score, post in spread(ordered, 60)]
    for slot, card in zip((5, 15, 25), plain.cards(user), strict=False):
        if len(shown) >= slot - 1:
            shown.insert(slot - 1, card)
    return shown[:60]


def freshness(post: Post, hour: datetime) -> float:
    return 0.2 / math.log2(2 + max((hour - post.at).total_seconds() / 3600, 0))


def test_newer_posts_are_merged_and_stored_ones_only_age(database: Database, run: Runner) -> None:
    make_world(database)
    run(JOB, now=NOW)
    before = {user: stored(database, user) for user in USERS}
    add_posts(database, [(500 + i, 1 + i % 15, LATER - timedelta(minutes=7 * i)) for i in range(60)])
    add_features(database, [(500 + i, [1 + i % 12], i / 60) for i in range(0, 60, 2)])
    execute(
        database,
        "UPDATE app.posts SET deleted_at = now() WHERE id % 23 = 0",
        "UPDATE feed.content_feature SET nsfw_flagged = true WHERE post_id % 29 = 0",
        "INSERT INTO app.blocks SELECT i, 1 + i % 15, now() FROM generate_series(20, 40) AS i ON CONFLICT DO NOTHING",
        "INSERT INTO app.hides SELECT 900 + i, i, NULL, i, now() FROM generate_series(1, 40) AS i",
    )
    run(JOB, now=LATER, incremental=True, batch_size=9)
    plain = PlainFeeds(database, LATER)
    for user in plain.active & set(USERS):
        assert_same(stored(database, user), merged(before[user], user, plain))
    assert any(item.id >= 500 for user in USERS for item in stored(database, user))


def test_a_merge_of_nothing_new_writes_nothing(database: Database, run: Runner) -> None:
    make_world(database)
    run(JOB, now=NOW)
    assert run(JOB, now=NOW, incremental=True).metadata["rows_written"] == 0
    add_posts(database, [(500 + i, 1 + i % 15, LATER - timedelta(minutes=9 * i)) for i in range(40)])
    assert run(JOB, now=LATER, incremental=True).metadata["rows_written"] > 0
    before = versions(database, "feed.feed_presorted", KEY)
    again = run(JOB, now=LATER + timedelta(minutes=10), incremental=True)
    assert again.metadata["rows_written"] == 0
    assert versions(database, "feed.feed_presorted", KEY) == before


def test_where_nothing_but_time_and_posts_came_a_merge_is_a_full_run(database: Database, run: Runner) -> None:
    make_feeds(database, run)
    add_posts(database, [(500 + i, 101 + i, LATER - timedelta(minutes=11 * i)) for i in range(25)])
    run(JOB, now=LATER, incremental=True)
    feeds = {user: stored(database, user) for user in (1, 2, 101)}
    run(JOB, now=LATER)
    for user, feed in feeds.items():
        assert len(feed) == (53 if user == 101 else 55)
        assert_same(stored(database, user), feed)


def test_a_post_that_was_there_but_not_chosen_is_not_looked_at_again(database: Database, run: Runner) -> None:
    make_feeds(database, run)
    run(JOB, now=NOW, segment_size=5, max_segments=1)
    assert posts_of(database, 1) == [0, 1, 2, 3, 4]
    execute(database, "UPDATE app.posts SET deleted_at = now() WHERE id IN (0, 1)")
    add_posts(database, [(777, 120, LATER)])
    run(JOB, now=LATER, segment_size=5, max_segments=1, incremental=True)
    assert posts_of(database, 1) == [777, 2, 3, 4]
    run(JOB, now=LATER, segment_size=5, max_segments=1)
    assert posts_of(database, 1) == [777, 2, 3, 4, 5]


def test_whoever_has_no_feed_or_one_of_another_version_gets_a_whole_one(
    database: Database, run: Runner
) -> None:
    make_world(database)
    run(JOB, now=NOW)
    feeds = {user: stored(database, user) for user in USERS}
    execute(
        database,
        "DELETE FROM feed.feed_presorted WHERE user_id < 20",
        "UPDATE feed.feed_presorted SET algorithm_version = '0', scores = '{}' WHERE user_id BETWEEN 20 AND 30",
    )
    run(JOB, now=NOW, incremental=True)
    assert {user: stored(database, user) for user in USERS} == feeds


def test_cards_are_chosen_anew_in_a_merge(database: Database, run: Runner) -> None:
    make_feeds(database, run)
    insert(database, "app.matches", "id, user_a, user_b, created_at", [(1, 1, 101, LATER)])
    run(JOB, now=LATER, incremental=True)
    assert cards_of(database, 1) == [(5, 1, 101)]
    execute(database, "INSERT INTO app.blocks VALUES (101, 1, now())")
    run(JOB, now=LATER, incremental=True)
    assert cards_of(database, 1) == []


def test_feeds_of_many_hours_are_each_merged_with_what_is_newer(database: Database, run: Runner) -> None:
    add_users(database, [*range(1, 33)])
    execute(database, "UPDATE app.users SET is_active = true, visibility = 'public'")
    add_posts(database, [(1, 32, days_ago(2))])
    run(JOB, now=NOW)
    hours = "UPDATE feed.feed_presorted SET computed_at = %s WHERE user_id = %s"
    with database.connection() as connection:
        for user in range(1, 31):
            connection.execute(hours.encode(), (NOW - timedelta(hours=user), user))
    add_posts(database, [(100 + i, 31, NOW - timedelta(hours=i)) for i in range(32)])
    run(JOB, now=NOW, incremental=True, batch_size=11)
    for user in range(1, 31):  # a post at 12:34 is newer than a feed of the same hour
        assert set(posts_of(database, user)) == {1, *range(100, 101 + user)}
    assert rows(database, "SELECT count(*) FROM feed.feed_presorted WHERE user_id = 31") == [(1,)]


@given(
    st.lists(st.lists(st.integers(-2, 3), max_size=25), min_size=1, max_size=8),
    st.integers(1, 25),
)
def test_lists_are_spread_as_the_reference_spreads_each(lists: list[list[int]], length: int) -> None:
    offsets = np.cumsum([0, *map(len, lists)], dtype=np.int64)
    authors = np.array([author for one in lists for author in one], np.int64)
    found_offsets, chosen = spread_lists(offsets, authors, length)
    for row, one in enumerate(lists):
        places = chosen[found_offsets[row] : found_offsets[row + 1]] - offsets[row]
        own = np.array(one, np.int64)
        assert places.tolist() == reference.spread_authors(own, length, np.arange(len(own))).tolist()


def test_the_plain_spread_is_that_of_the_reference() -> None:
    authors = np.array([1, 1, 1, 2, 1, 3, 3, 1, 1], np.int64)
    posts = [(0.0, Post(i, int(a), NOW, frozenset(), 0, 0)) for i, a in enumerate(authors)]
    for length in range(1, 10):
        expected = reference.spread_authors(authors, length, np.arange(9)).tolist()
        assert [post.id for _, post in spread(posts, length)] == expected
