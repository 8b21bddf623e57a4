"""Columns to rows, on a real Postgres: what is inserted, updated, deleted, and above all left untouched."""

from __future__ import annotations

import numpy as np
import psycopg
import pytest

from feedscore import Column
from orchestrator.db.replace import Replaced, Table, copy_rows, replace_rows
from orchestrator.errors import DatabaseError

from ..pgcopy_columns import Value, column_of

TABLE = Table(name="outputs.best list", key=("viewer_id", "kind"))

CREATE = """
CREATE SCHEMA outputs;
CREATE TABLE outputs."best list" (
  viewer_id bigint, kind text, scores real[] NOT NULL, note text, computed_at timestamptz NOT NULL,
  seen bigint NOT NULL DEFAULT 7, PRIMARY KEY (viewer_id, kind));
ALTER TABLE outputs."best list" ALTER COLUMN scores SET STORAGE EXTERNAL"""

ROWS = 'SELECT viewer_id, kind, scores, note FROM outputs."best list" ORDER BY 1, 2'
VERSIONS = 'SELECT ctid::text, xmin::text, xmax::text FROM outputs."best list" ORDER BY viewer_id, kind'

Row = tuple[int, str, list[float], str | None]


@pytest.fixture
def tables(connection: psycopg.Connection) -> psycopg.Connection:
    """A connection to a database with the table, committed and empty."""
    connection.execute(CREATE)
    connection.commit()
    return connection


def columns_of(rows: list[Row], second: int = 0) -> list[Column]:
    """The columns of rows that were computed at some second after 1970."""
    cells: list[list[Value]] = [[row[i] for row in rows] for i in range(4)]
    times = column_of("computed_at", "timestamptz", [second * 1_000_000 for _ in rows])
    kinds = [("viewer_id", "int8"), ("kind", "text"), ("scores", "float4[]"), ("note", "text")]
    return [*(column_of(name, kind, cells[i]) for i, (name, kind) in enumerate(kinds)), times]


def rows_of(connection: psycopg.Connection) -> list[Row]:
    return [(viewer, kind, scores, note) for viewer, kind, scores, note in connection.execute(ROWS)]


A: Row = (1, "a", [0.5], None)
B: Row = (1, "b", [], "note")
C: Row = (2, "a", [0.25, 0.125], "é")


def replace(
    connection: psycopg.Connection,
    rows: list[Row],
    second: int = 0,
    *,
    viewers: list[int] | None = None,
    keep_missing: bool = False,
) -> Replaced:
    """Replace, of these viewers or of all, and commit."""
    within = [] if viewers is None else [column_of("viewer_id", "int8", viewers)]
    computed = columns_of(rows, second)
    replaced = replace_rows(connection, TABLE, computed, keep_missing=keep_missing, within=within)
    connection.commit()
    return replaced


def test_rows_are_inserted_into_an_empty_table(tables: psycopg.Connection) -> None:
    assert replace(tables, [C, A, B]) == Replaced(inserted=3, updated=0, deleted=0, unchanged=0)
    assert rows_of(tables) == [A, B, C]


def test_a_second_replacement_with_the_same_rows_touches_nothing(tables: psycopg.Connection) -> None:
    replace(tables, [A, B, C])
    before = tables.execute(VERSIONS).fetchall()
    assert replace(tables, [A, B, C], second=60) == Replaced(0, 0, 0, unchanged=3)
    assert tables.execute(VERSIONS).fetchall() == before  # not even locked, which would show in xmax


def test_only_changed_rows_are_written_and_missing_ones_removed(tables: psycopg.Connection) -> None:
    replace(tables, [A, B, C])
    before = tables.execute(VERSIONS).fetchall()
    changed: Row = (1, "b", [0.75], "note")
    new: Row = (3, "a", [], None)
    assert replace(tables, [A, changed, new], second=60) == Replaced(1, 1, 1, 1)
    assert rows_of(tables) == [A, changed, new]
    assert tables.execute(VERSIONS).fetchall()[0] == before[0]
    times = 'SELECT extract(epoch FROM computed_at)::int FROM outputs."best list" ORDER BY viewer_id, kind'
    assert tables.execute(times).fetchall() == [(0,), (60,), (60,)]


def test_null_to_value_and_back_are_changes(tables: psycopg.Connection) -> None:
    replace(tables, [A, B])
    assert replace(tables, [(1, "a", [0.5], "now"), (1, "b", [], None)]).updated == 2


def test_missing_rows_are_kept_when_asked(tables: psycopg.Connection) -> None:
    replace(tables, [A, B])
    assert replace(tables, [C], keep_missing=True) == Replaced(1, 0, 0, 0)
    assert rows_of(tables) == [A, B, C]


def test_missing_rows_are_removed_only_within_the_scope(tables: psycopg.Connection) -> None:
    replace(tables, [A, B, C])
    assert replace(tables, [A], viewers=[1, 5]) == Replaced(0, 0, 1, 1)
    assert rows_of(tables) == [A, C]
    assert replace(tables, [], viewers=[]) == Replaced(0, 0, 0, 0)
    assert replace(tables, [], viewers=[2]) == Replaced(0, 0, 1, 0)


def test_nothing_given_empties_the_table(tables: psycopg.Connection) -> None:
    replace(tables, [A, B])
    assert replace(tables, []) == Replaced(0, 0, 2, 0)


def test_columns_that_are_not_given_get_their_default_and_are_left_alone(tables: psycopg.Connection) -> None:
    replace(tables, [A, B])
    tables.execute('UPDATE outputs."best list" SET seen = 8')
    replace(tables, [(1, "a", [0.0], None), C], keep_missing=True)
    seen = tables.execute('SELECT seen FROM outputs."best list" ORDER BY viewer_id, kind').fetchall()
    assert seen == [(8,), (8,), (7,)]


def test_a_table_of_keys_alone_is_replaced_too(tables: psycopg.Connection) -> None:
    tables.execute("CREATE TABLE pair (a bigint, b bigint, PRIMARY KEY (a, b))")
    pair = Table(name="pair", key=("a", "b"))
    first = [column_of("a", "int8", [1, 1]), column_of("b", "int8", [1, 2])]
    second = [column_of("a", "int8", [1, 2]), column_of("b", "int8", [2, 2])]
    assert replace_rows(tables, pair, first, keep_missing=False) == Replaced(2, 0, 0, 0)
    assert replace_rows(tables, pair, second, keep_missing=False) == Replaced(1, 0, 1, 1)


def test_two_replacements_fit_in_one_transaction_and_vanish_with_it(tables: psycopg.Connection) -> None:
    replace_rows(tables, TABLE, columns_of([A]), keep_missing=False)
    replace_rows(tables, TABLE, columns_of([B]), keep_missing=False)
    assert rows_of(tables) == [B]
    tables.rollback()
    assert rows_of(tables) == []


def test_a_connection_without_a_transaction_is_refused(tables: psycopg.Connection) -> None:
    tables.autocommit = True
    with pytest.raises(DatabaseError, match="best list: rows are replaced in a transaction"):
        replace_rows(tables, TABLE, columns_of([A]), keep_missing=False)
    with tables.transaction():
        assert replace_rows(tables, TABLE, columns_of([A]), keep_missing=False).inserted == 1


def test_what_does_not_fit_the_table_is_refused_by_name(tables: psycopg.Connection) -> None:
    given = columns_of([A])
    with pytest.raises(ValueError, match="no column kind was given, of its key"):
        replace_rows(tables, TABLE, [given[0]], keep_missing=False)
    with pytest.raises(ValueError, match="has no column rank"):
        replace_rows(tables, TABLE, [*given, column_of("rank", "int4", [1])], keep_missing=False)
    tables.rollback()
    with pytest.raises(ValueError, match="within"):
        replace_rows(tables, TABLE, given, keep_missing=True, within=[given[0]])
    with pytest.raises(psycopg.errors.CardinalityViolation):
        replace_rows(tables, TABLE, columns_of([A, A]), keep_missing=False)


def test_large_columns_are_sent_in_parts(tables: psycopg.Connection) -> None:
    rows, width = 3000, 300
    tables.execute("CREATE TABLE lists (id int8 PRIMARY KEY, items int8[], word text, data jsonb)")
    items = np.arange(rows * width)
    columns = [
        Column("id", "int8", np.arange(rows)),
        Column("items", "int8[]", items, np.arange(rows + 1) * width),
        Column("word", "text", np.arange(rows) % 2, vocabulary=["even", "odd"]),
        Column("data", "jsonb", ['{"a": 1}', None, "[]"] * 1000),
    ]
    assert copy_rows(tables, "lists", columns) == rows
    sums = tables.execute("SELECT count(*), sum(item) FROM lists, unnest(items) item").fetchone()
    assert sums == (rows * width, int(items.sum()))
    counts = "SELECT count(data), count(*) FILTER (WHERE word = 'odd'), count(DISTINCT items[1]) FROM lists"
    assert tables.execute(counts).fetchone() == (2000, 1500, rows)


def test_two_tables_in_turn_stay_in_nobodys_way(tables: psycopg.Connection) -> None:
    """Statements that are run often are prepared, and a prepared one knows the columns of the former table."""
    tables.execute("CREATE TABLE outputs.other (id bigint PRIMARY KEY)")
    other = Table(name="outputs.other", key=("id",), volatile=())
    for times in range(12):
        replace(tables, [A, B], times)
        replace_rows(tables, other, [column_of("id", "int8", [times])], keep_missing=False)
        tables.commit()
    assert rows_of(tables) == [A, B]
