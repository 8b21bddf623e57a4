"""Who gets a feed, and whose posts and cards may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import psycopg

from feedscore.population import Bool, Int64

from ...db.columns import fetch
from ..ids import rows_of

# Everybody; a view without a key may name somebody twice, and then the stricter row counts.
PEOPLE = """
SELECT id, bool_and(coalesce(is_active, false)),
  bool_and(coalesce(is_active AND visibility = 'public', false))
FROM app.users WHERE id IS NOT NULL GROUP BY id
"""
KINDS = {"id": "int8", "active": "bool", "public": "bool"}


@dataclass(frozen=True, eq=False)
class People:
    """Everybody, by ascending id."""

    ids: Int64
    active: Bool
    """Gets a feed, and may stand on a card about a match or a conversation."""
    public: Bool
    """Active and visible: may be suggested, and is seen as an author."""

    @cached_property
    def active_ids(self) -> Int64:
        """The ids of those who are active, ascending."""
        return self.ids[self.active]

    def are_public(self, ids: Int64) -> Bool:
        """Tell which of these ids are of somebody who is active and visible."""
        rows, known = rows_of(self.ids, ids)
        public = known.copy()
        public[known] = self.public[rows]
        return public

    def are_active(self, ids: Int64) -> Bool:
        """Tell which of these ids are of somebody who is active."""
        return rows_of(self.active_ids, ids)[1]


def fetch_people(connection: psycopg.Connection) -> People:
    """Read who there is."""
    found = fetch(connection, PEOPLE, KINDS, rows_per_chunk=10_000)
    order = np.argsort(found.int64("id"))
    return People(found.int64("id")[order], found.boolean("active")[order], found.boolean("public")[order])
