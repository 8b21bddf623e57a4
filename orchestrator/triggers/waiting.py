"""The events that wait, those of some users at a time."""

from __future__ import annotations

import psycopg

from .consume import Taken
from .events import Event, EventName

MOST_EVENTS = 5000
# All events of the users who have waited longest, and first of those where people are to be set apart.
TAKE = """
SELECT id, kind, user_id, other_id, post_id, moved_km FROM feed.event_outbox
WHERE processed_at IS NULL AND user_id = ANY (ARRAY(
  SELECT user_id FROM feed.event_outbox WHERE processed_at IS NULL GROUP BY user_id
  ORDER BY bool_or(kind IN ('user.blocked', 'user.reported')) DESC, min(id) LIMIT %s))
ORDER BY kind IN ('user.blocked', 'user.reported') DESC, id LIMIT %s FOR UPDATE SKIP LOCKED
"""
# Whom events that wait are about, and those that were worked off since some time.
NAMED = """
SELECT DISTINCT u.id FROM feed.event_outbox AS e CROSS JOIN LATERAL (VALUES (e.user_id), (e.other_id)) AS u(id)
WHERE u.id IS NOT NULL AND (e.processed_at IS NULL OR e.processed_at >= %s)
"""


def take_events(connection: psycopg.Connection, users: int) -> list[Taken]:
    """Take the events of at most so many users; nobody else gets them before the transaction ends."""
    return [
        Taken(
            number,
            Event(kind=EventName(kind), user_id=user, other_id=other, post_id=post, moved_km=moved),
        )
        for number, kind, user, other, post, moved in connection.execute(TAKE, (users, MOST_EVENTS))
    ]


def users_named(connection: psycopg.Connection, since: object) -> list[int]:
    """Name the users of events that wait, or were worked off since a time."""
    return sorted(row[0] for row in connection.execute(NAMED, (since,)))
