"""Reads tables for everybody, or for some people, and counts the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psycopg

from feedscore.population import Int64

from ...db.columns import Columns, fetch
from ..ids import distinct
from .people_sql import EVERYBODY, Read


@dataclass(frozen=True)
class Reader:
    """Reads tables for everybody, or for some people, and counts the rows."""

    connection: psycopg.Connection
    users: Int64 | None
    rows_per_chunk: int
    told: Counter[str]
    step: Callable[[], object]

    def read(self, query: str, kinds: Mapping[str, str], scope: str) -> Columns:
        """Run a SELECT with its scope filled in."""
        self.step()
        statement = query.format(scope=EVERYBODY if self.users is None else scope)
        params = None if self.users is None else {"users": self.users}
        found = fetch(self.connection, statement, kinds, params, rows_per_chunk=self.rows_per_chunk)
        self.told["rows_scanned"] += found.rows
        return found

    def read_once(self, read: Read) -> Columns:
        """Run a read; of rows with one key, as a view may have them, the first in a fixed order counts."""
        found = self.read(read.select, read.kinds, read.scope)
        key = next(iter(read.kinds))
        repeated = found.rows - len(distinct(found.int64(key)))
        if not repeated:
            return found
        self.told[f"{key}s_repeated"] += repeated
        return self.read(read.once, read.kinds, read.scope)
