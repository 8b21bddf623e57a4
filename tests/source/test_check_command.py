"""The commands `source template` and `source check`, as a person or a program calls them."""

from __future__ import annotations

import json

import psycopg
import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli.source import app

from .conftest import FEW_PEOPLE


@pytest.fixture
def reachable(database_url: str, monkeypatch: pytest.MonkeyPatch) -> psycopg.Connection:
    """A fresh database with a few people, which the commands find in the environment."""
    monkeypatch.setenv("FEEDSCORE_DATABASE_URL", database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(FEW_PEOPLE)
    return psycopg.connect(database_url, autocommit=True)


def call(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def test_a_right_database_exits_with_0_and_faults_with_1(reachable: psycopg.Connection) -> None:
    with reachable:
        assert call("check").exit_code == 0
        reachable.execute("UPDATE app.users SET latitude = 200, gender = '[red]' WHERE id = 2")
        result = call("check")
    assert result.exit_code == 1
    assert "error  impossible-value  app.users.latitude  latitude is outside -90 to 90" in result.stdout
    assert "(rows: 1, such as id=2, latitude=200)" in result.stdout
    assert "breaks the contract; errors: 1, warnings: 0" in result.stdout


def test_a_program_gets_one_document(reachable: psycopg.Connection) -> None:
    with reachable:
        reachable.execute("INSERT INTO app.preferences (user_id) VALUES (77)")
        strict, tolerant = call("check", "--json"), call("check", "--json", "--tolerate", "orphan")
    document = json.loads(strict.stdout)
    assert (strict.exit_code, document["ok"], document["errors"]) == (1, False, 1)
    [fault] = document["faults"]
    assert fault["place"] == "app.preferences.user_id"
    assert (fault["kind"], fault["count"], fault["examples"]) == ("orphan", 1, ["user_id=77"])
    assert (tolerant.exit_code, json.loads(tolerant.stdout)["warnings"]) == (0, 1)


def test_a_database_without_tables_is_told_what_to_do(reachable: psycopg.Connection) -> None:
    with reachable:
        reachable.execute("DROP SCHEMA app CASCADE")
        result = call("check")
    assert result.exit_code == 1
    assert "there is no schema app" in result.stdout


def test_the_template_needs_no_database() -> None:
    result = call("template", "--schema", "public", "--without", "media")
    assert result.exit_code == 0
    assert "FROM public.users;" in result.stdout
    assert "FROM public.media;" not in result.stdout
