"""Who was here of late: the people whose lists are worth computing more than once a day."""

from __future__ import annotations

from datetime import datetime

import psycopg

from feedscore.population import Int64

from ...db.columns import fetch
from ..ids import distinct

# Seen since then; of whom it is unknown when they were last here, everybody.
ACTIVE = """
SELECT id FROM app.users WHERE id IS NOT NULL AND (last_active_at IS NULL OR last_active_at >= %(active_since)s)
"""


def fetch_active(connection: psycopg.Connection, since: datetime) -> Int64:
    """Read the ids of those who were here since then, ascending and unique."""
    return distinct(fetch(connection, ACTIVE, {"id": "int8"}, {"active_since": since}).int64("id"))
