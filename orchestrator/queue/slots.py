"""The slots of a cron expression in a time zone; pure.

A slot is an instant. In the hour that daylight saving skips, a daily slot fires once, at the first instant
after the gap; in the hour that comes twice, once, at its first coming; `*/15` and the like go on through both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from ..errors import ParameterError


class Misfire(StrEnum):
    """What becomes of slots that went by while no clock was running."""

    SKIP = "skip"
    """They are missed; only the newest counts, and only within a tick of its time."""
    ONCE = "once"
    """The newest is made up for, the others are missed."""
    ALL = "all"
    """Each is made up for."""


def check_cron(cron: str) -> None:
    """Raise ParameterError unless this is a cron expression of five fields."""
    try:
        CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ParameterError(f"cron: {error} (got {cron!r})") from None


def slots_after(cron: str, time_zone: str, after: datetime) -> Iterator[datetime]:
    """Give the slots after an instant, in UTC, ascending, each once."""
    last = after.astimezone(UTC)
    for slot in CronSim(cron, after.astimezone(ZoneInfo(time_zone))):
        instant = slot.astimezone(UTC)
        if instant > last:
            yield instant
            last = instant


def slots_between(cron: str, time_zone: str, after: datetime, until: datetime, limit: int) -> list[datetime]:
    """List the slots after one instant, up to and including another; of more than `limit`, the newest."""
    found: list[datetime] = []
    for slot in slots_after(cron, time_zone, after):
        if slot > until:
            break
        found.append(slot)
        if len(found) > limit:
            found.pop(0)
    return found
