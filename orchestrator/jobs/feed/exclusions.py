"""Whom people must not meet in anything that is made for them."""

from __future__ import annotations

from collections import Counter

import psycopg

from feedscore.population import Int64

from ...db.columns import fetch

# A block parts two people both ways; a report parts the reporter from the reported.
PAIRS = """
SELECT blocker_id, blocked_id FROM app.blocks
WHERE blocker_id IS NOT NULL AND blocked_id IS NOT NULL AND {blocker}
UNION ALL
SELECT blocked_id, blocker_id FROM app.blocks
WHERE blocker_id IS NOT NULL AND blocked_id IS NOT NULL AND {blocked}
UNION ALL
SELECT reporter_id, reported_user_id FROM app.reports
WHERE reporter_id IS NOT NULL AND reported_user_id IS NOT NULL AND {reporter}
"""
EVERYBODY = {"blocker": "true", "blocked": "true", "reporter": "true"}
OF_THESE = {
    "blocker": "blocker_id = ANY (%(users)s)",
    "blocked": "blocked_id = ANY (%(users)s)",
    "reporter": "reporter_id = ANY (%(users)s)",
}


def fetch_exclusions(
    connection: psycopg.Connection, told: Counter[str], users: Int64 | None = None
) -> tuple[Int64, Int64]:
    """Read pairs (user, other): whom each user blocked, was blocked by, or reported; in no order, some twice."""
    query = PAIRS.format(**(EVERYBODY if users is None else OF_THESE))
    found = fetch(
        connection, query, {"user": "int8", "other": "int8"}, {"users": users}, rows_per_chunk=2_000
    )
    told["rows_scanned"] += found.rows
    return found.int64("user"), found.int64("other")
