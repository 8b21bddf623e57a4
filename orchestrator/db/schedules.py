"""The rows of feed.schedule and feed.schedule_slot: when jobs are to run, and what became of each slot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

# A schedule that somebody changed by hand keeps the change.
PROVIDE = """
INSERT INTO feed.schedule AS s (name, job, cron, time_zone, parameters)
VALUES (%(name)s, %(job)s, %(cron)s, %(time_zone)s, %(parameters)s)
ON CONFLICT (name) DO UPDATE SET cron = excluded.cron, time_zone = excluded.time_zone, parameters = excluded.parameters
WHERE NOT s.changed_by_hand AND (s.cron, s.time_zone, s.parameters)
  IS DISTINCT FROM (excluded.cron, excluded.time_zone, excluded.parameters)
"""
LIST = "SELECT name, job, cron, time_zone, misfire, enabled, parameters, decided_until FROM feed.schedule ORDER BY name"
# One schedule that nobody else is deciding about, and the time by the clock of the database.
HOLD = """
SELECT name, job, cron, time_zone, misfire, enabled, parameters, decided_until FROM feed.schedule
WHERE name = %s AND enabled FOR UPDATE SKIP LOCKED
"""
NOW = "SELECT clock_timestamp()"
DECIDE = """
INSERT INTO feed.schedule_slot (schedule, slot, outcome, run_id) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
MISS = """
INSERT INTO feed.schedule_slot (schedule, slot, outcome) SELECT %s, unnest(%s::timestamptz[]), 'missed'
ON CONFLICT DO NOTHING
"""
DECIDED = "UPDATE feed.schedule SET decided_until = greatest(decided_until, %s) WHERE name = %s"
# Slots that went by while a schedule was paused are none.
ENABLE = """
UPDATE feed.schedule SET enabled = %(enabled)s, changed_by_hand = true,
  decided_until = CASE WHEN %(enabled)s AND NOT enabled THEN clock_timestamp() ELSE decided_until END
WHERE name = %(name)s
"""
CHANGE = """
UPDATE feed.schedule SET cron = coalesce(%(cron)s, cron), time_zone = coalesce(%(time_zone)s, time_zone),
  misfire = coalesce(%(misfire)s, misfire), changed_by_hand = true
WHERE name = %(name)s
"""


@dataclass(frozen=True)
class Schedule:
    """When a job is to run."""

    name: str
    job: str
    cron: str
    time_zone: str
    misfire: str
    enabled: bool
    parameters: dict[str, Any]  # Any: whatever JSON can hold
    decided_until: datetime
    """What became of slots up to here is settled."""


def provide_schedule(
    connection: psycopg.Connection,
    *,
    name: str,
    job: str,
    cron: str,
    time_zone: str,
    parameters: Mapping[str, Any] = MappingProxyType({}),  # Any: whatever JSON can hold
) -> None:
    """See to it that a schedule exists; one that was changed by hand stays as it is."""
    values = {"name": name, "job": job, "cron": cron, "time_zone": time_zone}
    connection.execute(PROVIDE, {**values, "parameters": Jsonb(dict(parameters))})


def list_schedules(connection: psycopg.Connection) -> list[Schedule]:
    """List all schedules by name."""
    with connection.cursor(row_factory=class_row(Schedule)) as cursor:
        return cursor.execute(LIST).fetchall()


def hold_schedule(connection: psycopg.Connection, name: str) -> Schedule | None:
    """Lock a schedule until the end of the transaction; None if it is paused, or somebody else holds it."""
    with connection.cursor(row_factory=class_row(Schedule)) as cursor:
        return cursor.execute(HOLD, (name,)).fetchone()


def database_time(connection: psycopg.Connection) -> datetime:
    """Read the clock that all machines share."""
    row = connection.execute(NOW).fetchone()
    assert row is not None  # noqa: S101 -- a SELECT without FROM gives one row
    now = row[0]
    assert isinstance(now, datetime)  # noqa: S101 -- narrows the type
    return now


def decide_slot(
    connection: psycopg.Connection, schedule: str, slot: datetime, outcome: str, run_id: int | None
) -> None:
    """Record what became of a slot."""
    connection.execute(DECIDE, (schedule, slot, outcome, run_id))


def miss_slots(connection: psycopg.Connection, schedule: str, slots: Sequence[datetime]) -> None:
    """Record that slots were missed."""
    connection.execute(MISS, (schedule, list(slots)))


def decided(connection: psycopg.Connection, schedule: str, until: datetime) -> None:
    """Record that all slots up to here are settled."""
    connection.execute(DECIDED, (until, schedule))


def enable_schedule(connection: psycopg.Connection, name: str, *, enabled: bool) -> bool:
    """Pause or resume a schedule; False if there is none of this name."""
    return connection.execute(ENABLE, {"name": name, "enabled": enabled}).rowcount == 1


def change_schedule(
    connection: psycopg.Connection, name: str, *, cron: str | None, time_zone: str | None, misfire: str | None
) -> bool:
    """Change a schedule by hand; None leaves a part as it is. False if there is none of this name."""
    values = {"name": name, "cron": cron, "time_zone": time_zone, "misfire": misfire}
    return connection.execute(CHANGE, values).rowcount == 1
