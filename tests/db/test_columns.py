"""SELECT to arrays, on a real Postgres: every kind there and back, parameters, unexpected answers."""

from __future__ import annotations

import itertools
import struct

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from psycopg import sql

from feedscore import Column
from orchestrator.db.columns import Columns, ColumnsError, fetch, fetch_parts
from orchestrator.db.replace import copy_rows

from ..pgcopy_columns import TYPES, column_of, columns, plain

# The fixture is one connection for all examples: each begins by dropping the table of the one before.
ONE_CONNECTION = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@ONE_CONNECTION
@given(drawn=columns())
def test_every_kind_goes_into_postgres_and_comes_back(
    connection: psycopg.Connection, drawn: list[Column]
) -> None:
    definitions = [
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(TYPES[column.kind])) for column in drawn
    ]
    connection.execute("DROP TABLE IF EXISTS there")
    connection.execute(
        sql.SQL("CREATE TEMP TABLE there (place serial, {})").format(sql.SQL(", ").join(definitions))
    )

    written = copy_rows(connection, "there", drawn)
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in drawn)
    query = sql.SQL("SELECT {} FROM there ORDER BY place").format(names).as_string(connection)
    back = fetch(connection, query, {column.name: f"{column.kind}?" for column in drawn}, rows_per_chunk=2)

    assert written == back.rows == len(drawn[0])
    assert {name: plain(column) for name, column in back.items()} == {c.name: plain(c) for c in drawn}


def test_each_accessor_gives_its_kind_and_refuses_another(connection: psycopg.Connection) -> None:
    query = """
        SELECT 1::int2, 2, 3::int8, 0.5::real, 'NaN'::float8, true, '1970-01-02'::date,
          '1970-01-01 01:00+00'::timestamptz, 'x', NULL::text, '{"a": 1}'::jsonb, '\\x0102'::bytea,
          '{1,2}'::int[], '{}'::int8[], '{0.5}'::real[], '{x,NULL,y}'::text[]"""
    kinds = {
        "a": "int2", "b": "int4", "c": "int8", "d": "float4", "e": "float8", "f": "bool", "g": "date",
        "h": "timestamptz", "i": "text", "j": "text?", "k": "jsonb", "l": "bytea",
        "m": "int4[]", "n": "int8[]", "o": "float4[]", "p": "text[]",
    }  # fmt: skip

    got = fetch(connection, query, kinds)

    assert (len(got), got.rows, list(got)) == (16, 1, list(kinds))
    assert (got.int16("a")[0], got.int32("b")[0], got.int64("c")[0], got.float32("d")[0]) == (1, 2, 3, 0.5)
    assert np.isnan(got.float64("e")[0])
    assert got.boolean("f")[0]
    assert got.dates("g")[0] == np.datetime64("1970-01-02")
    assert got.instants("h")[0] == np.datetime64("1970-01-01T01:00:00")
    assert (got.texts("i"), got.optional_texts("j"), got.texts("k")) == (["x"], [None], ['{"a": 1}'])
    assert (got.valid("i").tolist(), got.valid("j").tolist()) == ([True], [False])
    assert [part.tolist() for part in got.blobs("l")] == [[1, 2], [0, 2]]
    assert [part.tolist() for part in got.int32_lists("m")] == [[1, 2], [0, 2]]
    assert [part.tolist() for part in got.int64_lists("n")] == [[], [0, 0]]
    assert [part.tolist() for part in got.float32_lists("o")] == [[0.5], [0, 1]]
    assert got.text_lists("p")[0] == ["x", "y"]
    with pytest.raises(TypeError, match="column a: is of kind int2, asked for as int8"):
        got.int64("a")
    with pytest.raises(TypeError, match="column j: may hold NULL"):
        got.texts("j")


def test_vectors_are_rows_of_float32_and_zeros_where_null() -> None:
    vector = struct.pack("<2f", 0.5, -1)
    got = Columns([column_of("v", "bytea", [vector, None, vector])])
    assert got.vectors("v", 2).tolist() == [[0.5, -1], [0, 0], [0.5, -1]]
    with pytest.raises(ColumnsError, match=r"column v, row 0: 8 bytes, expected 12 \(3 x float32\)"):
        got.vectors("v", 3)


def test_parameters_are_literals_and_arrays_are_ids(connection: psycopg.Connection) -> None:
    query = """
        SELECT i, pg_typeof(%(ids)s)::text, %(text)s FROM unnest(%(ids)s) i
        WHERE i <> ALL (%(none)s) AND '100%%' LIKE %(pattern)s ORDER BY i"""
    params = {
        "ids": np.array([2**62, -3], np.int64),
        "none": np.array([], np.int64),
        "text": "it's \\ \"%s\" '; DROP TABLE x; --",
        "pattern": "100_",
    }
    got = fetch(connection, query, {"id": "int8", "type": "text", "text": "text"}, params)
    assert got.int64("id").tolist() == [-3, 2**62]
    assert got.texts("type") == ["bigint[]"] * 2
    assert got.texts("text") == [params["text"]] * 2


def test_without_parameters_a_percent_sign_is_one(connection: psycopg.Connection) -> None:
    assert fetch(connection, "SELECT '%' WHERE 'a' LIKE '%'", {"sign": "text"}).texts("sign") == ["%"]


def test_an_empty_answer_has_empty_columns(connection: psycopg.Connection) -> None:
    got = fetch(connection, "SELECT 1, 'x' WHERE false", {"a": "int4", "b": "text?"})
    assert (got.rows, got.int32("a").tolist(), got.optional_texts("b"), got.valid("b").tolist()) == (
        0,
        [],
        [],
        [],
    )


@pytest.mark.parametrize("rows_per_chunk", [1, 7, 500])
def test_rows_come_in_order_whatever_the_chunks(connection: psycopg.Connection, rows_per_chunk: int) -> None:
    query = "SELECT i FROM generate_series(1, 5000) i"
    got = fetch(connection, query, {"i": "int4"}, rows_per_chunk=rows_per_chunk)
    assert (got.int32("i") == np.arange(1, 5001)).all()


@pytest.mark.parametrize(
    ("query", "kinds", "message"),
    [
        ("SELECT 1", {"id": "int8"}, "column id, row 0: 4 bytes, expected int8"),
        ("SELECT i, i FROM generate_series(1, 9) i", {"id": "int4"}, "2 fields, 1 columns were declared"),
        ("SELECT nullif(i, 3) FROM generate_series(1, 9) i", {"id": "int4"}, "column id, row 2: NULL"),
        ("SELECT 'infinity'::timestamptz", {"at": "timestamptz"}, "column at, row 0: infinity"),
        ("SELECT '{{1},{2}}'::int[]", {"ids": "int4[]"}, "column ids, row 0: an array of 2 dimensions"),
        ("SELECT '{1,NULL}'::int[]", {"ids": "int4[]"}, "column ids, row 0: .*NULL item"),
    ],
)
def test_an_answer_of_other_kinds_is_refused_and_the_connection_lives(
    connection: psycopg.Connection, query: str, kinds: dict[str, str], message: str
) -> None:
    with pytest.raises(ColumnsError, match=message):
        fetch(connection, query, kinds)
    connection.rollback()
    assert fetch(connection, "SELECT 1", {"one": "int4"}).int32("one").tolist() == [1]


@pytest.mark.parametrize("row", [1, 50_000])
def test_an_error_of_the_server_is_told_as_it_is_however_late_it_comes(
    connection: psycopg.Connection, row: int
) -> None:
    query = "SELECT 1 / (i - %(row)s) FROM generate_series(1, 60000) i"
    with pytest.raises(psycopg.errors.DivisionByZero):
        fetch(connection, query, {"a": "int4"}, {"row": row})
    connection.rollback()
    assert fetch(connection, "SELECT 1", {"one": "int4"}).rows == 1


@pytest.mark.parametrize(("rows", "sizes"), [(0, []), (1, [1]), (100, [100]), (5000, [2000, 2000, 1000])])
def test_parts_are_of_about_the_size_asked_for_and_none_is_empty(
    connection: psycopg.Connection, rows: int, sizes: list[int]
) -> None:
    query = "SELECT i FROM generate_series(1, %(rows)s) i"
    parts = fetch_parts(
        connection, query, {"i": "int4"}, {"rows": rows}, rows_per_part=2000, rows_per_chunk=100
    )
    values = [part.int32("i").tolist() for part in parts]
    assert list(itertools.chain(*values)) == list(range(1, rows + 1))
    assert len(values) <= len(sizes)
    assert all(abs(len(got) - size) <= 200 for got, size in zip(values, sizes, strict=True))


def test_who_stops_between_two_parts_has_a_connection_that_lives(connection: psycopg.Connection) -> None:
    query = "SELECT i FROM generate_series(1, 3000000) i"
    parts = fetch_parts(connection, query, {"i": "int4"}, rows_per_part=1000)
    assert next(parts).rows >= 1000
    parts.close()  # type: ignore[attr-defined]  # it is a generator
    connection.rollback()
    assert fetch(connection, "SELECT 1", {"one": "int4"}).rows == 1


def test_a_fault_in_a_late_part_is_told_by_its_row(connection: psycopg.Connection) -> None:
    query = "SELECT nullif(i, 4000) FROM generate_series(1, 5000) i"
    parts = fetch_parts(connection, query, {"i": "int4"}, rows_per_part=1000, rows_per_chunk=100)
    assert next(parts).rows >= 1000
    with pytest.raises(ColumnsError, match="column i, row 3999: NULL"):
        list(parts)
