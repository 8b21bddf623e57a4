"""The views to fill in, filled in over tables of another schema."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest

from orchestrator.errors import UsageError
from orchestrator.source.check import breaks_contract, check_source
from orchestrator.source.faults import FaultKind, Severity
from orchestrator.source.template import template

TODAY = date(2025, 6, 1)


@pytest.fixture
def shop(people: psycopg.Connection) -> psycopg.Connection:
    """A database whose application has its tables in schema shop, and the template's views over them."""
    people.execute("DROP SCHEMA feed CASCADE")
    people.execute("ALTER SCHEMA app RENAME TO shop")
    people.execute(filled("shop"))
    return people


def filled(schema: str, without: tuple[str, ...] = ()) -> bytes:
    """The template without its BEGIN and COMMIT, which the connection of the test does itself."""
    return template(schema, without).replace("BEGIN;", "").replace("COMMIT;", "").encode()


def test_views_over_another_schema_keep_the_contract(shop: psycopg.Connection) -> None:
    assert check_source(shop, TODAY) == []
    assert shop.execute("SELECT count(*) FROM app.users").fetchone() == (21,)


def test_views_that_rename_and_cast_keep_the_contract(shop: psycopg.Connection) -> None:
    shop.execute("""
      CREATE TABLE shop."Account" (
        "accountId" serial PRIMARY KEY, joined timestamp NOT NULL, lat numeric, lon numeric);
      INSERT INTO shop."Account" (joined, lat, lon) SELECT '2024-01-01', 1.5, 2.5 FROM generate_series(1, 21);
      DROP VIEW app.users;
      CREATE VIEW app.users AS SELECT
        "accountId"::bigint AS id, joined AT TIME ZONE 'UTC' AS created_at,
        NULL::timestamptz AS last_active_at, true AS is_active, 'public' AS visibility,
        NULL::varchar AS display_name, NULL::text AS bio,
        NULL::date AS birth_date, NULL::text AS gender, lat::double precision AS latitude,
        lon::double precision AS longitude, 0 AS photo_count
      FROM shop."Account";
    """)
    [fault] = check_source(shop, TODAY)
    assert (fault.kind, fault.severity, fault.place) == (
        FaultKind.MISSING_INDEX,
        Severity.WARNING,
        "app.users.id",
    )
    assert "shop.Account" in fault.message
    shop.execute('CREATE INDEX ON shop."Account" (("accountId"::bigint))')
    assert check_source(shop, TODAY) == []


def test_a_view_without_an_index_behind_it_is_a_warning_that_names_the_table(
    shop: psycopg.Connection,
) -> None:
    shop.execute("DROP INDEX shop.blocks_by_blocked")
    [fault] = check_source(shop, TODAY)
    assert (fault.place, fault.severity) == ("app.blocks.blocked_id", Severity.WARNING)
    assert "shop.blocks" in fault.message


def test_a_view_over_two_tables_is_seen_through(shop: psycopg.Connection) -> None:
    shop.execute("CREATE TABLE shop.old_blocks (LIKE shop.blocks INCLUDING INDEXES)")
    shop.execute(
        "CREATE OR REPLACE VIEW app.blocks AS"
        " SELECT * FROM shop.blocks UNION ALL SELECT * FROM shop.old_blocks"
    )
    assert check_source(shop, TODAY) == []
    shop.execute("DROP INDEX shop.old_blocks_blocked_id_idx")
    [fault] = check_source(shop, TODAY)
    assert "shop.old_blocks" in fault.message
    assert "shop.blocks" not in fault.message


def test_rows_that_a_view_repeats_are_found(shop: psycopg.Connection) -> None:
    shop.execute(
        "CREATE OR REPLACE VIEW app.quiz_answers AS"
        " SELECT * FROM shop.quiz_answers UNION ALL SELECT * FROM shop.quiz_answers WHERE user_id = 2"
    )
    [fault] = check_source(shop, TODAY)
    assert (fault.kind, fault.place) == (FaultKind.DUPLICATE, "app.quiz_answers.(user_id, question_id)")
    assert fault.examples == ("user_id=2, question_id=1: 2 rows",)


def test_a_null_that_a_view_lets_through_is_found(shop: psycopg.Connection) -> None:
    shop.execute("ALTER TABLE shop.matches ALTER user_b DROP NOT NULL")
    shop.execute("UPDATE shop.matches SET user_b = NULL")
    [fault] = check_source(shop, TODAY)
    assert (fault.kind, fault.place, fault.count) == (FaultKind.MISSING_VALUE, "app.matches.user_b", 1)
    assert fault.examples == ("id=1, user_b=NULL",)


def test_a_view_that_fails_is_named_and_the_others_are_still_checked(shop: psycopg.Connection) -> None:
    shop.execute("UPDATE shop.users SET latitude = 200 WHERE id = 3")
    shop.execute("CREATE OR REPLACE VIEW app.blocks AS SELECT blocker_id / (blocker_id - 1) AS blocker_id,"
                 " blocked_id, created_at FROM shop.blocks")  # fmt: skip
    faults = {fault.kind: fault for fault in check_source(shop, TODAY) if fault.severity == Severity.ERROR}
    assert set(faults) == {FaultKind.UNREADABLE, FaultKind.IMPOSSIBLE_VALUE}
    assert "division by zero" in faults[FaultKind.UNREADABLE].message
    assert faults[FaultKind.UNREADABLE].place == "app.blocks"


def test_tables_that_the_application_lacks_become_empty_views(shop: psycopg.Connection) -> None:
    shop.execute("DROP SCHEMA app CASCADE; DROP TABLE shop.posts, shop.ratings")
    shop.execute(filled("shop", ("posts", "ratings")))
    assert not breaks_contract(check_source(shop, TODAY))
    assert shop.execute("SELECT count(*) FROM app.ratings").fetchone() == (0,)


def test_the_template_names_a_table_it_does_not_know() -> None:
    with pytest.raises(UsageError, match="no table post"):
        template(without=["post"])


def test_a_schema_of_any_name_is_quoted() -> None:
    assert 'FROM "My App".users;' in template("My App")
