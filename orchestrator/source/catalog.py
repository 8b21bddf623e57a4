"""What stands in schema app of a live database: its tables and views, their columns and their unique keys."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

SCHEMA = "SELECT to_regnamespace('app') IS NOT NULL"

# Tables and views of schema app with their columns; a domain is told as the type below it.
COLUMNS = """
SELECT c.relname, c.relkind IN ('r', 'p', 'm'), a.attname,
  format_type(CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END, NULL), a.attnotnull
FROM pg_class AS c
LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_type AS t ON t.oid = a.atttypid
WHERE c.relnamespace = to_regnamespace('app') AND c.relkind IN ('r', 'p', 'm', 'v', 'f')
"""

# The column sets of schema app that the database itself keeps unique, for all rows.
UNIQUE_KEYS = """
SELECT c.relname, array_agg(a.attname::text)
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indrelid
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
WHERE c.relnamespace = to_regnamespace('app') AND i.indisunique AND i.indisvalid
  AND i.indpred IS NULL AND i.indexprs IS NULL
GROUP BY i.indexrelid, c.relname
"""


@dataclass(frozen=True)
class FoundColumn:
    """A column of a live database."""

    type: str
    not_null: bool


@dataclass(frozen=True)
class Relation:
    """A table or view of a live database."""

    is_table: bool
    """A table or materialised view, which may have indexes of its own."""
    columns: dict[str, FoundColumn]
    unique_keys: frozenset[frozenset[str]]

    def keeps_unique(self, key: tuple[str, ...]) -> bool:
        """Tell whether two rows of the same key cannot exist."""
        return any(unique <= set(key) for unique in self.unique_keys)


def has_schema(connection: psycopg.Connection) -> bool:
    """Tell whether there is a schema app at all."""
    row = connection.execute(SCHEMA).fetchone()
    return bool(row and row[0])


def read_relations(connection: psycopg.Connection) -> dict[str, Relation]:
    """Read the tables and views of schema app, by name."""
    keys: dict[str, set[frozenset[str]]] = {}
    for name, columns in connection.execute(UNIQUE_KEYS):
        keys.setdefault(name, set()).add(frozenset(columns))
    relations: dict[str, Relation] = {}
    for name, is_table, column, kind, not_null in connection.execute(COLUMNS):
        relation = relations.setdefault(name, Relation(is_table, {}, frozenset(keys.get(name, ()))))
        if column is not None:
            relation.columns[column] = FoundColumn(kind, not_null)
    return relations
