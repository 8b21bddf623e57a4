"""The command feed: posts and cards of one person, and why there are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.cli.feed import PREVIEW, preview
from orchestrator.db.engine import Database
from tests.cli.conftest import Call

NOW = datetime.now(UTC)


@pytest.fixture
def readers(database: Database, call: Call) -> Call:
    """Call commands on a database with two readers and 25 posts of as many authors; feed-presort has run."""
    with database.connection() as connection:
        connection.execute(
            "INSERT INTO app.users (id, created_at, display_name, is_active)"
            " SELECT i, '2026-01-01', 'Name ' || i, i <> 3 FROM generate_series(1, 30) AS i"
        )
        connection.execute("INSERT INTO feed.topic (tag) VALUES ('music')")
        connection.execute("INSERT INTO app.matches VALUES (1, 1, 2, %s)", (NOW,))
        for i in range(25):
            connection.execute(
                "INSERT INTO app.posts (id, author_id, created_at, body, content_type) VALUES (%s, %s, %s, %s, 'photo')",
                (
                    100 + i,
                    5 + i,
                    NOW - timedelta(hours=3 * i, seconds=30),
                    f"A text\nof post {100 + i} " + "words " * 30,
                ),
            )
    assert call("run", "feed-presort", "--segment-size", "10").code == 0
    return call


def test_feed_shows_slots_posts_authors_and_cards(readers: Call) -> None:
    said = readers("feed", "1")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "Segment 1 of 3 of the feed of Name 1 (user 1)"
    assert lines[1].split() == ["Slot", "What", "Post", "Who", "Type", "Age", "Score", "Topics", "Text"]
    assert len(lines) == 12
    assert lines[6].split()[:5] == ["5", "new", "match", "Name", "2"]
    assert "Name 5 (user 5)" in lines[2]
    assert "A text of post 100 words" in lines[2]
    assert " 3 h " in lines[3]


def test_feed_as_json_has_everything_about_an_item(readers: Call, database: Database) -> None:
    with database.connection() as connection:
        connection.execute(
            "UPDATE feed.content_feature SET topic_ids = ARRAY(SELECT id FROM feed.topic WHERE tag = 'music')"
        )
    told = readers("feed", "1", "--segment", "1", "--json").json
    assert (told["user"], told["name"], told["segments"], told["why_none"]) == (1, "Name 1", 3, None)
    post, card = told["items"][0], told["items"][4]
    assert (post["slot"], post["card"], post["post_id"], post["user_id"], post["name"]) == (
        1, "post", 100, 5, "Name 5",
    )  # fmt: skip
    assert (post["content_type"], post["topics"]) == ("photo", ["music"])
    assert 0 < post["score"] <= 0.3
    assert (card["card"], card["post_id"], card["user_id"]) == ("new_match", None, 2)


def test_the_last_segment_may_be_short_and_there_is_none_behind_it(readers: Call) -> None:
    assert len(readers("feed", "1", "--segment", "3", "--json").json["items"]) == 6
    said = readers("feed", "1", "--segment", "4")
    assert said.code == 0
    assert said.out == "Nothing to show to Name 1 (user 1): the feed has 3 segments.\n"


def test_why_a_feed_is_empty_is_said(readers: Call, database: Database) -> None:
    assert "not active" in readers("feed", "3").out
    with database.connection() as connection:
        connection.execute("DELETE FROM feed.feed_presorted WHERE user_id = 2")
        connection.execute("UPDATE app.posts SET deleted_at = now()")
        connection.execute("INSERT INTO app.blocks VALUES (1, 2, now())")
    assert "run: python -m orchestrator run feed-presort --user-id 2" in readers("feed", "2").out
    assert "since it was sorted" in readers("feed", "1").out
    assert readers("feed", "1", "--json").json["why_none"].startswith("everything in this segment")


def test_an_unknown_reader_is_wrong_use(readers: Call) -> None:
    said = readers("feed", "99")
    assert said.code == 2
    assert "no such user in app.users: 99" in said.err


def test_options_of_feeds_reach_the_job_and_wrong_ones_are_named(readers: Call) -> None:
    assert readers("run", "feed-presort", "--incremental", "--max-segments", "2").code == 0
    wrong = readers("run", "feed-presort", "--segment-size", "0")
    assert wrong.code == 2
    assert "--segment-size" in wrong.err
    long = readers("run", "feed-presort", "--segment-size", "600")
    assert long.code == 2
    assert "at most 500" in long.err


@pytest.mark.parametrize(
    ("body", "shown"),
    [(None, ""), ("", ""), (" a\n\tb ", "a b"), ("x" * PREVIEW, "x" * PREVIEW), ("👍 ok", "👍 ok")],
)
def test_short_texts_are_shown_as_one_line(body: str | None, shown: str) -> None:
    assert preview(body) == shown


def test_a_long_text_is_cut() -> None:
    assert preview("x" * 1_000_000) == "x" * (PREVIEW - 1) + "…"
