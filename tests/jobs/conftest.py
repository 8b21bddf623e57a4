"""Short ways to run a job, over the fresh database or the town."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

import pytest

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.runner import RunRecord, RunStatus, run_job
from orchestrator.settings import Settings
from tests.conftest import NOW, PEOPLE

__all__ = ["NOW", "PEOPLE", "Runner", "execute", "rows", "run", "run_in_town", "runner", "versions"]


class Runner(Protocol):
    """Runs one job over the fresh database, and sees that it ends well."""

    def __call__(self, name: str, *, now: datetime = NOW, **parameters: Any) -> RunRecord:  # Any: options
        """Run the job with these parameters."""


@pytest.fixture
def run(database: Database, settings: Settings) -> Runner:
    """Run a job over the empty database, or whatever the test has put there."""
    return runner(database, settings)


@pytest.fixture
def run_in_town(town: Database, town_settings: Settings) -> Runner:
    """Run a job over the copy of the town."""
    return runner(town, town_settings)


def runner(database: Database, settings: Settings) -> Runner:
    def run_one(name: str, *, now: datetime = NOW, **parameters: Any) -> RunRecord:  # Any: options
        job = registry[name]
        record = run_job(database, settings, job, job.parameters(**parameters), now=now)
        assert record.status is RunStatus.SUCCESS, record.error
        return record

    return run_one


def rows(database: Database, query: str, *params: object) -> list[tuple[Any, ...]]:  # Any: what SQL gives
    with database.connection() as connection:
        return connection.execute(query.encode(), params).fetchall()


def execute(database: Database, *statements: str) -> None:
    with database.connection() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def versions(database: Database, table: str, key: str) -> dict[Any, str]:  # Any: the key
    """Which transaction wrote each row: equal before and after means that no row was touched."""
    return dict(rows(database, f"SELECT {key}, xmin::text FROM {table}"))
