"""The command trending, on a few posts of today."""

from __future__ import annotations

import pytest

from orchestrator.db.engine import Database
from tests.cli.conftest import Call
from tests.jobs.conftest import execute

POSTS = """INSERT INTO app.posts (id, author_id, created_at, content_type, tags)
  SELECT i, 1, now() - interval '3 h', 'photo', CASE i WHEN 2 THEN ARRAY['jazz'] END FROM generate_series(1, 4) AS i"""
PEOPLE = """INSERT INTO app.users (id, created_at, display_name)
  SELECT i, '2025-01-01', CASE i WHEN 1 THEN 'Ada' END FROM generate_series(1, 60) AS i"""
# Old enough to count whenever the quarter of an hour began, young enough for the last hour: 35 minutes.
LIKES = """INSERT INTO app.post_events (id, user_id, post_id, kind, occurred_at)
  SELECT post * 100 + u, u, post, 'like', now() - interval '35 minutes'
  FROM generate_series(1, 4) AS post, generate_series(2, CASE post WHEN 2 THEN 50 ELSE 7 END) AS u"""


@pytest.fixture
def busy(database: Database, call: Call) -> Call:
    """Call commands on four posts, of which the second is trending; trending has run."""
    execute(database, PEOPLE, POSTS, LIKES)
    assert call("run", "trending").code == 0
    return call


def test_trending_shows_the_posts_that_stand_out(busy: Call) -> None:
    said = busy("trending")
    assert said.code == 0
    (line,) = [line for line in said.out.splitlines() if "Ada (1)" in line]
    assert line.split()[:2] == ["1", "2"]
    for part in ("photo", "0.82", "2.9", "3 h", "jazz"):
        assert part in line
    assert "As of" in said.err


def test_all_shows_what_was_considered_up_to_the_limit(busy: Call) -> None:
    found = busy("trending", "--all", "--json").json["posts"]
    assert [(post["rank"], post["post_id"], post["is_trending"]) for post in found] == [
        (1, 2, True), (2, 1, False), (3, 3, False), (4, 4, False),
    ]  # fmt: skip
    assert (found[0]["engagements"], found[0]["author"], found[0]["topics"]) == (49, "Ada", ["jazz"])
    assert len(busy("trending", "--all", "--limit", "2", "--json").json["posts"]) == 2
    assert "Posts that were considered" in busy("trending", "--all").out


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("SELECT", "none of the 4 posts considered is engaged more than 2 times"),
        ("UPDATE feed.trending_post SET expires_at = now()", "has expired"),
        ("DELETE FROM feed.trending_post", "no post of the last 48 h had 5 engagements"),
    ],
)
def test_an_empty_answer_says_why(busy: Call, database: Database, change: str, sentence: str) -> None:
    execute(database, "UPDATE feed.trending_post SET is_trending = false", change)
    said = busy("trending", "--json")
    assert said.json["posts"] == []
    assert sentence in said.json["why_none"]
    assert sentence in busy("trending").out


def test_before_the_first_run_the_command_says_how_to_begin(call: Call) -> None:
    said = call("trending")
    assert said.code == 0
    assert said.out == "No trending posts: not computed yet; run: python -m orchestrator run trending.\n"
