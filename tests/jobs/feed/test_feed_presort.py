"""The job feed-presort against the rules in plain Python, and what it leaves alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.jobs.feed.feed_presort import FeedParameters
from orchestrator.jobs.feed.feed_presort_viewers import MET
from orchestrator.plan import make_plan
from orchestrator.runner import preview_plan
from orchestrator.settings import Settings
from tests.jobs.conftest import Runner, execute, rows, versions
from tests.jobs.feed.feed_world import (
    NOW,
    USERS,
    add_features,
    add_match_lists,
    add_posts,
    add_profiles,
    add_trending,
    add_users,
    days_ago,
    insert,
    make_world,
)  # fmt: skip
from tests.jobs.feed.plain_feed import Item, PlainFeeds

JOB = "feed-presort"
STORED = "SELECT kinds, item_ids, scores FROM feed.feed_presorted WHERE user_id = %s ORDER BY segment"


def stored(database: Database, user: int) -> list[Item]:
    """What is stored for a user, from the first slot on."""
    return [
        Item(*item)
        for kinds, ids, scores in rows(database, STORED, user)
        for item in zip(kinds, ids, scores, strict=True)
    ]


def posts_of(database: Database, user: int) -> list[int]:
    return [item.id for item in stored(database, user) if item.kind == 0]


def cards_of(database: Database, user: int) -> list[tuple[int, int, int]]:
    """The slot, kind and person of each card."""
    return [(slot, *item[:2]) for slot, item in enumerate(stored(database, user), 1) if item.kind]


def assert_same(found: list[Item], expected: list[Item]) -> None:
    assert [item[:2] for item in found] == [item[:2] for item in expected]
    assert [item.score for item in found] == pytest.approx([item.score for item in expected], abs=1e-6)


def make_feeds(database: Database, run: Runner, posts: int = 30) -> None:
    """Two readers, and posts of as many authors, the newest first by id; the job has run."""
    add_users(database, [1, 2, *range(101, 101 + posts)])
    execute(database, "UPDATE app.users SET is_active = true, visibility = 'public'")
    add_posts(database, [(i, 101 + i, days_ago(0.1 * (i + 1))) for i in range(posts)])
    run(JOB, now=NOW)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_feeds_are_those_of_the_rules(seed: int, database: Database, run: Runner) -> None:
    make_world(database, seed)
    record = run(JOB, now=NOW, batch_size=7)
    plain = PlainFeeds(database, NOW)
    kinds = set()
    for user in USERS:
        expected = plain.feed(user) if user in plain.active else []
        assert_same(stored(database, user), expected)
        kinds |= {item.kind for item in expected}
    assert kinds == {0, 1, 2, 3}
    assert record.metadata["feeds"] == len(plain.active)


def test_segments_have_the_size_asked_for_and_the_last_may_be_short(database: Database, run: Runner) -> None:
    make_feeds(database, run)
    cut = "SELECT segment, cardinality(item_ids) FROM feed.feed_presorted WHERE user_id = 1 ORDER BY 1"
    assert rows(database, cut) == [(1, 20), (2, 10)]
    run(JOB, now=NOW, segment_size=8, max_segments=2)
    assert rows(database, cut) == [(1, 8), (2, 8)]
    run(JOB, now=NOW, segment_size=8, max_segments=5)
    assert rows(database, cut) == [(1, 8), (2, 8), (3, 8), (4, 6)]


def test_a_second_run_within_the_hour_writes_nothing(database: Database, run: Runner) -> None:
    make_world(database)
    assert run(JOB, now=NOW).metadata["rows_written"] > 0
    before = versions(database, "feed.feed_presorted", "(user_id, segment)")
    later = run(JOB, now=NOW + timedelta(minutes=20))
    assert later.metadata["rows_written"] == 0
    assert versions(database, "feed.feed_presorted", "(user_id, segment)") == before


def test_only_segments_that_changed_are_written(database: Database, run: Runner) -> None:
    make_feeds(database, run)
    before = versions(database, "feed.feed_presorted", "user_id::text || '/' || segment")
    last = posts_of(database, 1)[-1]
    execute(database, f"INSERT INTO app.hides VALUES (1, 1, NULL, {last}, now())")
    assert run(JOB, now=NOW).metadata["rows_written"] == 1
    after = versions(database, "feed.feed_presorted", "user_id::text || '/' || segment")
    assert {key for key in before if before[key] != after[key]} == {"1/2"}


def test_whoever_is_named_gets_the_feed_of_a_full_run(database: Database, run: Runner) -> None:
    make_world(database)
    run(JOB, now=NOW)
    feeds = {user: stored(database, user) for user in USERS}
    execute(database, "DELETE FROM feed.feed_presorted")
    run(JOB, now=NOW, user_id=(7, 8))
    assert {user for user in USERS if stored(database, user)} == {7, 8}
    assert all(stored(database, user) == feeds[user] for user in (7, 8))


def test_a_limited_run_sorts_the_first_feeds_and_removes_none(database: Database, run: Runner) -> None:
    make_world(database)
    run(JOB, now=NOW)
    execute(database, "UPDATE app.users SET is_active = false WHERE id = 40")
    assert run(JOB, now=NOW, limit=3).items_processed == 3
    assert stored(database, 40)


def test_whoever_leaves_loses_the_feed_in_a_run_over_everybody_only(database: Database, run: Runner) -> None:
    make_feeds(database, run)
    execute(
        database, "UPDATE app.users SET is_active = false WHERE id = 1", "DELETE FROM app.users WHERE id = 2"
    )
    told = run(JOB, now=NOW, user_id=(1,)).metadata
    assert told["not_active"] == "1"
    run(JOB, now=NOW, incremental=True)
    assert stored(database, 1)
    assert stored(database, 2)
    assert run(JOB, now=NOW).metadata["segments_of_nobody_removed"] == 4
    assert not stored(database, 1)
    assert not stored(database, 2)


def test_without_posts_there_are_no_feeds_and_old_ones_go(database: Database, run: Runner) -> None:
    make_feeds(database, run)
    execute(database, "UPDATE app.posts SET deleted_at = now()")
    record = run(JOB, now=NOW)
    assert record.metadata["feeds"] == 0
    assert rows(database, "SELECT count(*) FROM feed.feed_presorted") == [(0,)]


def test_somebody_without_a_profile_sees_trending_quality_and_freshness(
    database: Database, run: Runner
) -> None:
    add_users(database, [1, 2, 3, 4, 5])
    at = days_ago(1)
    add_posts(database, [(10, 2, at), (20, 3, at), (30, 4, at), (40, 5, days_ago(2))])
    add_features(database, [(20, [], 1.0), (30, [], 0.5)])
    add_trending(database, [(30, 2.0)])
    run(JOB, now=NOW)
    assert posts_of(database, 1) == [30, 20, 10, 40]


def test_a_post_not_yet_looked_at_has_quality_zero_and_no_topics(database: Database, run: Runner) -> None:
    add_users(database, [1, 2, 3])
    add_posts(database, [(10, 2, days_ago(1)), (20, 3, days_ago(1.1))])
    record = run(JOB, now=NOW, user_id=(1,))
    assert record.metadata["posts_without_features"] == 2
    assert posts_of(database, 1) == [10, 20]
    assert stored(database, 1)[0].score == pytest.approx(0.2 / 4.6839, abs=1e-3)


def test_posts_of_people_who_left_or_hide_are_not_shown(database: Database, run: Runner) -> None:
    add_users(database, [1, 2, 11, 13])  # 11 hides, 13 is inactive; 99 is nobody
    add_posts(database, [(i, author, days_ago(1)) for i, author in enumerate([2, 11, 13, 99])])
    assert run(JOB, now=NOW, user_id=(1,)).metadata["posts_of_nobody_visible"] == 3
    assert posts_of(database, 1) == [0]


def test_posts_of_the_future_and_of_no_finite_time_wait(database: Database, run: Runner) -> None:
    add_users(database, [1, 2])
    add_posts(database, [(1, 2, days_ago(0)), (2, 2, NOW + timedelta(minutes=1)), (3, 2, days_ago(7.5))])
    execute(database, "INSERT INTO app.posts SELECT 4, 2, 'infinity', NULL, NULL, 'text'")
    execute(database, "INSERT INTO app.posts SELECT 5, 2, '-infinity', NULL, NULL, 'text'")
    run(JOB, now=NOW, user_id=(1,))
    assert posts_of(database, 1) == [1]


def test_trending_is_capped_at_its_quantile_and_expires(database: Database, run: Runner) -> None:
    add_users(database, [1, 2, *range(300, 500)])
    execute(database, "UPDATE app.users SET is_active = true, visibility = 'public'")
    add_posts(database, [(i, i, days_ago(1)) for i in range(300, 500)])
    add_trending(database, [(i, 1.0) for i in range(300, 499)] + [(499, 1000.0)])
    run(JOB, now=NOW, user_id=(1,))
    assert len({item.score for item in stored(database, 1)}) == 1
    execute(database, "UPDATE feed.trending_post SET expires_at = '2026-08-01 11:00+00' WHERE post_id < 499")
    run(JOB, now=NOW, user_id=(1,))
    first, second = stored(database, 1)[:2]
    assert first.id == 499
    assert first.score - second.score == pytest.approx(0.15, abs=1e-6)


def test_cards_take_slots_five_fifteen_and_twenty_five_and_posts_move_down(
    database: Database, run: Runner
) -> None:
    make_feeds(database, run)
    posts = posts_of(database, 1)
    insert(database, "app.matches", "id, user_a, user_b, created_at", [
        (1, 1, 101, days_ago(2)), (2, 102, 1, days_ago(1)), (3, 1, 103, days_ago(8)), (4, 1, 104, days_ago(3)),
        (5, 1, 105, days_ago(4)),
    ])  # fmt: skip
    run(JOB, now=NOW)
    assert cards_of(database, 1) == [(5, 1, 102), (15, 1, 101), (25, 1, 104)]
    assert posts_of(database, 1) == posts
    assert [len(ids) for _, ids, _ in rows(database, STORED, 1)] == [20, 13]
    assert cards_of(database, 101) == [(5, 1, 1)]


def test_a_slot_that_too_few_items_stand_before_stays_empty(database: Database, run: Runner) -> None:
    make_feeds(database, run, posts=4)
    add_match_lists(database, [(1, [101, 102, 103], [0.9, 0.85, 0.81]), (101, [1], [0.9])])
    run(JOB, now=NOW)
    assert cards_of(database, 1) == [(5, 3, 101)]
    assert len(stored(database, 101)) == 3  # of the four posts one is their own: no fifth slot
    assert cards_of(database, 101) == []


def test_cards_count_towards_the_length_of_a_feed(database: Database, run: Runner) -> None:
    make_feeds(database, run)
    add_match_lists(database, [(1, [101, 102, 103], [0.9, 0.85, 0.81])])
    run(JOB, now=NOW, segment_size=7, max_segments=2)
    assert cards_of(database, 1) == [(5, 3, 101)]
    assert [len(ids) for _, ids, _ in rows(database, STORED, 1)] == [7, 7]


def test_a_match_is_preferred_to_a_conversation_and_that_to_a_suggestion(
    database: Database, run: Runner
) -> None:
    make_feeds(database, run)
    add_match_lists(database, [(1, [101, 102, 103, 104], [0.95, 0.9, 0.85, 0.79])])
    insert(database, "app.messages", "id, sender_id, recipient_id, sent_at", [
        (1, 1, 105, days_ago(30)), (2, 105, 1, days_ago(1)), (3, 1, 102, days_ago(15)), (4, 1, 102, days_ago(0.5)),
    ])  # fmt: skip
    insert(database, "app.matches", "id, user_a, user_b, created_at", [(1, 1, 102, days_ago(6))])
    run(JOB, now=NOW)
    assert cards_of(database, 1) == [(5, 1, 102), (15, 2, 105), (25, 3, 101)]
    scores = [item.score for item in stored(database, 1) if item.kind]
    assert scores == pytest.approx([0, 0, 0.95])


@pytest.mark.parametrize(
    ("messages", "revived"),
    [
        ([(1, 2, 1, False), (2, 1, 15, False)], True),
        ([(2, 1, 1, False), (1, 2, 16, False)], True),
        ([(1, 2, 1, False)], False),  # the first ever
        ([(1, 2, 1, False), (2, 1, 14.9, False)], False),  # 13.9 days of silence
        ([(1, 2, 3, False), (2, 1, 30, False)], False),  # too long ago
        ([(1, 2, 1, True), (2, 1, 30, False)], False),  # off the record
        (
            [(1, 2, 1, False), (2, 1, 5, True), (2, 1, 30, False)],
            True,
        ),  # what is off the record breaks no silence
        ([(1, 2, 1, False), (2, 1, 30, True)], False),  # nor was it a conversation
        ([(1, 2, 0.1, False), (2, 1, 1, False), (2, 1, 30, False)], True),  # and it went on
    ],
)
def test_a_conversation_is_revived_by_a_message_after_two_weeks(
    messages: list[tuple[int, int, float, bool]], revived: bool, database: Database, run: Runner
) -> None:
    make_feeds(database, run)
    insert(database, "app.messages", "id, sender_id, recipient_id, sent_at, off_the_record", [
        (i, sender, recipient, days_ago(days), off) for i, (sender, recipient, days, off) in enumerate(messages)
    ])  # fmt: skip
    run(JOB, now=NOW)
    assert cards_of(database, 1) == ([(5, 2, 2)] if revived else [])
    assert cards_of(database, 2) == ([(5, 2, 1)] if revived else [])


@pytest.mark.parametrize(
    "refusal",
    [
        "INSERT INTO app.blocks VALUES (1, 101, now())",
        "INSERT INTO app.blocks VALUES (101, 1, now())",
        "INSERT INTO app.reports VALUES (1, 1, 101, NULL, '', now())",
        "INSERT INTO app.reports VALUES (1, 101, 1, NULL, '', now())",
        "INSERT INTO app.hides VALUES (1, 1, 101, NULL, now())",
        "UPDATE app.users SET is_active = false WHERE id = 101",
        "UPDATE app.users SET visibility = 'hidden' WHERE id = 101",
        "UPDATE app.users SET visibility = 'hidden' WHERE id = 1",
        "DELETE FROM app.users WHERE id = 101",
        "INSERT INTO app.decisions VALUES (1, 101, 'pass', now())",
        "INSERT INTO app.decisions VALUES (1, 101, 'like', now())",
        "INSERT INTO app.matches VALUES (1, 101, 1, '2020-01-01')",
    ],
)
def test_nobody_is_suggested_who_was_refused_since_the_match_list(
    refusal: str, database: Database, run: Runner
) -> None:
    make_feeds(database, run)
    add_match_lists(database, [(1, [101, 102], [0.9, 0.85])])
    run(JOB, now=NOW)
    assert cards_of(database, 1) == [(5, 3, 101), (15, 3, 102)]
    execute(database, refusal)
    run(JOB, now=NOW)
    own = refusal.endswith("WHERE id = 1")
    assert cards_of(database, 1) == ([] if own else [(5, 3, 102)])


@pytest.mark.parametrize("seed", [1, 2])
def test_no_feed_holds_what_its_reader_must_not_see(seed: int, database: Database, run: Runner) -> None:
    make_world(database, seed)
    run(JOB, now=NOW)
    assert rows(database, FORBIDDEN) == []


FORBIDDEN = """
SELECT s.user_id, i.kind, i.id FROM feed.feed_presorted AS s
CROSS JOIN LATERAL unnest(s.kinds, s.item_ids) AS i(kind, id)
LEFT JOIN app.posts AS p ON i.kind = 0 AND p.id = i.id
CROSS JOIN LATERAL (SELECT CASE i.kind WHEN 0 THEN p.author_id ELSE i.id END AS id) AS o
WHERE o.id IS NULL OR o.id = s.user_id OR p.deleted_at IS NOT NULL
  OR EXISTS (SELECT FROM feed.content_feature AS f WHERE f.post_id = p.id AND f.nsfw_flagged)
  OR EXISTS (SELECT FROM app.blocks AS b
    WHERE (b.blocker_id, b.blocked_id) IN ((s.user_id, o.id), (o.id, s.user_id)))
  OR EXISTS (SELECT FROM app.reports AS r
    WHERE (r.reporter_id, r.reported_user_id) IN ((s.user_id, o.id), (o.id, s.user_id)))
  OR EXISTS (SELECT FROM app.reports AS r WHERE r.reporter_id = s.user_id AND r.reported_post_id = p.id)
  OR EXISTS (SELECT FROM app.hides AS h
    WHERE h.user_id = s.user_id AND (h.hidden_post_id = p.id OR h.hidden_user_id = o.id))
  OR EXISTS (SELECT FROM app.post_events AS e
    WHERE e.user_id = s.user_id AND e.post_id = p.id AND e.kind IN ('hide', 'report'))
"""


def test_a_post_and_a_person_that_a_view_repeats_count_once(database: Database, run: Runner) -> None:
    make_feeds(database, run, posts=6)
    before = stored(database, 1)
    execute(
        database,
        "ALTER TABLE app.posts DROP CONSTRAINT posts_pkey",
        "ALTER TABLE app.users DROP CONSTRAINT users_pkey",
        "INSERT INTO app.posts SELECT * FROM app.posts WHERE id < 3",
        "INSERT INTO app.users SELECT * FROM app.users WHERE id IN (1, 101)",
        "INSERT INTO app.users (id, created_at, is_active) VALUES (102, now(), false)",  # the stricter row counts
    )
    assert run(JOB, now=NOW).metadata["posts_repeated"] == 3
    assert stored(database, 1) == [item for item in before if item.id != 1]


def test_seen_posts_sink_and_what_was_seen_in_the_future_does_not_count(
    database: Database, run: Runner
) -> None:
    make_feeds(database, run, posts=5)
    first, second, *_ = posts_of(database, 1)
    insert(database, "app.post_events", "id, user_id, post_id, kind, occurred_at", [
        (1, 1, first, "seen", days_ago(0.01)), (2, 1, first, "seen", days_ago(0.01)),
        (3, 1, second, "seen", NOW + timedelta(days=1)), (4, 1, second, "impression", days_ago(0.01)),
    ])  # fmt: skip
    run(JOB, now=NOW)
    assert posts_of(database, 1)[-1] == first
    assert posts_of(database, 1)[0] == second


def test_seen_events_are_read_through_the_index_on_users_and_times(database: Database) -> None:
    make_world(database)
    insert(database, "app.post_events", "id, user_id, post_id, kind, occurred_at", [
        (i, i % 40, i % 180, "seen", days_ago(20 + i % 60)) for i in range(10_000, 40_000)
    ])  # fmt: skip
    execute(database, "ANALYZE app.post_events")
    with database.connection() as connection:
        told: Any = connection.execute(  # Any: a plan
            b"EXPLAIN (ANALYZE, FORMAT JSON) " + MET.encode(),
            {"users": [1, 2, 3], "since": days_ago(7), "now": NOW},
        ).fetchone()
    scans = [node for node in _nodes(told[0][0]["Plan"]) if "Index Name" in node]
    assert [node["Index Name"] for node in scans] == ["post_events_by_user"]
    assert scans[0]["Actual Rows"] < 400  # of 31,500 events, those of three people in a week


def test_a_run_reads_the_posts_and_events_of_the_window_only(database: Database, run: Runner) -> None:
    make_feeds(database, run)
    before = run(JOB, now=NOW).metadata["rows_scanned"]
    with database.connection() as connection:
        connection.execute(
            "INSERT INTO app.posts (id, author_id, created_at, content_type)"
            " SELECT 1000 + i, 101 + i % 30, '2026-07-01', 'text' FROM generate_series(1, 20000) AS i"
        )
        connection.execute(
            "INSERT INTO app.post_events (id, user_id, post_id, kind, occurred_at)"
            " SELECT i, 1 + i % 2, 1000 + i, 'seen', '2026-07-02' FROM generate_series(1, 20000) AS i"
        )
    assert run(JOB, now=NOW).metadata["rows_scanned"] == before


def _nodes(plan: Any) -> list[Any]:  # Any: a plan as EXPLAIN tells it
    return [plan, *(node for child in plan.get("Plans", ()) for node in _nodes(child))]


def test_full_range_ids_are_no_trouble(database: Database, run: Runner) -> None:
    low, high = -(2**63), 2**63 - 1
    insert(database, "app.users", "id, created_at", [(low, NOW), (high, NOW), (0, NOW)])
    add_posts(database, [(low, high, days_ago(1)), (high, low, days_ago(1)), (5, high, days_ago(2))])
    insert(database, "feed.topic", "tag", [("a",)])
    add_features(database, [(low, [1], 0.1)])
    add_profiles(database, [(0, [low], [1.0], [1], [1.0])])
    insert(
        database, "app.post_events", "id, user_id, post_id, kind, occurred_at", [(1, low, low, "hide", NOW)]
    )
    run(JOB, now=NOW)
    assert posts_of(database, 0) == [low, high, 5]  # two of three are of one author: apart
    assert posts_of(database, low) == [5]


def test_a_preview_tells_how_many_feeds_there_would_be(database: Database, settings: Settings) -> None:
    make_world(database)
    (*_, (_, told)) = preview_plan(database, settings, make_plan(registry, [JOB]), {}, now=NOW)
    assert told.items == 37
    assert told.rows_to_scan["app.posts"] == 180
    assert rows(database, "SELECT count(*) FROM feed.feed_presorted") == [(0,)]


def test_a_feed_longer_than_its_candidates_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 500"):
        FeedParameters(segment_size=100, max_segments=6)
