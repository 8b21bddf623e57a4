"""The contract, its SQL and its page say the same."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from orchestrator.source.catalog import read_relations
from orchestrator.source.contract import CONTRACT
from orchestrator.source.terms import Table

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"

INDEXED = """
SELECT t.relname, array_agg(a.attname::text ORDER BY k.place), bool_or(i.indisprimary)
FROM pg_index AS i
JOIN pg_class AS t ON t.oid = i.indrelid
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.number
WHERE t.relnamespace = 'app'::regnamespace
GROUP BY i.indexrelid, t.relname
"""


def names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def test_the_tables_have_exactly_the_columns_types_and_nulls_of_the_contract(
    connection: psycopg.Connection,
) -> None:
    relations = read_relations(connection)
    assert set(relations) == {table.name for table in CONTRACT}
    for table in CONTRACT:
        found = relations[table.name].columns
        assert set(found) == set(names(table)), table.name
        for column in table.columns:
            place = f"{table.name}.{column.name}"
            assert found[column.name].type in column.type.accepted, place
            assert found[column.name].not_null == column.required, place


def test_the_primary_keys_and_indexes_are_those_of_the_contract(connection: psycopg.Connection) -> None:
    keys = {}
    leading: dict[str, set[str]] = {}
    for table, columns, is_primary in connection.execute(INDEXED):
        leading.setdefault(table, set()).add(columns[0])
        if is_primary:
            keys[table] = tuple(columns)
    assert keys == {table.name: table.key for table in CONTRACT}
    wanted = {table.name: {table.key[0], *(index.column for index in table.indexes)} for table in CONTRACT}
    assert leading == wanted


@pytest.mark.parametrize("table", CONTRACT, ids=lambda table: table.name)
def test_every_rule_speaks_of_columns_of_the_contract(table: Table) -> None:
    every = {f"{other.name}.{column.name}" for other in CONTRACT for column in other.columns}
    own = set(names(table))
    assert own.issuperset(table.key)
    assert own.issuperset(index.column for index in table.indexes)
    assert own.issuperset(reference.column for reference in table.references)
    assert every.issuperset(f"{reference.table}.id" for reference in table.references)
    assert own.issuperset(column for rule in table.rules for column in rule.columns)
    assert every.issuperset(place for search in table.searches for place in search.reads)


@pytest.mark.parametrize("table", CONTRACT, ids=lambda table: table.name)
def test_the_page_on_the_contract_lists_every_column_and_rule(table: Table) -> None:
    page = PAGE.read_text()
    for column in table.columns:
        null = "no" if column.required else "yes"
        meaning = column.meaning.replace("|", "/")
        assert f"| `{column.name}` | {column.type} | {null} | {meaning} |" in page
    for rule in table.rules:
        assert f"| {rule.message} | {rule.effect} |" in page
    for search in table.searches:
        assert f"| {search.message} | {search.effect} |" in page
    for index in table.indexes:
        assert f"| `{table.name} ({index.column})` | {index.read_by} | {index.purpose} |" in page
