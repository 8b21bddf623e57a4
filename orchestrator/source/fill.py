"""Fill the application's tables, for whoever has none of their own yet: the synthetic town, or an import."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import psycopg
from psycopg import sql

from ..db.replace import copy_rows
from ..errors import SourceError
from .contract import CONTRACT
from .rows import TableRows
from .tables import create_application_tables

# The relations of schema app that are not plain tables.
NOT_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'app'::regnamespace AND relkind IN ('v', 'm', 'f', 'p') ORDER BY relname"""

# Whether a table holds a row.
ANY_ROW = "SELECT EXISTS (SELECT FROM {table})"

# Empty tables are truncated too: what is then copied in the same transaction needs no write-ahead log.
EMPTY = "TRUNCATE {tables}"

# The primary keys of schema app that no foreign key stands on, and the indexes that are no constraint.
KEYS = """
SELECT format('ALTER TABLE app.%%I DROP CONSTRAINT %%I', t.relname, c.conname),
  format('ALTER TABLE app.%%I ADD CONSTRAINT %%I %%s', t.relname, c.conname, pg_get_constraintdef(c.oid))
FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid
WHERE t.relnamespace = 'app'::regnamespace AND t.relname = ANY (%s) AND c.contype = 'p'
  AND NOT EXISTS (SELECT FROM pg_constraint AS f WHERE f.contype = 'f' AND f.confrelid = t.oid)
UNION ALL
SELECT format('DROP INDEX app.%%I', x.relname), pg_get_indexdef(i.indexrelid)
FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
WHERE t.relnamespace = 'app'::regnamespace AND t.relname = ANY (%s)
  AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)"""

# Sorting twenty million keys wants more than the usual 64 MB.
ROOM_TO_SORT = "SET LOCAL maintenance_work_mem = '256MB'"

# Whether other rows may belong to rows of these tables: then these cannot be truncated, only filled.
DEPENDED_ON = """
SELECT EXISTS (
  SELECT FROM pg_constraint AS f JOIN pg_class AS t ON t.oid = f.confrelid
  WHERE f.contype = 'f' AND t.relnamespace = 'app'::regnamespace)"""

# Let the planner know what is there now.
ANALYZE = "ANALYZE {tables}"

Progress = Callable[[str, int], None]
"""Told the table and the number of rows just written to it."""

TABLES = tuple(table.name for table in CONTRACT)


def check_room(connection: psycopg.Connection, *, replace: bool) -> bool:
    """Make the application's tables if there are none, see that they may be filled, tell if they hold rows.

    SourceError where schema app holds views, which are somebody else's to fill; and where a table holds
    rows, unless `replace` allows to remove them.
    """
    create_application_tables(connection)
    foreign = [name for (name,) in connection.execute(NOT_TABLES)]
    if foreign:
        raise SourceError(
            f"app.{foreign[0]} is not a plain table: schema app belongs to an application, where feedscore"
            " never writes; use a database of its own"
        )
    filled = [name for name in TABLES if _is_true(connection, ANY_ROW, name)]
    if filled and not replace:
        raise SourceError(
            f"app.{filled[0]} is not empty; --replace removes what all tables of schema app hold"
        )
    return bool(filled)


def fill(
    connection: psycopg.Connection,
    tables: Iterable[TableRows],
    progress: Progress | None = None,
    *,
    replace: bool = False,
) -> dict[str, int]:
    """Write rows into the application's tables, and tell how many each got; the caller commits.

    Until then nobody else sees anything of it, and a failure leaves what was there before. SourceError where
    the tables may not be filled, as `check_room` says; with `replace` their rows are removed first.
    """
    filled = check_room(connection, replace=replace)
    if filled or not _is_true(connection, DEPENDED_ON):
        connection.execute(sql.SQL(EMPTY).format(tables=_named(TABLES)))
    written: Counter[str] = Counter()
    with _keys_aside(connection):
        for rows in tables:
            copy_rows(connection, f"app.{rows.table}", rows.columns)
            written[rows.table] += len(rows)
            if progress:
                progress(rows.table, len(rows))
    connection.execute(sql.SQL(ANALYZE).format(tables=_named(TABLES)))
    return dict(written)


@contextlib.contextmanager
def _keys_aside(connection: psycopg.Connection) -> Iterator[None]:
    """Build keys and indexes once, after the rows are in: a third faster than row by row."""
    keys = connection.execute(KEYS, (list(TABLES), list(TABLES))).fetchall()
    for drop, _ in keys:
        connection.execute(drop)
    yield
    connection.execute(ROOM_TO_SORT)
    for _, add in keys:
        connection.execute(add)


def _is_true(connection: psycopg.Connection, query: str, table: str = "users") -> bool:
    found = connection.execute(sql.SQL(query).format(table=sql.Identifier("app", table))).fetchone()
    return bool(found and found[0])


def _named(tables: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier("app", table) for table in tables)
