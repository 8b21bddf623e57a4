"""What an error of the database means, in one sentence, and whether trying again can help."""

from __future__ import annotations

import psycopg

DISK_FULL = "53100"
# Another transaction or a time limit was in the way: the same statements may well succeed the next time.
PASSING = frozenset({"40001", "40P01", "55P03", "57014"})
SENTENCES = {
    DISK_FULL: "the disk of the database is full",
    "53200": "the database is out of memory",
    "53300": "the database accepts no more connections",
    "57P01": "the database was shut down, or it ended our connection",
    "57P02": "the database crashed",
    "57P03": "the database is starting up or shutting down",
    "25006": "the database is read-only",
    "28P01": "the database refuses the password",
    "28000": "the database refuses the role",
    "3D000": "the database does not exist",
    "42501": "the database role lacks a permission",
    "42P01": "a table is missing (`orchestrator db init` makes ours, `source check` tests yours)",
    "42703": "a column is missing (`orchestrator source check` names what it expects)",
    "3F000": "a schema is missing (`orchestrator db init` makes ours)",
}


def ends_the_run(error: psycopg.Error) -> bool:
    """Tell whether every further statement would fail too: connection lost, disk full, table gone."""
    if error.sqlstate in PASSING:
        return False
    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError, psycopg.ProgrammingError))


def explain(error: psycopg.Error) -> str:
    """Say in one sentence what went wrong."""
    said = " ".join((error.diag.message_primary or str(error)).split()) or type(error).__name__
    meaning = SENTENCES.get(error.sqlstate or "")
    if meaning:
        return f"{meaning}: {said}"
    if isinstance(error, psycopg.OperationalError) and not error.sqlstate:
        return f"the connection to the database was lost: {said}"
    return f"the database refused a statement: {said}"
