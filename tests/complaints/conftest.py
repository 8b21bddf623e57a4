"""A town of people who block, report and hide a lot, over which all jobs have run; and processes of our own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.plan import make_plan
from orchestrator.runner import RunStatus, run_job
from orchestrator.settings import Settings
from orchestrator.source.town import make_town, write_town
from tests.conftest import address_of
from tests.jobs.conftest import execute
from tests.queue.conftest import broker, broker_settings, desk

from .strict import BEFORE, FLAG, NOW, PEOPLE

__all__ = ["broker", "broker_settings", "desk"]

LONG = bool(os.environ.get("FEEDSCORE_LONG"))
"""Read here, before the fixture that clears FEEDSCORE_ variables for each test."""
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session")
def strict_template(server_url: str, template: str) -> Iterator[str]:
    """The name of a database with the town."""
    name = f"{template}_strict"
    with (
        psycopg.connect(server_url, autocommit=True) as admin,
        tempfile.TemporaryDirectory(prefix="feedscore-strict-") as folder,
    ):
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        settings = Settings(database_url=SecretStr(address_of(server_url, name)), data_dir=Path(folder))
        with Database(settings) as database:
            with database.connection() as connection:
                write_town(connection, make_town(PEOPLE, 5, NOW))
            execute(database, *BEFORE)
            for step in make_plan(registry, ["all"]):
                record = run_job(database, settings, step.job, now=NOW)
                assert record.status is RunStatus.SUCCESS, record.error
                if step.job.name == "content-features":
                    execute(database, FLAG)
        yield name
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="module")
def strict_settings(server_url: str, strict_template: str) -> Iterator[Settings]:
    """Settings that point at a copy of the town for one module."""
    name = f"{strict_template}_copy"
    with (
        psycopg.connect(server_url, autocommit=True) as admin,
        tempfile.TemporaryDirectory(prefix="feedscore-strict-") as folder,
    ):
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {strict_template}".encode())
        yield Settings(database_url=SecretStr(address_of(server_url, name)), data_dir=Path(folder))
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="module")
def strict_town(strict_settings: Settings) -> Iterator[Database]:
    """The copy, open."""
    with Database(strict_settings) as database:
        yield database


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a command of ours under some settings; none outlives the test."""
    processes: list[subprocess.Popen[str]] = []

    def run(settings: Settings, *command: str) -> subprocess.Popen[str]:
        assert settings.database_url is not None
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RQ_")},
            "FEEDSCORE_DATABASE_URL": settings.database_url.get_secret_value(),
            "FEEDSCORE_DATA_DIR": str(settings.data_dir),
        }
        with (tmp_path / "told.log").open("a") as told:
            process = subprocess.Popen(
                [sys.executable, "-m", *command], env=environment, stdin=subprocess.DEVNULL, stdout=told, stderr=told,
                text=True,
            )  # fmt: skip
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.wait()


def until(
    happened: Callable[[], object], seconds: float = 60, step: Callable[[], object] = lambda: None
) -> None:
    """Wait for something to happen, doing a step again and again meanwhile."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        step()
        time.sleep(0.05)


def today() -> datetime:
    """The time now."""
    return datetime.now(UTC)
