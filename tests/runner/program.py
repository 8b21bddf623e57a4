"""A process that runs a test job: `python -m tests.runner.program URL WHAT`; prints batches as they begin."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psycopg
from pydantic import SecretStr

from orchestrator.context import Batch, JobContext
from orchestrator.db.engine import Database
from orchestrator.plan import Step
from orchestrator.registry import Job
from orchestrator.runner import Stop, run_plan
from orchestrator.settings import Settings

from .conftest import NOW, batch_job, plain_job


def announce(_: psycopg.Connection, batch: Batch) -> None:
    print(batch.number, flush=True)  # noqa: T201 -- the test reads it
    time.sleep(0.05)


def hang(connection: psycopg.Connection, batch: Batch) -> None:
    print(batch.number, flush=True)  # noqa: T201 -- the test reads it
    connection.execute("SELECT pg_sleep(60)")


def hang_outside(context: JobContext) -> None:
    """Wait for a query outside of batches."""
    print("waiting", flush=True)  # noqa: T201 -- the test reads it
    with context.database.connection() as connection:
        connection.execute("SELECT pg_sleep(60)")


JOBS: dict[str, Job] = {
    "steady": batch_job(announce),
    "threads": batch_job(announce, workers=2),
    "hang": batch_job(hang),
    "hang-in-threads": batch_job(hang, workers=2),
    "hang-outside": plain_job(hang_outside),
}


def main(url: str, what: str) -> int:
    settings = Settings(database_url=SecretStr(url), data_dir=Path("unused"))
    stop = Stop()
    with Database(settings) as database, stop.on_signals():
        result = run_plan(database, settings, [Step(JOBS[what], "asked for")], now=NOW, stop=stop)
        for record in result.records:
            print(record.status, record.error or "", flush=True)  # noqa: T201 -- the test reads it
    return result.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
