"""A town whose jobs have all run, copied for every test that asks for it; and short ways to run a job."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from pydantic import SecretStr

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.plan import make_plan
from orchestrator.runner import RunRecord, RunStatus, run_job, run_plan
from orchestrator.settings import Settings
from orchestrator.source.town import make_town, write_town
from tests.conftest import address_of

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
PEOPLE = 400


class Runner(Protocol):
    """Runs one job over the fresh database, and sees that it ends well."""

    def __call__(self, name: str, *, now: datetime = NOW, **parameters: Any) -> RunRecord:  # Any: options
        """Run the job with these parameters."""


@pytest.fixture(scope="session")
def town_template(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with a small town, over which all jobs have run."""
    name = f"{template}_town"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        settings = Settings(
            database_url=SecretStr(address_of(server_url, name)), data_dir=tmp_path_factory.mktemp("town")
        )
        with Database(settings) as database:
            with database.connection() as connection:
                write_town(connection, make_town(PEOPLE, 3, NOW))
            result = run_plan(database, settings, make_plan(registry, ["all"]), now=NOW)
            assert {record.status for record in result.records} == {RunStatus.SUCCESS}
        yield name
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def town_settings(server_url: str, town_template: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings that point at a copy of the town."""
    name = f"{town_template}_copy"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {town_template}".encode())
        yield Settings(database_url=SecretStr(address_of(server_url, name)), data_dir=tmp_path / "data")
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def town(town_settings: Settings) -> Iterator[Database]:
    """A copy of the town, open."""
    with Database(town_settings) as opened:
        yield opened


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
