"""A small real job: writes one row an item into a table of its own, and fails where it is told to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest

from orchestrator.context import Batch, BatchResult, DryRun, JobContext
from orchestrator.db.engine import Database
from orchestrator.registry import Budget, Group, Job

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
TABLE = "CREATE TABLE item (n bigint PRIMARY KEY, run text NOT NULL DEFAULT 'x')"
Visit = Callable[[psycopg.Connection, Batch], None]


@pytest.fixture
def items(database: Database) -> Database:
    """The database, with the table that the jobs below write."""
    with database.connection() as connection:
        connection.execute(TABLE)
    return database


def count_items(database: Database) -> int:
    with database.connection() as connection:
        row = connection.execute("SELECT count(*) FROM item").fetchone()
    assert row is not None
    return int(row[0])


def write(connection: psycopg.Connection, batch: Batch) -> BatchResult:
    """Insert the items of a batch; a batch done twice violates the primary key."""
    connection.execute(
        "INSERT INTO item SELECT generate_series(%s::bigint, %s::bigint)", (batch.start, batch.stop - 1)
    )
    return BatchResult(written=len(batch))


def batch_job(
    visit: Visit | None = None,
    *,
    name: str = "count",
    needs: tuple[str, ...] = (),
    total: int = 50,
    size: int = 10,
    workers: int = 1,
    version: str = "1",
    inputs: str = "",
) -> Job:
    """A job that writes its items in batches, and lets `visit` look at each before."""

    def work(connection: psycopg.Connection, batch: Batch) -> BatchResult:
        if visit:
            visit(connection, batch)
        return write(connection, batch)

    def run(context: JobContext) -> None:
        """Write numbers."""
        context.run.in_batches(total, work, size=size, workers=workers, inputs=inputs)

    return plain_job(run, name=name, needs=needs, version=version)


def plain_job(
    run: Callable[[JobContext], None], *, name: str = "count", needs: tuple[str, ...] = (), version: str = "1"
) -> Job:
    """A job made of one function."""
    run.__doc__ = run.__doc__ or "Do something."
    return Job(
        name=name,
        group=Group.MATCHING,
        run=run,
        preview=lambda _: DryRun(items=50, rows_to_scan={"item": 50}),
        algorithm_version=version,
        budget=Budget(max_rows_scanned=1, max_rows_written=1, expected_runtime_s=1),
        needs=needs,
    )
