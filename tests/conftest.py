"""A real Postgres for the tests: the one FEEDSCORE_DATABASE_URL names, or an embedded one in a temporary folder.

Every test that asks for `database` gets a database of its own, copied from a template that holds both schemas;
one that asks for `town` a copy of a town over which all jobs have run.
"""

from __future__ import annotations

import itertools
import os
import signal
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from orchestrator.db.embedded import EmbeddedServer
from orchestrator.db.engine import Database
from orchestrator.db.migrate import migrate
from orchestrator.jobs import registry
from orchestrator.plan import make_plan
from orchestrator.runner import RunStatus, run_plan
from orchestrator.settings import Settings
from orchestrator.source.tables import create_application_tables
from orchestrator.source.town import make_town, write_town

ENVIRONMENT_URL = os.environ.get("FEEDSCORE_DATABASE_URL")
# Models take a second to load: only the tests about them do.
PARTS = "sentiment"
os.environ["FEEDSCORE_CONTENT_PARTS"] = PARTS
_numbers = itertools.count(1)
NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
"""When the town of the tests is as it is."""
PEOPLE = 400

# Whoever starts the tests in the background may have them ignore Ctrl-C, and some are about it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# In CI the same examples every time, so that a change is judged by what it changes; elsewhere new ones are searched.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith("FEEDSCORE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("FEEDSCORE_CONTENT_PARTS", PARTS)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address of a server on which the tests may create databases."""
    if ENVIRONMENT_URL:
        yield ENVIRONMENT_URL
        return
    # Not below pytest's folders: whenever another pytest starts, it closes them to the owner of the server.
    with tempfile.TemporaryDirectory(prefix="feedscore-tests-") as folder:
        server = EmbeddedServer(Path(folder))
        server.acquire()
        yield server.url
        server.release()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A fresh folder in which an embedded server can live."""
    with tempfile.TemporaryDirectory(prefix="feedscore-test-") as folder:
        yield Path(folder)


def address_of(server_url: str, database: str) -> str:
    """The address of another database on the same server."""
    return make_url(server_url).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str]:
    """The name of a database with schema app and schema feed, both empty."""
    name = f"feedscore_template_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        with Database(Settings(database_url=SecretStr(address_of(server_url, name)))) as database:
            with database.connection() as connection:
                create_application_tables(connection)
            migrate(database)
        yield name
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """The address of a fresh database with both schemas, gone after the test."""
    name = f"{template}_{next(_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        yield address_of(server_url, name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings that point at the fresh database."""
    return Settings(database_url=SecretStr(database_url), data_dir=tmp_path / "data")


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The fresh database, open."""
    with Database(settings) as opened:
        yield opened


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    """A connection to the fresh database; commits at the end."""
    with database.connection() as opened:
        yield opened


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
