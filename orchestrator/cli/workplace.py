"""Open the database that the settings name, with both schemas in place where they are ours to make."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ..db.engine import Database
from ..db.migrate import current_version, migrate, newest_version, require_newest
from ..settings import Settings
from ..source.tables import create_application_tables


@contextlib.contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """Open the database; the embedded one gets its tables by itself, any other must have had `db init`."""
    with Database(settings) as database:
        if database.is_embedded:
            initialise(database)
        else:
            require_newest(database)
        yield database


def initialise(database: Database) -> bool:
    """Create schema app unless it is there and bring schema feed up to date; tell if anything was done."""
    with database.connection() as connection:
        created = create_application_tables(connection)
    if current_version(database) == newest_version():
        return created
    migrate(database)
    return True
