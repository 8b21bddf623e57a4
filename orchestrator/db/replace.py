"""Columns to rows: a job's whole answer at once, touching only the rows that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from feedscore import Column, encode_rows

from ..errors import DatabaseError

BYTES_PER_PART = 2_000_000
"""About how much is encoded at a time: within the caches, and reused by the allocator."""

BYTES_PER_TEXT = 32

STAGING = "feedscore_staging"
SCOPE = "feedscore_scope"

COPY_IN = "COPY {table} ({columns}) FROM STDIN (FORMAT binary)"
"""Append rows to a table."""

STAGE = "CREATE TEMP TABLE {staging} (LIKE {table} INCLUDING STORAGE) ON COMMIT DROP"
"""Make room for rows of the same types, stored in the same way (packed arrays: uncompressed)."""

STAGED_COLUMNS = "SELECT * FROM {staging} LIMIT 0"
"""Tell the columns of the table."""

DROP_COLUMNS = "ALTER TABLE {staging} {columns}"
"""Leave only the columns that were given; the others may be NOT NULL."""

UNSTAGE = "DROP TABLE {staging}"
"""Make room for the next replacement in the same transaction."""

DELETE_MISSING = """
DELETE FROM {table} AS old
WHERE {in_scope} AND NOT EXISTS (SELECT FROM {staging} AS new WHERE {same_key})"""
"""Remove the rows, of those in scope, that are not staged."""

WRITE_CHANGED = """
WITH written AS (
  INSERT INTO {table} AS old ({columns})
  SELECT {new_columns} FROM {staging} AS new LEFT JOIN {table} AS old ON {same_key}
  WHERE {is_missing} {or_changed}
  ON CONFLICT ({key}) {on_conflict}
  RETURNING (old.xmax = 0) AS is_new)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written"""
"""Insert the staged rows that are new, and update those that differ.

The join comes first because ON CONFLICT DO UPDATE locks, and so writes, every row it meets, even one that its
own WHERE would then leave alone."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table that a job writes: its name with its schema, its key, and what does not count as a change."""

    name: str
    key: tuple[str, ...]
    """The columns of the primary key, or of a unique index without NULL."""
    volatile: tuple[str, ...] = ("computed_at",)
    """Columns whose change is no reason to write a row; they are written when another changed."""


@dataclass(frozen=True)
class Replaced:
    """How many rows a replacement inserted, updated, deleted and left untouched."""

    inserted: int
    updated: int
    deleted: int
    unchanged: int


def copy_rows(connection: psycopg.Connection, table_name: str, columns: Sequence[Column]) -> int:
    """Append rows to a table, `name` or `schema.name`, by binary COPY, and tell how many.

    The kinds must be exactly the types of the table's columns; columns that are not given get their default.
    """
    statement = sql.SQL(COPY_IN).format(table=_identifier(table_name), columns=_names(_names_of(columns)))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        rows = max((len(column) for column in columns), default=0)
        step = _rows_per_part(columns, rows)
        for start in range(0, max(rows, 1), step):
            part = [column.part(start, start + step) for column in columns]
            copy.write(encode_rows(part, header=start == 0, trailer=start + step >= rows))
    return rows


def replace_rows(
    connection: psycopg.Connection,
    table: Table,
    columns: Sequence[Column],
    *,
    keep_missing: bool,
    within: Sequence[Column] = (),
) -> Replaced:
    """Make the table hold these rows, in the transaction of the caller; equal rows are not touched.

    Unless `keep_missing`, rows whose key is not among these are deleted: all, or, with `within`, only those
    that have its values in its columns (such as the viewers that were computed). Columns that are not given
    get their default in new rows and stay as they are in others. Two rows with one key are an error.
    """
    if connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE:
        raise DatabaseError(f"table {table.name}: rows are replaced in a transaction, and none is open")
    if keep_missing and within:
        raise ValueError("within: says where missing rows are deleted, but keep_missing keeps them")
    absent = [name for name in table.key if name not in _names_of(columns)]
    if absent:
        raise ValueError(f"table {table.name}: no column {absent[0]} was given, of its key")
    staged = _stage(connection, STAGING, table, columns)
    deleted = 0
    if not keep_missing:
        if within:
            _stage(connection, SCOPE, table, within)
        deleted = connection.execute(_delete_missing(table, _names_of(within)), prepare=False).rowcount
        if within:
            connection.execute(_unstage(SCOPE))
    written = connection.execute(_write_changed(table, _names_of(columns)), prepare=False).fetchone()
    connection.execute(_unstage(STAGING))
    inserted, updated = written or (0, 0)
    return Replaced(inserted, updated, deleted, staged - inserted - updated)


def _stage(connection: psycopg.Connection, staging: str, table: Table, columns: Sequence[Column]) -> int:
    names = {"staging": sql.Identifier(staging), "table": _identifier(table.name)}
    connection.execute(sql.SQL(STAGE).format(**names))
    # Never prepared: a table of this name has other columns the next time.
    described = connection.execute(sql.SQL(STAGED_COLUMNS).format(**names), prepare=False).description or []
    present = [column.name for column in described]
    unknown = [name for name in _names_of(columns) if name not in present]
    if unknown:
        raise ValueError(f"table {table.name}: has no column {unknown[0]}")
    surplus = [
        sql.SQL("DROP COLUMN {}").format(sql.Identifier(name))
        for name in present
        if name not in _names_of(columns)
    ]
    if surplus:
        connection.execute(sql.SQL(DROP_COLUMNS).format(**names, columns=sql.SQL(", ").join(surplus)))
    return copy_rows(connection, staging, columns)


def _unstage(staging: str) -> sql.Composed:
    return sql.SQL(UNSTAGE).format(staging=sql.Identifier(staging))


def _delete_missing(table: Table, within: Sequence[str]) -> sql.Composed:
    in_scope: sql.Composable = sql.SQL("true")
    if within:
        in_scope = sql.SQL("({}) IN (SELECT {} FROM {})").format(
            _names(within, "old"), _names(within), sql.Identifier(SCOPE)
        )
    return sql.SQL(DELETE_MISSING).format(
        table=_identifier(table.name),
        staging=sql.Identifier(STAGING),
        in_scope=in_scope,
        same_key=_same_key(table),
    )


def _write_changed(table: Table, columns: Sequence[str]) -> sql.Composed:
    content = [name for name in columns if name not in table.key]
    compared = [name for name in content if name not in table.volatile]
    or_changed, on_conflict = sql.Composed([]), sql.Composed([sql.SQL("DO NOTHING")])
    if compared:
        or_changed = sql.SQL("OR ROW({}) IS DISTINCT FROM ROW({})").format(
            _names(compared, "old"), _names(compared, "new")
        )
        assignments = [sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in content]
        on_conflict = sql.SQL("DO UPDATE SET {}").format(sql.SQL(", ").join(assignments))
    return sql.SQL(WRITE_CHANGED).format(
        table=_identifier(table.name),
        staging=sql.Identifier(STAGING),
        columns=_names(columns),
        new_columns=_names(columns, "new"),
        same_key=_same_key(table),
        is_missing=sql.SQL("{} IS NULL").format(sql.Identifier("old", table.key[0])),
        or_changed=or_changed,
        key=_names(table.key),
        on_conflict=on_conflict,
    )


def _same_key(table: Table) -> sql.Composed:
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier("old", name), sql.Identifier("new", name))
        for name in table.key
    )


def _identifier(table_name: str) -> sql.Identifier:
    return sql.Identifier(*table_name.split("."))


def _names(names: Sequence[str], table: str | None = None) -> sql.Composed:
    """Spell column names, each with the table's."""
    prefix = () if table is None else (table,)
    return sql.SQL(", ").join(sql.Identifier(*prefix, name) for name in names)


def _names_of(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns]


def _rows_per_part(columns: Sequence[Column], rows: int) -> int:
    size = sum(
        column.values.nbytes if isinstance(column.values, np.ndarray) else BYTES_PER_TEXT * len(column.values)
        for column in columns
    )
    return max(1, rows * BYTES_PER_PART // max(size, 1))
