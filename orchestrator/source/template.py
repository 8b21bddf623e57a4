"""Write the views that make an application's own tables keep the contract, ready to be filled in."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import UsageError
from .contract import CONTRACT
from .terms import Column, Table

PLACEHOLDER = "your_schema"

HEADER = """\
-- What feedscore reads of your application: views in a schema of their own over your tables.
-- Left of each :: stands your column, or any expression in parentheses; types and names right of it stay.
--   A column that you lack:        NULL, or what its comment says after "else"
--   A table that you lack:         print this again with --without TABLE
--   UTC times without time zone:   (created_at AT TIME ZONE 'UTC')::timestamptz   (Prisma, Rails)
--   Ids that are uuid or text:     join a table that gives each a bigint, once and for ever
-- Keep people who left, with is_active false: rows that speak of somebody outside app.users are orphans.
-- Then run:  python -m orchestrator source check
BEGIN;
CREATE SCHEMA IF NOT EXISTS app;
"""


def template(schema: str = PLACEHOLDER, without: Collection[str] = ()) -> str:
    """Write one CREATE VIEW per table of the contract, over tables of the same names in `schema`.

    Tables named in `without` become views of the right columns and no rows.
    """
    unknown = set(without) - {table.name for table in CONTRACT}
    if unknown:
        raise UsageError(f"the contract has no table {', '.join(sorted(unknown))}")
    views = [_empty_view(table) if table.name in without else _view(table, schema) for table in CONTRACT]
    return "\n".join([HEADER, *views, "COMMIT;"])


def _view(table: Table, schema: str) -> str:
    aliases = [f"  {column.name}::{column.type} AS {column.name}" for column in table.columns]
    return _written(table, aliases, f"FROM {_quoted(schema)}.{table.name};")


def _empty_view(table: Table) -> str:
    aliases = [f"  NULL::{column.type} AS {column.name}" for column in table.columns]
    return _written(table, aliases, "WHERE false;")


def _written(table: Table, aliases: list[str], ending: str) -> str:
    ends = [","] * (len(aliases) - 1) + [""]
    width = max(map(len, aliases)) + 1
    lines = [
        f"{alias + end:<{width}}  -- {_comment(column)}"
        for alias, end, column in zip(aliases, ends, table.columns, strict=True)
    ]
    about = f"-- {table.meaning} Key: {', '.join(table.key)}."
    return "\n".join([about, f"CREATE VIEW app.{table.name} AS SELECT", *lines, ending, ""])


def _comment(column: Column) -> str:
    if column.required:
        return f"{column.meaning} (else {column.default})" if column.default else column.meaning
    return column.meaning if "NULL" in column.meaning else f"{column.meaning} (may be NULL)"


def _quoted(name: str) -> str:
    return name if name.isidentifier() and name == name.lower() else '"' + name.replace('"', '""') + '"'
