"""What analyses cost on a day: reserved before a request, settled after it, never beyond the budget."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import psycopg

from .analyser import Usage

RESERVE = """
INSERT INTO feed.analysis_spending AS s (day, cost)
SELECT %(day)s, %(most)s::numeric WHERE %(most)s::numeric <= %(budget)s::numeric
ON CONFLICT (day) DO UPDATE SET cost = s.cost + excluded.cost WHERE s.cost + excluded.cost <= %(budget)s::numeric
RETURNING cost
"""
SETTLE = """
INSERT INTO feed.analysis_spending AS s (day, analyses, tokens_in, tokens_out, cost)
VALUES (%(day)s, %(analyses)s, %(tokens_in)s, %(tokens_out)s, greatest(0, %(cost)s::numeric - %(reserved)s::numeric))
ON CONFLICT (day) DO UPDATE SET analyses = s.analyses + excluded.analyses, tokens_in = s.tokens_in + excluded.tokens_in,
  tokens_out = s.tokens_out + excluded.tokens_out, cost = greatest(0, s.cost - %(reserved)s::numeric + %(cost)s::numeric)
"""


def day_of(now: datetime) -> date:
    """Name the UTC day that an analysis is charged to."""
    return now.astimezone(UTC).date()


def next_day(now: datetime) -> datetime:
    """Name the instant from which the budget is whole again."""
    return datetime.combine(day_of(now) + timedelta(days=1), datetime.min.time(), UTC)


def reserve(connection: psycopg.Connection, now: datetime, most: float, budget: float) -> bool:
    """Set aside what a request may cost at most; False if the budget of the day does not hold it."""
    values = {"day": day_of(now), "most": most, "budget": budget}
    return connection.execute(RESERVE, values).rowcount == 1


def settle(connection: psycopg.Connection, now: datetime, took: Sequence[Usage], reserved: float) -> None:
    """Put what requests took in the place of what was reserved for them."""
    values = {
        "day": day_of(now), "analyses": len(took), "reserved": reserved,
        "tokens_in": sum(one.tokens_in for one in took), "tokens_out": sum(one.tokens_out for one in took),
        "cost": sum(one.cost for one in took),
    }  # fmt: skip
    connection.execute(SETTLE, values)
