"""Write a job's rows, one a person, in batches: the unchanged are not touched, the obsolete are removed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from psycopg import sql

from feedscore import Column, fingerprint_rows
from feedscore.population import Int64

from ..context import Batch, BatchResult, JobContext
from ..db.columns import fetch
from ..db.replace import Table, replace_rows

STORED = "SELECT user_id FROM {table} WHERE {scope}"
"""The people who have a row."""
EVERYBODY = "true"
OF_USERS = "user_id = ANY (%(users)s)"

REMOVE = "DELETE FROM {table} WHERE user_id = ANY (%s)"
"""Remove the rows of these people."""


@dataclass(frozen=True)
class Output:
    """The rows that a job has computed, one a person, and whom they stand for."""

    table: str
    columns: Sequence[Column]
    """The first is user_id, ascending; computed_at and algorithm_version are added."""
    scope: Int64 | None = None
    """The people who were computed: who of them has no row here, loses the one stored. None = everybody."""


def write_people(context: JobContext, output: Output, version: str) -> None:
    """Write the rows, at most `limit` of them, then remove those of people who have none any more."""
    table = Table(name=output.table, key=("user_id",))
    total = min(len(output.columns[0]), context.parameters.limit or len(output.columns[0]))
    columns = [*output.columns, *stamps(context, len(output.columns[0]), version)]

    def work(connection: psycopg.Connection, batch: Batch) -> BatchResult:
        part = [column.part(batch.start, batch.stop) for column in columns]
        done = replace_rows(connection, table, part, keep_missing=True)
        return BatchResult(written=done.inserted + done.updated)

    context.run.in_batches(total, work, stage=output.table, inputs=digest(output.columns))
    if context.parameters.limit is None:
        context.run.tell(rows_removed=_remove_others(context, output))


def stamps(context: JobContext, rows: int, version: str) -> list[Column]:
    """Make the columns that say when and by which version rows were computed."""
    now = np.datetime64(context.now.replace(tzinfo=None), "us")
    return [
        Column("computed_at", "timestamptz", np.full(rows, now)),
        Column("algorithm_version", "text", np.zeros(rows, np.int64), vocabulary=[version]),
    ]


def digest(columns: Sequence[Column]) -> str:
    """Condense the content of columns: equal for equal rows."""
    return hashlib.blake2b(fingerprint_rows(columns).tobytes(), digest_size=16).hexdigest()


def _remove_others(context: JobContext, output: Output) -> int:
    context.run.check_stop()
    with context.database.connection() as connection:
        everybody = output.scope is None
        query = STORED.format(table=output.table, scope=EVERYBODY if everybody else OF_USERS)
        params = None if everybody else {"users": output.scope}
        found = fetch(connection, query, {"user_id": "int8"}, params, rows_per_chunk=10_000)
        gone = np.setdiff1d(found.int64("user_id"), np.asarray(output.columns[0].values, np.int64))
        if not len(gone):
            return 0
        statement = sql.SQL(REMOVE).format(table=sql.Identifier(*output.table.split(".")))
        return connection.execute(statement, (gone.tolist(),)).rowcount
