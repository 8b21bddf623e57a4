"""Write a town into the application's tables."""

from __future__ import annotations

import psycopg

from ..fill import Progress, fill
from .make import Town
from .tables import tables


def write_town(
    connection: psycopg.Connection, town: Town, progress: Progress | None = None
) -> dict[str, int]:
    """Copy the town into tables that `make_room` made empty; tells the rows of each; the caller commits."""
    return fill(connection, tables(town), progress)
