"""Hold a live database to the contract, and name every fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

import psycopg

from .catalog import Relation, has_schema, read_relations
from .contents import ContentCheck
from .contract import CONTRACT
from .faults import Fault, FaultKind, Severity
from .indexes import missing_indexes
from .terms import Column, Table

NO_SCHEMA = Fault(
    "",
    "",
    FaultKind.MISSING_SCHEMA,
    Severity.ERROR,
    "there is no schema app in this database: `source template` prints views of your tables to make it of,"
    " `db init` makes empty tables, `town` fills them with synthetic people",
    "No job can run.",
)
ANY_ROW = "SELECT EXISTS (SELECT FROM app.users)"


def check_source(
    connection: psycopg.Connection, today: date, *, tolerated: Iterable[FaultKind] = ()
) -> list[Fault]:
    """List what is wrong, table by table; faults of a tolerated kind are warnings.

    Reads every row that a job reads, set-wise, and writes nothing. `today` is what dates are held against.
    """
    if not has_schema(connection):
        return [NO_SCHEMA]
    relations = read_relations(connection)
    faults = [fault for table in CONTRACT for fault in _structure_faults(table, relations.get(table.name))]
    broken = {(fault.table, fault.column) for fault in faults}
    readable = {
        f"{table.name}.{column.name}"
        for table in CONTRACT
        for column in table.columns
        if not {(table.name, ""), (table.name, column.name)} & broken
    }
    for table in CONTRACT:
        if table.read_by and table.name in relations:
            faults += _row_faults(connection, table, relations[table.name], readable, today)
    milder = frozenset(tolerated)
    return [replace(fault, severity=Severity.WARNING) if fault.kind in milder else fault for fault in faults]


def breaks_contract(faults: Iterable[Fault]) -> bool:
    """Tell whether any of the faults is an error."""
    return any(fault.severity == Severity.ERROR for fault in faults)


def _structure_faults(table: Table, relation: Relation | None) -> Iterator[Fault]:
    effect = f"Needed by {', '.join(table.read_by)}." if table.read_by else "No job reads it yet."
    if relation is None:
        message = f"there is no table or view app.{table.name}"
        yield Fault(table.name, "", FaultKind.MISSING_TABLE, Severity.ERROR, message, effect)
        return
    for column in table.columns:
        found = relation.columns.get(column.name)
        if found is None:
            message = f"the column is missing ({column.type}: {column.meaning})"
            yield Fault(table.name, column.name, FaultKind.MISSING_COLUMN, Severity.ERROR, message, effect)
        elif found.type not in column.type.accepted:
            message = _wrong_type(column, found.type)
            yield Fault(table.name, column.name, FaultKind.WRONG_TYPE, Severity.ERROR, message, effect)


def _wrong_type(column: Column, found: str) -> str:
    return f"the type is {found}, not {column.type}: select {column.name}::{column.type} in a view"


def _row_faults(
    connection: psycopg.Connection, table: Table, relation: Relation, readable: set[str], today: date
) -> list[Fault]:
    """Look for missing indexes and faulty rows; what cannot be read at all is a fault too."""
    try:
        with connection.transaction():
            faults = list(missing_indexes(connection, table, relation))
            faults += ContentCheck(connection, table, readable, today).faults(relation)
            if table.name == "users" and not _anybody(connection):
                faults.append(_nobody(table))
            return faults
    except psycopg.Error as error:
        if connection.broken or isinstance(error, psycopg.errors.QueryCanceled):
            raise
        message = f"the rows cannot be read: {str(error).splitlines()[0]}"
        effect = f"Needed by {', '.join(table.read_by)}."
        return [Fault(table.name, "", FaultKind.UNREADABLE, Severity.ERROR, message, effect)]


def _anybody(connection: psycopg.Connection) -> bool:
    row = connection.execute(ANY_ROW).fetchone()
    return bool(row and row[0])


def _nobody(table: Table) -> Fault:
    message = "there is nobody yet"
    return Fault(
        table.name, "", FaultKind.EMPTY, Severity.WARNING, message, "Every job has nothing to do.", 0
    )
