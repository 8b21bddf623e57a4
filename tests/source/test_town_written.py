"""The synthetic town in a database: every row arrives, and nothing of anybody else's is overwritten."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from orchestrator.db.engine import Database
from orchestrator.errors import SourceError
from orchestrator.source.check import check_source
from orchestrator.source.faults import Severity
from orchestrator.source.town import make_town, write_town

NOW = datetime(2026, 3, 1, tzinfo=UTC)
# Everything about one person, as text.
PERSON = "SELECT u::text FROM app.users AS u WHERE id = %s"
# What the check finds in the stream of events, and nowhere else.
BROKEN_EVENTS = {
    (f"app.post_events.{column}", Severity.WARNING)
    for column in ("user_id", "post_id", "occurred_at", "dwell_ms")
}
KEYS = "SELECT count(*) FROM pg_constraint WHERE connamespace = 'app'::regnamespace AND contype = 'p'"
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'app' ORDER BY 1"


def count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM app.{table}".encode()).fetchone()
    assert row
    return int(row[0])


def test_every_table_holds_the_rows_that_the_town_has(connection: psycopg.Connection) -> None:
    town = make_town(400, 1, NOW)
    keys = connection.execute(KEYS).fetchone()
    indexes = connection.execute(INDEXES).fetchall()

    rows = write_town(connection, town)

    assert {table: count(connection, table) for table in rows} == rows
    assert rows["users"] == 400
    assert rows["quiz_answers"] == (town.quiz.answers > 0).sum()
    assert rows["user_interests"] == len(town.interests.codes)
    assert rows["ratings"] == (town.ratings.values > 0).sum()
    assert rows["decisions"] == len(town.relations.decisions)
    assert connection.execute(KEYS).fetchone() == keys
    assert connection.execute(INDEXES).fetchall() == indexes


def test_a_written_person_is_the_one_that_was_made(connection: psycopg.Connection) -> None:
    town = make_town(400, 1, NOW)
    write_town(connection, town)

    row = connection.execute(
        "SELECT gender, birth_date, latitude, is_active, seeking, min_age, goals,"
        " extract(epoch FROM created_at) FROM app.users JOIN app.preferences ON user_id = id WHERE id = 8"
    ).fetchone()

    assert row is not None
    assert row[0] in {"woman", "man", "nonbinary", "genderfluid", "agender", None}
    assert row[1] == town.people.birth_date[7].item()
    assert row[2] == (town.places.latitude[7] if town.places.known[7] else None)
    assert row[3] == town.people.is_active[7]
    assert row[5] == (None if town.preferences.min_age[7] == -1 else town.preferences.min_age[7])
    assert float(row[7]) == town.people.created_at[7]


def test_the_town_keeps_the_contract_and_misses_something_of_every_kind(
    connection: psycopg.Connection,
) -> None:
    write_town(connection, make_town(1_500, 1, NOW))

    faults = check_source(connection, NOW.date())

    assert {(fault.place, fault.severity) for fault in faults} == BROKEN_EVENTS
    assert all(1 <= fault.count <= 20 for fault in faults)
    for query in (
        "SELECT count(*) FROM app.users WHERE birth_date IS NULL",
        "SELECT count(*) FROM app.users WHERE gender IS NULL",
        "SELECT count(*) FROM app.users WHERE latitude IS NULL",
        "SELECT count(*) FROM app.users WHERE bio IS NULL",
        "SELECT count(*) FROM app.users WHERE last_active_at IS NULL",
        "SELECT count(*) FROM app.users WHERE NOT is_active",
        "SELECT count(*) FROM app.users WHERE visibility = 'hidden'",
        "SELECT count(*) FROM app.users AS u WHERE NOT EXISTS"
        " (SELECT FROM app.preferences WHERE user_id = u.id)",
        "SELECT count(*) FROM app.users AS u WHERE NOT EXISTS"
        " (SELECT FROM app.quiz_answers WHERE user_id = u.id)",
        "SELECT count(*) FROM app.users AS u WHERE NOT EXISTS"
        " (SELECT FROM app.user_interests WHERE user_id = u.id)",
        "SELECT count(*) FROM app.preferences WHERE seeking IS NULL",
        "SELECT count(*) FROM app.preferences WHERE seeking = '{}'",
        "SELECT count(*) FROM app.preferences WHERE max_distance_km IS NULL",
        "SELECT count(*) FROM app.preferences WHERE min_age IS NULL",
        "SELECT count(*) FROM app.preferences WHERE goals IS NULL",
    ):
        found = connection.execute(query.encode()).fetchone()
        assert found is not None
        assert 0 < found[0] < 300, query


def test_a_second_town_is_refused_and_the_first_one_stays(database: Database) -> None:
    with database.connection() as connection:
        write_town(connection, make_town(50, 1, NOW))
        before = connection.execute(PERSON, (8,)).fetchone()

    with (
        pytest.raises(SourceError, match=r"app\.users is not empty; --replace"),
        database.connection() as again,
    ):
        write_town(again, make_town(60, 2, NOW))

    with database.connection() as connection:
        assert connection.execute(PERSON, (8,)).fetchone() == before
        assert count(connection, "users") == 50


def test_a_single_row_anywhere_is_enough_to_refuse(connection: psycopg.Connection) -> None:
    connection.execute("INSERT INTO app.blocks VALUES (1, 2, now())")

    with pytest.raises(SourceError, match=r"app\.blocks is not empty"):
        write_town(connection, make_town(50, 1, NOW))


def test_replacing_puts_the_new_town_in_the_place_of_the_old(connection: psycopg.Connection) -> None:
    write_town(connection, make_town(60, 1, NOW))

    rows = write_town(connection, make_town(50, 2, NOW), replace=True)

    assert {table: count(connection, table) for table in rows} == rows
    assert rows["users"] == 50


def test_views_of_an_application_are_never_written_to(connection: psycopg.Connection) -> None:
    connection.execute("ALTER TABLE app.hides RENAME TO hidden; ALTER TABLE app.hidden SET SCHEMA public")
    connection.execute("CREATE VIEW app.hides AS SELECT * FROM public.hidden")

    with pytest.raises(SourceError, match=r"app\.hides is not a plain table"):
        write_town(connection, make_town(50, 1, NOW), replace=True)


def test_empty_tables_that_others_refer_to_are_filled_too(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TABLE app.badges (user_id bigint REFERENCES app.users, badge text)")

    assert write_town(connection, make_town(50, 1, NOW))["users"] == 50


def test_rows_that_others_may_refer_to_are_not_removed(database: Database) -> None:
    with database.connection() as connection:
        write_town(connection, make_town(50, 1, NOW))
        connection.execute("CREATE TABLE app.badges (user_id bigint REFERENCES app.users, badge text)")

    with pytest.raises(psycopg.errors.FeatureNotSupported, match="badges"), database.connection() as again:
        write_town(again, make_town(60, 1, NOW), replace=True)

    with database.connection() as connection:
        assert count(connection, "users") == 50
