"""Write a town into the application's tables."""

from __future__ import annotations

import psycopg

from ..fill import Progress, fill
from .make import Town
from .tables import tables


def write_town(
    connection: psycopg.Connection, town: Town, progress: Progress | None = None, *, replace: bool = False
) -> dict[str, int]:
    """Fill the application's tables with the town, as `fill` does, and tell how many rows each got."""
    return fill(connection, tables(town), progress, replace=replace)
