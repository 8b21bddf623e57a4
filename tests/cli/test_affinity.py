"""The command affinity, on one person who likes another's posts."""

from __future__ import annotations

import pytest

from orchestrator.db.engine import Database
from tests.cli.conftest import Call

PEOPLE = b"""INSERT INTO app.users (id, created_at, display_name) VALUES
  (1, now(), 'Ada'), (2, now(), 'Bo'), (3, now(), NULL)"""
POSTS = b"""INSERT INTO app.posts (id, author_id, created_at, content_type, tags)
  VALUES (20, 2, now(), 'photo', '{jazz}'), (30, 3, now(), 'text', NULL)"""
LIKES = b"""INSERT INTO app.post_events (id, user_id, post_id, kind, occurred_at)
  SELECT (SELECT coalesce(max(id), 0) FROM app.post_events) + i, 1, %s, 'like', now() - i * interval '1 minute'
  FROM generate_series(1, %s) AS i"""


@pytest.fixture
def liking(database: Database, call: Call) -> Call:
    """Call commands where Ada has liked posts of Bo nine times, and nothing has run."""
    with database.connection() as connection:
        connection.execute(PEOPLE)
        connection.execute(POSTS)
        connection.execute(LIKES, (20, 9))
    return call


def test_affinity_shows_creators_topics_and_types(liking: Call, database: Database) -> None:
    with database.connection() as connection:
        connection.execute(LIKES, (30, 3))
    assert liking("run", "affinity").code == 0
    said = liking("affinity", "1")
    assert said.code == 0
    assert "What Ada (user 1) likes, from 12 actions" in said.out
    assert "Bo" in said.out
    assert "jazz" in said.out
    assert "75% photo, 25% text" in said.out
    told = liking("affinity", "1", "--json").json
    assert told["why_none"] is None
    profile = told["profile"]
    assert [(one["id"], one["name"]) for one in profile["creators"]] == [(2, "Bo"), (3, None)]
    assert profile["creators"][0]["weight"] == 1
    assert profile["topics"] == [{"topic": "jazz", "weight": 1}]
    assert profile["actions"] == 12
    assert profile["content_types"] == pytest.approx({"photo": 0.75, "text": 0.25}, abs=1e-4)


def test_affinity_says_how_many_actions_are_missing(liking: Call) -> None:
    assert (
        "No affinity profile of user 1: 9 actions of the last 90 days count, 10 are needed."
        in liking("affinity", "1").out
    )
    assert liking("affinity", "3", "--json").json == {
        "profile": None, "why_none": "0 actions of the last 90 days count, 10 are needed",
    }  # fmt: skip


def test_affinity_says_what_to_run(liking: Call, database: Database) -> None:
    with database.connection() as connection:
        connection.execute(LIKES, (30, 1))
    assert "run: python -m orchestrator run affinity --user-id 1" in liking("affinity", "1").out


def test_an_unknown_person_is_wrong_use(liking: Call) -> None:
    said = liking("affinity", "99")
    assert said.code == 2
    assert "no such user in app.users: 99" in said.err
