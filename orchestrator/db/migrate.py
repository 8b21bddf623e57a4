"""Bring schema feed to the newest version, or tell which version it has."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from ..errors import SchemaError
from .engine import Database

MIGRATIONS = Path(__file__).parent / "migrations"
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('feedscore migrations'))"


def newest_version() -> str:
    """Name the version that this code expects."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None  # noqa: S101 -- the folder ships with at least one migration
    return head


def current_version(database: Database) -> str | None:
    """Name the version of the database, or None if it has no schema feed yet."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "schema_version", "version_table_schema": "feed"}
        )
        return context.get_current_revision()


def migrate(database: Database) -> None:
    """Create schema feed or upgrade it, in one transaction; does nothing when it is up to date."""
    with database.engine.begin() as connection:
        connection.execute(sqlalchemy.text(ONE_AT_A_TIME))
        connection.execute(sqlalchemy.text("CREATE SCHEMA IF NOT EXISTS feed"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_newest(database: Database) -> None:
    """Raise SchemaError unless the database has the version that this code expects."""
    found, wanted = current_version(database), newest_version()
    if found != wanted:
        state = (
            "has no schema feed"
            if found is None
            else f"has version {found} of schema feed, this code needs {wanted}"
        )
        raise SchemaError(f"the database {state}; run: python -m orchestrator db init")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
