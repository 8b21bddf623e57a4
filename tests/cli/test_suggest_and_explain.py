"""The commands suggest and explain, on two people and what stands between them."""

from __future__ import annotations

import pytest

from orchestrator.db.engine import Database
from tests.cli.conftest import Call

PEOPLE = b"""INSERT INTO app.users (id, created_at, birth_date, gender, display_name) VALUES
  (1, '2026-01-01', '1990-01-01', 'woman', 'Ada'), (2, '2026-01-01', '1992-01-01', 'man', 'Bo'),
  (3, '2026-01-01', NULL, 'man', 'Cy')"""


@pytest.fixture
def two(database: Database, call: Call) -> Call:
    """Call commands on a database with two people who fit, and one of unknown age; match-scores has run."""
    with database.connection() as connection:
        connection.execute(PEOPLE)
    assert call("run", "match-scores").code == 0
    return call


def test_suggest_shows_names_scores_and_reasons(two: Call) -> None:
    said = two("suggest", "1")
    assert said.code == 0
    assert "The best suggestions for Ada" in said.out
    assert "Bo, 3" in said.out


def test_suggest_as_json_has_the_factors(two: Call) -> None:
    found = two("suggest", "1", "--json").json
    assert found["user"]["name"] == "Ada"
    (one,) = found["suggestions"]
    assert (one["rank"], one["candidate"]["id"], one["tier"]) == (1, 2, "B")
    total = sum(factor["contribution"] for factor in one["factors"])
    assert total == pytest.approx(one["score"], abs=1e-4)
    assert found["why_none"] is None


def test_suggest_says_why_there_is_nothing(two: Call, database: Database) -> None:
    assert "not eligible: 3 has no usable birth date" in two("suggest", "3").out
    with database.connection() as connection:
        connection.execute("DELETE FROM feed.match_list WHERE viewer_id = 1")
        connection.execute("UPDATE feed.match_list SET candidate_ids = '{}', scores = '{}', facts = '{}'")
    assert "run: python -m orchestrator run match-scores --user-id 1" in two("suggest", "1").out
    nobody = two("suggest", "2", "--json")
    assert nobody.code == 0
    assert nobody.json["why_none"] == "the list is empty: nobody passes the hard filters both ways"


@pytest.mark.parametrize("command", [("suggest", "99"), ("explain", "1", "99"), ("explain", "99", "1")])
def test_unknown_people_are_wrong_use(command: tuple[str, ...], two: Call) -> None:
    said = two(*command)
    assert said.code == 2
    assert "no such user in app.users: 99" in said.err


def test_explain_shows_every_factor_and_the_place_in_the_list(two: Call) -> None:
    said = two("explain", "1", "2")
    assert said.code == 0
    for word in ("quiz", "proximity", "newness", "At place 1 of the stored list", "an unknown distance"):
        assert word in said.out
    told = two("explain", "1", "2", "--json").json
    assert told["eligible"] is True
    assert len(told["factors"]) == 8
    assert told["stored"]["rank"] == 1


def test_explain_names_what_excludes_a_pair(two: Call, database: Database) -> None:
    with database.connection() as connection:
        connection.execute("INSERT INTO app.blocks VALUES (2, 1, now())")
    told = two("explain", "1", "2", "--json").json
    assert told["eligible"] is False
    assert told["excluded_by"] == [{"filter": "block", "direction": "candidate", "because": "2 blocked 1"}]
    assert "never shown, because of a block" in two("explain", "1", "2").out
    assert "block (candidate): 2 blocked 1" in two("explain", "1", "2").out
