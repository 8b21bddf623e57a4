"""Find the rows that cannot be right: missing or impossible values, duplicates, orphans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import psycopg

from .catalog import Relation
from .faults import Fault, FaultKind, Severity
from .terms import Reference, Rule, Search, Table

EXAMPLES = 3

# One pass over a table that counts the rows of every fault a row can have by itself.
COUNTS = "SELECT {counts} FROM app.{table} AS t"

# The first few of those rows.
FAULTY_ROWS = "SELECT {example} FROM app.{table} AS t WHERE {predicate} ORDER BY {key} LIMIT {limit}"

# The number of rows that a query of (place, example) finds, and the first few; the count can run in parallel.
COUNT_FOUND = "SELECT count(*) FROM ({searched}) AS found"
FIRST_FOUND = (
    "SELECT example FROM ({searched}) AS found (place, example) ORDER BY place, example LIMIT {limit}"
)

# Rows that share a key which should be one row's alone.
DUPLICATES = """
SELECT t.{first}, {example} || format(': %%s rows', count(*))
FROM app.{table} AS t GROUP BY {key} HAVING count(*) > 1"""

# Rows that name somebody or something that is not there.
ORPHANS = """
SELECT t.{column}, {example}
FROM app.{table} AS t
WHERE t.{column} IS NOT NULL AND NOT EXISTS (SELECT FROM app.{other} AS o WHERE o.id = t.{column})"""


class ContentCheck:
    """The faults in the rows of one table, of which `readable` columns (table.column) can be used."""

    def __init__(self, connection: psycopg.Connection, table: Table, readable: set[str], today: date) -> None:
        self._connection = connection
        self._table = table
        self._readable = readable
        self._today = {"today": today}

    def faults(self, relation: Relation) -> Iterator[Fault]:
        """Name them, in the order of the contract."""
        yield from self._by_row([*self._missing_values(relation), *self._rules()])
        if not relation.keeps_unique(self._table.key) and self._can_read(*self._table.key):
            yield from self._duplicates()
        for reference in self._table.references:
            if self._can_read(reference.column) and f"{reference.table}.id" in self._readable:
                yield from self._orphans(reference)
        for search in self._table.searches:
            if self._readable.issuperset(search.reads):
                yield from self._search(search)

    def _can_read(self, *columns: str) -> bool:
        return self._readable.issuperset(f"{self._table.name}.{column}" for column in columns)

    def _missing_values(self, relation: Relation) -> Iterator[tuple[FaultKind, Rule]]:
        for column in self._table.columns:
            if column.required and self._can_read(column.name) and not relation.columns[column.name].not_null:
                message = f"{column.name} is NULL, which the contract refuses"
                yield (
                    FaultKind.MISSING_VALUE,
                    Rule((column.name,), f"t.{column.name} IS NULL", message, "The row is ignored."),
                )

    def _rules(self) -> Iterator[tuple[FaultKind, Rule]]:
        for rule in self._table.rules:
            if self._can_read(*rule.columns):
                yield FaultKind.IMPOSSIBLE_VALUE, rule

    def _by_row(self, rules: list[tuple[FaultKind, Rule]]) -> Iterator[Fault]:
        if not rules:
            return
        counts = ", ".join(f"count(*) FILTER (WHERE {rule.predicate})" for _, rule in rules)
        row = self._execute(COUNTS, counts=counts).fetchone() or ()
        for (kind, rule), count in zip(rules, row, strict=True):
            if count:
                yield Fault(
                    self._table.name, ", ".join(rule.columns), kind, rule.severity, rule.message, rule.effect,
                    count, self._examples(rule),
                )  # fmt: skip

    def _examples(self, rule: Rule) -> tuple[str, ...]:
        key = [column for column in self._table.key if self._can_read(column)]
        rows = self._execute(
            FAULTY_ROWS,
            example=_spelled(dict.fromkeys((*key, *rule.columns))),
            predicate=rule.predicate,
            key=", ".join(f"t.{column}" for column in key) or "1",
            limit=EXAMPLES,
        )
        return tuple(example for (example,) in rows)

    def _duplicates(self) -> Iterator[Fault]:
        key = self._table.key
        query = _filled(
            DUPLICATES,
            first=key[0],
            example=_spelled(key),
            table=self._table.name,
            key=", ".join(f"t.{column}" for column in key),
        )
        message = f"several rows of the same {', '.join(key)}"
        effect = "The latest counts; of rows without a time, the first by their other columns."
        yield from self._found(query, ", ".join(key), FaultKind.DUPLICATE, message, effect)

    def _orphans(self, reference: Reference) -> Iterator[Fault]:
        shown = dict.fromkeys((*self._table.key, reference.column))
        query = _filled(
            ORPHANS,
            column=reference.column,
            example=_spelled([column for column in shown if self._can_read(column)]),
            table=self._table.name,
            other=reference.table,
        )
        nobody = "nobody" if reference.table == "users" else "nothing"
        message = f"{reference.column} names {nobody} in app.{reference.table}"
        yield from self._found(
            query, reference.column, FaultKind.ORPHAN, message, reference.effect, reference.severity
        )

    def _search(self, search: Search) -> Iterator[Fault]:
        yield from self._found(search.query, search.column, search.kind, search.message, search.effect)

    def _found(
        self,
        query: str,
        column: str,
        kind: FaultKind,
        message: str,
        effect: str,
        severity: Severity = Severity.ERROR,
    ) -> Iterator[Fault]:
        (count,) = self._execute(COUNT_FOUND, searched=query).fetchone() or (0,)
        if count:
            rows = self._execute(FIRST_FOUND, searched=query, limit=EXAMPLES)
            examples = tuple(example for (example,) in rows)
            yield Fault(self._table.name, column, kind, severity, message, effect, count, examples)

    def _execute(self, query: str, **parts: object) -> psycopg.Cursor:
        return self._connection.execute(_filled(query, table=self._table.name, **parts).encode(), self._today)


def _filled(query: str, **parts: object) -> str:
    return query.format(**parts)


def _spelled(columns: Iterable[str]) -> str:
    """Write the SQL that spells a row, such as user_id=3, value=NaN."""
    parts = ", ".join(f"'{column}=' || coalesce(t.{column}::text, 'NULL')" for column in columns)
    return f"concat_ws(', ', {parts})"
