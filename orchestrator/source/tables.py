"""Create the application's tables where there are none: what the embedded default and the tests live on."""

from __future__ import annotations

from importlib.resources import files

import psycopg

EXISTS = "SELECT to_regclass('app.users') IS NOT NULL"
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('feedscore application tables'))"


def create_application_tables(connection: psycopg.Connection) -> bool:
    """Create schema app as application.sql states it, unless app.users exists; tell whether it did."""
    connection.execute(ONE_AT_A_TIME)
    found = connection.execute(EXISTS).fetchone()
    if found and found[0]:
        return False
    connection.execute(files(__package__).joinpath("application.sql").read_bytes())
    return True
