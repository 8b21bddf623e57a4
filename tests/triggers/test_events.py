"""From a row in the outbox to the runs it calls for; blocks first, and both ways."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.db.engine import Database
from orchestrator.errors import ParameterError
from orchestrator.jobs import registry
from orchestrator.settings import Settings
from orchestrator.triggers.consequences import CONSEQUENCES, FAR_KM, Refresh, refreshes
from orchestrator.triggers.consume import consume
from orchestrator.triggers.events import ABOUT_ANOTHER, Event, EventName, emit
from tests.jobs.conftest import Runner, runner

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
RUNS = "SELECT job, scope, status FROM feed.job_run ORDER BY id"
LISTS = """
INSERT INTO feed.match_list (viewer_id, candidate_ids, scores, facts, interests, goals, inputs, fingerprint, computed_at,
  algorithm_version)
VALUES (8, '{17,9}', '{0.9,0.8}', '{1,2}', '{}', '{}', 1, 1, now(), '1'),
  (17, '{8,9}', '{0.7,0.6}', '{3,4}', '{}', '{}', 1, 1, now(), '1'),
  (9, '{8,17}', '{0.5,0.4}', '{5,6}', '{}', '{}', 1, 1, now(), '1')
"""
FEED = """
INSERT INTO app.users (id, created_at) VALUES (8, now()), (9, now()), (17, now());
INSERT INTO app.posts (id, author_id, created_at, content_type) VALUES (100, 17, now(), 'text'), (101, 9, now(), 'text');
INSERT INTO feed.feed_presorted (user_id, segment, kinds, item_ids, scores, fingerprint, computed_at, algorithm_version)
VALUES (8, 1, '{0,3,0}', '{100,17,101}', '{0.5,0.8,0.4}', 1, now(), '1');
"""


def told(
    connection: psycopg.Connection, kind: EventName, user: int = 8, **about: Any
) -> int | None:  # Any: fields
    return emit(connection, Event(kind=kind, user_id=user, **about))


def consumed(database: Database, settings: Settings) -> int:
    return consume(database, settings, registry, now=NOW)


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:  # Any: what a query gives
    with database.connection() as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.fixture
def run(database: Database, settings: Settings) -> Runner:
    """Run a job over the database."""
    return runner(database, settings)


@given(
    st.sampled_from(EventName),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(0, 20_000),
)
def test_inputs_are_refreshed_before_the_lists_that_need_them(
    kind: EventName, user: int, other: int, moved_km: float
) -> None:
    found = refreshes(Event(kind=kind, user_id=user, other_id=other, post_id=1, moved_km=moved_km))
    place = {refresh.job: n for n, refresh in enumerate(found)}
    assert all(
        place[need] < n
        for job, n in place.items()
        if job in registry.jobs
        for need in registry[job].needs
        if need in place
    )
    assert {person for refresh in found for person in refresh.users} <= {user, other}


def test_every_kind_of_event_has_its_consequences_and_the_outbox_takes_it(
    connection: psycopg.Connection,
) -> None:
    assert set(CONSEQUENCES) == set(EventName)
    for kind in EventName:
        told(connection, kind, other_id=9, post_id=1)
    assert connection.execute("SELECT count(*) FROM feed.event_outbox").fetchone() == (len(EventName),)


def test_a_move_within_fifty_miles_changes_nothing() -> None:
    def moved(km: float | None) -> tuple[Refresh, ...]:
        return refreshes(Event(kind=EventName.LOCATION_CHANGED, user_id=8, moved_km=km))

    assert moved(FAR_KM) == ()
    assert moved(FAR_KM + 0.001) == moved(None) == (Refresh("match-scores", (8,)),)


def test_an_event_about_another_must_name_the_other() -> None:
    for kind in ABOUT_ANOTHER:
        with pytest.raises(ParameterError, match="other_id"):
            Event(kind=kind, user_id=8)
    with pytest.raises(ParameterError, match="post_id"):
        Event(kind=EventName.POST_CREATED, user_id=8)


def test_a_key_that_comes_again_is_no_second_event(connection: psycopg.Connection) -> None:
    event = Event(kind=EventName.PROFILE_UPDATED, user_id=8)
    assert emit(connection, event, idempotency_key="a") is not None
    assert emit(connection, event, idempotency_key="a") is None


def test_a_quiz_refreshes_traits_and_then_the_list(database: Database, settings: Settings) -> None:
    with database.connection() as connection:
        told(connection, EventName.QUIZ_SUBMITTED)
    assert consumed(database, settings) == 1
    assert rows(database, RUNS) == [
        ("build-user-traits", "users:8", "QUEUED"), ("match-scores", "users:8", "WAITING"),
    ]  # fmt: skip
    assert rows(database, "SELECT DISTINCT trigger, priority FROM feed.job_run") == [("EVENT", 80)]
    assert consumed(database, settings) == 0


def test_a_list_that_waits_for_a_worker_then_waits_for_the_traits_too(
    database: Database, settings: Settings
) -> None:
    with database.connection() as connection:
        told(connection, EventName.PROFILE_UPDATED)
    consumed(database, settings)
    assert rows(database, RUNS) == [("match-scores", "users:8", "QUEUED")]
    with database.connection() as connection:
        told(connection, EventName.QUIZ_SUBMITTED)
    consumed(database, settings)
    assert sorted(rows(database, RUNS)) == [
        ("build-user-traits", "users:8", "QUEUED"), ("match-scores", "users:8", "WAITING"),
    ]  # fmt: skip


def test_ten_thousand_events_of_a_thousand_users_are_at_most_two_thousand_runs(
    database: Database, settings: Settings
) -> None:
    with database.connection() as connection:
        connection.execute(
            "INSERT INTO feed.event_outbox (kind, user_id)"
            " SELECT (ARRAY['quiz.submitted', 'profile.updated'])[1 + n % 2], n % 1000 FROM generate_series(1, 10000) AS n"
        )
    assert consumed(database, settings) == 10_000
    ((runs,),) = rows(database, "SELECT count(*) FROM feed.job_run")
    assert 1000 <= runs <= 2000
    assert rows(database, "SELECT count(*) FROM feed.event_outbox WHERE processed_at IS NULL") == [(0,)]


def test_a_block_acts_first_and_both_ways(database: Database, settings: Settings) -> None:
    with database.connection() as connection:
        connection.execute(LISTS)
        connection.execute(FEED.encode())
        told(connection, EventName.QUIZ_SUBMITTED, user=9)
        told(connection, EventName.USER_BLOCKED, user=17, other_id=8)
    shown = "SELECT viewer_user_id, candidate_user_id FROM feed.match_score ORDER BY 1, 2"
    assert rows(database, shown) == [(8, 9), (9, 8), (9, 17), (17, 9)], (
        "hidden from the commit of the event on"
    )
    consumed(database, settings)
    stored = "SELECT viewer_id, candidate_ids, scores, facts, fingerprint FROM feed.match_list ORDER BY 1"
    assert rows(database, stored) == [
        (8, [9], [pytest.approx(0.8)], [2], 0),
        (9, [8, 17], [0.5, pytest.approx(0.4)], [5, 6], 1),
        (17, [9], [pytest.approx(0.6)], [4], 0),
    ]
    assert rows(database, "SELECT kinds, item_ids FROM feed.feed_presorted") == [([0], [101])]
    assert ("match-scores", "users:8,17", "QUEUED") in rows(database, RUNS)


def test_new_likings_are_worth_a_profile_from_a_hundred_actions_on(
    database: Database, settings: Settings
) -> None:
    act = (
        "INSERT INTO app.post_events (id, user_id, post_id, kind, occurred_at)"
        " SELECT n, 8, 1, CASE WHEN n %% 2 = 0 THEN 'like' ELSE 'impression' END, now()"
        " FROM generate_series(%s::int, %s::int) AS n"
    )
    for start, stop, expected in ((1, 198, "too few actions since the last profile"), (199, 200, "runs 1")):
        with database.connection() as connection:
            connection.execute(act.encode(), (start, stop))
            told(connection, EventName.POST_ENGAGED)
        consumed(database, settings)
        assert rows(database, "SELECT outcome FROM feed.event_outbox ORDER BY id DESC LIMIT 1") == [
            (expected,)
        ]


def test_new_posts_and_their_media_get_their_features_in_one_run(
    database: Database, settings: Settings, run: Runner
) -> None:
    with database.connection() as connection:
        connection.execute(
            "INSERT INTO app.posts (id, author_id, created_at, content_type, body)"
            " SELECT n, 8, %s, 'text', 'hello' FROM generate_series(1, 3) AS n", (NOW,)
        )  # fmt: skip
        for post in (2, 1, 1, 99):
            told(connection, EventName.POST_CREATED, post_id=post)
        told(connection, EventName.MEDIA_UPLOADED, post_id=3)
        told(connection, EventName.MEDIA_UPLOADED)
    assert consumed(database, settings) == 6
    assert rows(database, RUNS) == [("content-features", "posts:1,2,3", "QUEUED")]
    assert [outcome for (outcome,) in rows(database, "SELECT outcome FROM feed.event_outbox ORDER BY id")] == [
        "runs 1", "runs 1", "runs 1", "no such post", "runs 1", "nothing to do",
    ]  # fmt: skip
    run("content-features", post_id=(1, 2, 3))
    assert rows(database, "SELECT post_id FROM feed.post_feature ORDER BY 1") == [(1,), (2,), (3,)]


def test_what_fails_while_an_event_is_worked_off_leaves_it_for_the_next_time(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.connection() as connection:
        told(connection, EventName.PROFILE_UPDATED)
    broken = {"enqueue_run": lambda *_, **__: (_ for _ in ()).throw(psycopg.OperationalError("gone"))}
    with monkeypatch.context() as patched:
        patched.setattr("orchestrator.triggers.consume.enqueue_run", broken["enqueue_run"])
        with pytest.raises(psycopg.OperationalError):
            consumed(database, settings)
    assert rows(database, "SELECT processed_at FROM feed.event_outbox") == [(None,)]
    assert consumed(database, settings) == 1
