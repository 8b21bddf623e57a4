"""Find the reads that no index serves, by asking the planner, which sees through views."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from .catalog import Relation
from .faults import Fault, FaultKind, Severity
from .terms import ColumnType, Index, Table

# The first column or expression, as plans spell it, of the index in use and of all others of its table that
# hold whatever may be asked for. The planner takes any of them when the table is tiny.
FIRST_COLUMNS = """
SELECT head FROM pg_index AS i
JOIN pg_class AS x ON x.oid = i.indexrelid
CROSS JOIN LATERAL pg_get_indexdef(i.indexrelid, 1, false) AS head
WHERE i.indrelid = to_regclass(format('%%I.%%I', %(schema)s::text, %(table)s::text)) AND i.indisvalid
  AND (x.relname = %(index)s OR i.indpred IS NULL
    OR pg_get_expr(i.indpred, i.indrelid) = format('(%%s IS NOT NULL)', head))
"""
ONLY_IF_NEEDED = "SET LOCAL enable_seqscan = off"

Plan = dict[str, Any]  # Any: a plan as EXPLAIN tells it in JSON


def missing_indexes(connection: psycopg.Connection, table: Table, relation: Relation) -> Iterator[Fault]:
    """Name each read that would go through the whole table: an error for a table, a warning behind a view."""
    for index in table.indexes:
        if index.column in relation.columns:
            scanned = _scanned_whole(connection, table, index)
            if scanned:
                yield _fault(table, relation, index, scanned)


def _fault(table: Table, relation: Relation, index: Index, scanned: list[str]) -> Fault:
    statement = f"CREATE INDEX ON app.{table.name} ({index.column})"
    if relation.is_table:
        message, severity = f"no index begins with {index.column}: {statement}", Severity.ERROR
    else:
        severity = Severity.WARNING
        message = (
            f"no index behind this view serves {index.column}: index {', '.join(scanned)} on exactly the"
            " expression that the view selects, the cast included"
        )
    effect = f"{index.read_by} would read the whole table for {index.purpose}."
    return Fault(table.name, index.column, FaultKind.MISSING_INDEX, severity, message, effect)


def _scanned_whole(connection: psycopg.Connection, table: Table, index: Index) -> list[str]:
    """List what a read of one id or instant would go through from end to end, even though told not to."""
    kind = next(column.type for column in table.columns if column.name == index.column)
    one = "'epoch'::timestamptz" if kind is ColumnType.TIME else "1::bigint"
    query = f"EXPLAIN (FORMAT JSON, VERBOSE) SELECT * FROM app.{table.name} WHERE {index.column} = {one}"  # noqa: S608 -- names of the contract
    with connection.transaction(force_rollback=True):
        connection.execute(ONLY_IF_NEEDED)
        row = connection.execute(query.encode()).fetchone()
        assert row is not None  # noqa: S101 -- EXPLAIN always answers
        return sorted({_name(scan) for scan in _scans(row[0][0]["Plan"]) if not _by_index(connection, scan)})


def _scans(plan: Plan) -> Iterator[Plan]:
    """Walk through the places where a plan reads rows; a bitmap is told with the table it is of."""
    if plan["Node Type"] == "Bitmap Heap Scan":
        table = {name: plan[name] for name in ("Schema", "Relation Name", "Alias")}
        yield from ({**bitmap, **table} for bitmap in _bitmaps(plan))
    elif "Relation Name" in plan or "Function Name" in plan:
        yield plan
    else:
        for child in plan.get("Plans", ()):
            yield from _scans(child)


def _bitmaps(plan: Plan) -> Iterator[Plan]:
    if "Index Name" in plan:
        yield plan
    for child in plan.get("Plans", ()):
        yield from _bitmaps(child)


def _by_index(connection: psycopg.Connection, scan: Plan) -> bool:
    """Tell whether the scan goes straight to its rows: its condition is on the first column of the index.

    An index whose second column is asked for can be read too, but only as a whole.
    """
    condition = scan.get("Index Cond", "")
    if not condition:
        return False
    for prefix in (f"{scan['Alias']}.", f'"{scan["Alias"]}".'):
        condition = condition.replace(prefix, "")
    names = {"schema": scan["Schema"], "table": scan["Relation Name"], "index": scan["Index Name"]}
    heads = [_bare(head) for (head,) in connection.execute(FIRST_COLUMNS, names)]
    return _bare(condition).startswith(tuple(f"{head}{after}" for head in heads for after in (" = ", "::")))


def _bare(expression: str) -> str:
    return expression.replace("(", "").replace(")", "")


def _name(scan: Plan) -> str:
    name = scan.get("Relation Name") or scan.get("Function Name") or ""
    return f"{scan['Schema']}.{name}" if scan.get("Schema") else name
