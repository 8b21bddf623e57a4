"""The job affinity over real tables."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from feedscore import AffinitySettings, EventKind, PostEvents, Posts, reference
from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.runner import RunStatus, run_job
from orchestrator.settings import Settings
from tests.jobs.conftest import NOW, Runner, execute, rows, versions
from tests.jobs.feed.social import act, write_social

PROFILES = """SELECT user_id, creator_ids, creator_weights, topic_ids, topic_weights, content_types,
  content_type_shares, engagement_velocity, exploration_factor, actions FROM feed.affinity_profile ORDER BY 1"""
REACH = "SELECT kind, id, users FROM feed.affinity_reach ORDER BY 1, 2"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = NOW.replace(hour=0) + DAY
Row = tuple[Any, ...]  # Any: what SQL gives


@pytest.fixture
def people(database: Database) -> Database:
    """Five people; 2 and 3 have posts 20 (photo), 21 and 30 (text), of topics 1 (art), 1 and 2 (jazz), and none."""
    execute(
        database,
        "INSERT INTO app.users (id, created_at) SELECT i, now() FROM generate_series(1, 5) AS i",
        "INSERT INTO feed.topic (tag) VALUES ('art'), ('jazz')",
        """INSERT INTO app.posts (id, author_id, created_at, content_type) VALUES
             (20, 2, '2026-06-01', 'photo'), (21, 2, '2026-06-01', 'text'), (30, 3, '2026-06-01', 'text')""",
        """INSERT INTO feed.content_feature SELECT id, topics, 0.5, 0, false, 'en', NULL, NULL, 0, now(), '1'
           FROM (VALUES (20, '{1}'::int[]), (21, '{1,2}')) AS f(id, topics)""",
    )
    return database


def test_a_profile_is_what_the_definition_says(people: Database, run: Runner) -> None:
    for post, kind, count in ((20, "comment", 6), (21, "like", 4), (30, "share", 1)):
        act(people, 1, post, kind, count=count, ago=12 * HOUR)
    act(people, 4, 30, "like", ago=12 * HOUR)
    run("affinity")
    (profile,) = rows(people, "SELECT * FROM feed.user_affinity")
    user, creators, topics, types, velocity, exploration, actions = profile[:7]
    assert (user, actions, velocity) == (1, 11, 11)
    # Twelve for 2, four for 1 of whom each has two topics; all of one age. Two users did anything.
    two, three = 16 * math.log(1 + 2 / 2), 3 * math.log(1 + 2 / 3)
    assert creators == [
        {"creator_id": 2, "weight": 1},
        {"creator_id": 3, "weight": pytest.approx(three / two, rel=1e-6)},
    ]
    assert topics == [
        {"topic": "art", "weight": 1}, {"topic": "jazz", "weight": pytest.approx(2 / 14, rel=1e-6)},
    ]  # fmt: skip
    assert types == {"photo": pytest.approx(12 / 19, rel=1e-6), "text": pytest.approx(7 / 19, rel=1e-6)}
    shares = (16 / 19, 3 / 19)
    assert exploration == pytest.approx(-sum(p * math.log(p) for p in shares) / math.log(2), rel=1e-6)
    assert rows(people, REACH) == [(0, 0, 2), (1, 2, 1), (1, 3, 2), (2, 1, 1), (2, 2, 1)]


def test_profiles_and_reach_are_those_of_the_reference(database: Database, run: Runner) -> None:
    write_social(database)
    told = run("affinity").metadata
    expected, reach = expect(database)
    stored = rows(database, PROFILES)
    assert len(stored) > 30
    assert [row[0] for row in stored] == [row[0] for row in expected]
    for got, want in zip(stored, expected, strict=True):
        assert (got[1], got[3], got[5], got[9]) == (want[1], want[3], want[5], want[9])
        for place in (2, 4, 6, 7, 8):
            assert np.allclose(got[place], want[place], atol=1e-6)
    assert rows(database, REACH) == reach
    assert told["users_with_actions"] == reach[0][2]


def test_a_second_run_touches_no_row(database: Database, run: Runner) -> None:
    write_social(database)
    assert run("affinity").metadata["rows_written"] > 0
    before = versions(database, "feed.affinity_profile", "user_id")
    reached = versions(database, "feed.affinity_reach", "kind * 1000 + id")
    told = run("affinity", now=NOW + 3 * HOUR).metadata
    assert (told["rows_written"], told["rows_removed"], told["reach_removed"]) == (0, 0, 0)
    assert versions(database, "feed.affinity_profile", "user_id") == before
    assert versions(database, "feed.affinity_reach", "kind * 1000 + id") == reached


def test_ten_actions_make_a_profile_and_nine_lose_it(people: Database, run: Runner) -> None:
    act(people, 1, 20, "like", count=9, ago=HOUR)
    act(people, 1, 21, "view", count=5, ago=HOUR)  # of unknown length: no action
    run("affinity")
    assert rows(people, PROFILES) == []
    act(people, 1, 30, "like", ago=89 * DAY)
    run("affinity")
    assert [row[0] for row in rows(people, PROFILES)] == [1]
    told = run("affinity", now=NOW + 3 * DAY).metadata
    assert told["rows_removed"] == 1
    assert rows(people, PROFILES) == []


def test_what_is_ignored_is_counted(people: Database, run: Runner) -> None:
    act(people, 1, 20, "like", count=10, ago=HOUR)
    act(people, 99, 20, "like", count=2, ago=HOUR)
    act(people, 1, 77, "like", count=3, ago=HOUR)
    act(people, 1, 20, "wave", count=4, ago=HOUR)
    act(people, 1, 20, "like", count=5, ago=-HOUR)
    execute(people, "UPDATE app.post_events SET occurred_at = 'infinity' WHERE id = 1")
    execute(
        people,
        "INSERT INTO app.posts (id, author_id, created_at, content_type) VALUES (9, 98, now(), 'text')",
    )
    told = run("affinity").metadata
    names = (
        "events_of_nobody", "events_of_no_post", "events_of_unknown_kind", "events_in_the_future",
        "events_without_time", "posts_of_nobody",
    )  # fmt: skip
    assert [told[name] for name in names] == [2, 3, 4, 5, 1, 1]
    assert rows(people, PROFILES) == []


def test_blocked_and_reported_creators_are_in_no_profile(people: Database, run: Runner) -> None:
    for user in (1, 4, 5):
        act(people, user, 20, "like", count=12, ago=HOUR)
        act(people, user, 30, "like", count=12, ago=HOUR)
    execute(
        people,
        "INSERT INTO app.blocks VALUES (1, 2, now()), (3, 4, now())",
        "INSERT INTO app.reports (id, reporter_id, reported_user_id, created_at) VALUES (1, 5, 2, now()), (2, 2, 4, now())",
    )
    run("affinity")
    assert [row[:2] for row in rows(people, PROFILES)] == [(1, [3]), (4, [2]), (5, [3])]


def test_a_block_or_report_after_the_run_hides_the_creator_at_once(people: Database, run: Runner) -> None:
    for post in (20, 30):
        act(people, 1, post, "like", count=12, ago=HOUR)
        act(people, 4, post, "like", count=12, ago=HOUR)
    run("affinity")
    execute(
        people,
        "INSERT INTO app.blocks VALUES (2, 1, now())",
        "INSERT INTO app.reports (id, reporter_id, reported_user_id, created_at) VALUES (1, 4, 3, now())",
    )
    query = "SELECT user_id, top_creators FROM feed.user_affinity ORDER BY 1"
    assert [[one["creator_id"] for one in row[1]] for row in rows(people, query)] == [[3], [2]]


def test_named_users_get_the_rows_of_a_full_run_and_only_their_events_are_read(
    database: Database, run: Runner
) -> None:
    write_social(database)
    everything = run("affinity").metadata["rows_scanned"]
    before = rows(database, PROFILES)
    execute(database, "DELETE FROM feed.affinity_profile WHERE user_id IN (1, 2, 3)")
    told = run("affinity", user_id=(1, 2, 3)).metadata
    assert rows(database, PROFILES) == before
    assert told["rows_scanned"] < everything / 2
    assert told["rows_written"] == 3


def test_without_a_stored_reach_a_named_user_gets_the_row_of_a_full_run_too(
    database: Database, run: Runner
) -> None:
    write_social(database)
    run("affinity", user_id=(2,))
    (alone,), reach = rows(database, PROFILES), rows(database, REACH)
    run("affinity")
    assert alone in rows(database, PROFILES)
    assert rows(database, REACH) == reach
    assert len(reach) > 20


def test_named_users_who_are_many_are_read_with_everybody(database: Database, run: Runner) -> None:
    write_social(database)
    run("affinity")
    before = rows(database, PROFILES)
    execute(database, "DELETE FROM feed.affinity_profile WHERE user_id <= 20")
    told = run("affinity", user_id=range(1, 21)).metadata
    assert rows(database, PROFILES) == before
    assert told["rows_written"] == len([row for row in before if row[0] <= 20])


def test_changed_computes_those_with_100_new_actions(people: Database, run: Runner) -> None:
    for user in (1, 4):
        act(people, user, 20, "like", count=12, ago=2 * HOUR)
    run("affinity", now=NOW - HOUR)
    assert run("affinity", changed=True).metadata["users_changed"] == 0
    act(people, 1, 30, "like", count=100, ago=HOUR / 2)
    act(people, 4, 30, "like", count=99, ago=HOUR / 2)
    act(people, 4, 30, "hide", count=9, ago=HOUR / 2)
    act(people, 5, 30, "share", count=100, ago=HOUR / 2)
    told = run("affinity", changed=True).metadata
    assert (told["users_changed"], told["rows_written"]) == (2, 2)
    assert [(row[0], row[9]) for row in rows(people, PROFILES)] == [(1, 112), (4, 12), (5, 100)]
    assert run("affinity", changed=True).metadata["users_changed"] == 0
    act(people, 1, 30, "like", count=100, ago=-HOUR)
    assert run("affinity", changed=True, now=NOW + 2 * HOUR, user_id=(4, 5)).metadata["users_changed"] == 0


def test_what_a_run_over_everybody_has_seen_is_not_new(people: Database, run: Runner) -> None:
    act(people, 1, 20, "like", count=150, ago=2 * HOUR)
    run("affinity", now=NOW - HOUR)
    execute(people, "UPDATE feed.affinity_profile SET computed_at = computed_at - interval '1 day'")
    assert run("affinity", changed=True).metadata["users_changed"] == 0


def test_before_any_run_everything_is_new(people: Database, run: Runner) -> None:
    act(people, 1, 20, "like", count=100, ago=2 * HOUR)
    act(people, 4, 20, "like", count=100, ago=91 * DAY)
    told = run("affinity", changed=True).metadata
    assert (told["users_changed"], [row[0] for row in rows(people, PROFILES)]) == (1, [1])


def test_a_limit_writes_so_many_profiles_and_removes_none(database: Database, run: Runner) -> None:
    write_social(database)
    execute(
        database,
        """INSERT INTO feed.affinity_profile
      VALUES (999, '{}', '{}', '{}', '{}', '{}', '{}', 0, 0, 10, now(), '1')""",
    )
    run("affinity", limit=3)
    stored = [row[0] for row in rows(database, PROFILES)]
    assert len(stored) == 4
    assert stored[-1] == 999
    run("affinity")
    assert 999 not in [row[0] for row in rows(database, PROFILES)]


def test_nobody_at_all_leaves_empty_tables(database: Database, run: Runner) -> None:
    run("affinity")
    assert (rows(database, PROFILES), rows(database, REACH)) == ([], [(0, 0, 0)])
    run("affinity", changed=True)


def test_more_types_of_posts_than_codes_are_refused_by_number(people: Database, settings: Settings) -> None:
    execute(
        people,
        """INSERT INTO app.posts (id, author_id, created_at, content_type)
           SELECT 100 + i, 2, now(), 'type ' || i FROM generate_series(1, 31) AS i""",
    )
    record = run_job(people, settings, registry["affinity"], now=NOW)
    assert record.status is RunStatus.FAILED
    assert "33 different types, there are 32 codes" in (record.error or "")


def expect(database: Database) -> tuple[list[Row], list[Row]]:
    """What the reference makes of the tables, read row by row, in the form of the stored rows."""
    topics = [row[0] for row in rows(database, 'SELECT id FROM feed.topic ORDER BY tag COLLATE "C"')]
    types = [row[0] for row in rows(database, "SELECT DISTINCT content_type FROM app.posts ORDER BY 1")]
    posts = rows(database, """SELECT id, author_id, created_at, content_type, coalesce(topic_ids, '{}')
      FROM app.posts LEFT JOIN feed.content_feature ON post_id = id""")  # fmt: skip
    events = rows(database, "SELECT user_id, post_id, kind, occurred_at, dwell_ms FROM app.post_events")
    pairs = rows(
        database,
        """SELECT blocker_id, blocked_id FROM app.blocks
      UNION SELECT blocked_id, blocker_id FROM app.blocks UNION SELECT reporter_id, reported_user_id FROM app.reports""",
    )
    arguments = (
        PostEvents(
            user_ids=np.array([row[0] for row in events], np.int64),
            post_ids=np.array([row[1] for row in events], np.int64),
            kinds=np.array([EventKind[row[2].upper()] for row in events], np.uint8),
            occurred_at=np.array([row[3].replace(tzinfo=None) for row in events], "datetime64[us]"),
            dwell_ms=np.array([row[4] for row in events], np.int32),
        ),
        Posts(
            ids=np.array([row[0] for row in posts], np.int64),
            author_ids=np.array([row[1] for row in posts], np.int64),
            created_at=np.array([row[2].replace(tzinfo=None) for row in posts], "datetime64[us]"),
            content_types=np.array([types.index(row[3]) for row in posts], np.uint8),
            topic_offsets=np.cumsum([0, *(len(row[4]) for row in posts)]),
            topics=np.array([topics.index(topic) for row in posts for topic in row[4]], np.uint32),
        ),
        np.datetime64(MIDNIGHT.replace(tzinfo=None), "us"),
        AffinitySettings(),
        pairs,
    )
    found, reach = reference.affinity_profiles(*arguments), reference.affinity_reach(*arguments)
    creator, topic = found.creator_offsets, found.topic_offsets
    profiles = [
        (
            user,
            found.creator_ids[creator[i] : creator[i + 1]].tolist(),
            found.creator_weights[creator[i] : creator[i + 1]],
            [topics[code] for code in found.topics[topic[i] : topic[i + 1]]],
            found.topic_weights[topic[i] : topic[i + 1]],
            [types[code] for code in np.flatnonzero(found.content_type_shares[i])],
            found.content_type_shares[i][found.content_type_shares[i] > 0],
            found.velocity[i],
            found.exploration[i],
            found.actions[i],
        )
        for i, user in enumerate(found.user_ids.tolist())
    ]
    reached = [
        (1, *pair) for pair in zip(reach.creator_ids.tolist(), reach.creator_users.tolist(), strict=True)
    ]
    reached += sorted(
        (2, topics[code], users) for code, users in enumerate(reach.topic_users.tolist()) if users
    )
    return profiles, [(0, 0, reach.users), *reached]
