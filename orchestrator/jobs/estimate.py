"""How many rows a table holds, as far as can be told without counting; for previews."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from psycopg import sql

from ..context import DryRun, JobContext

# The planner's estimate, or -1 where it has none: a view, or a table that was never analysed.
ESTIMATE = "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s) AND relkind IN ('r', 'p', 'm')"
COUNT = "SELECT count(*) FROM {table}"
"""Count the rows, where there is no estimate."""
EXACT_BELOW = 100_000


def rows_in(connection: psycopg.Connection, tables: Iterable[str]) -> dict[str, int]:
    """Tell the rows of each table: the planner's estimate, or a count where few or never analysed."""
    found = {}
    for table in tables:
        row = connection.execute(ESTIMATE, (table,)).fetchone()
        if row and row[0] >= EXACT_BELOW:
            found[table] = int(row[0])
            continue
        counted = connection.execute(
            sql.SQL(COUNT).format(table=sql.Identifier(*table.split(".")))
        ).fetchone()
        found[table] = int(counted[0]) if counted else 0
    return found


def preview_users(context: JobContext, tables: Iterable[str], note: str = "") -> DryRun:
    """Tell what a job over everybody, or over named users, would read."""
    with context.database.connection() as connection:
        rows = rows_in(connection, tables)
    items = len(context.parameters.user_id) or rows["app.users"]
    return DryRun(items=min(items, context.parameters.limit or items), rows_to_scan=rows, note=note)
