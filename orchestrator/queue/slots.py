"""The slots of a cron expression in a time zone; pure.

A slot is an instant. As in cron, it depends on the expression what a change of the clock means. One that names its
hours and minutes (`30 2 * * *`) fires once a day: in an hour that is skipped as much later as it would have come,
in one that comes twice at the first. One with a `*` in either (`*/15 * * * *`) goes by the clock on the wall,
and so through every change without a pause. cronsim reads the expressions; it walks on wall time here, since its own
walk over a change of half an hour, as on Lord Howe Island, leaves slots out.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from ..errors import ParameterError

LONGEST_CHANGE = timedelta(hours=3)


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
    zone, last = ZoneInfo(time_zone), after.astimezone(UTC)
    by_the_wall = any(field.startswith("*") for field in cron.split()[:2])
    instants = _on_the_wall if by_the_wall else _once
    waiting: list[datetime] = []
    for wall in CronSim(cron, after.astimezone(zone).replace(tzinfo=None) - LONGEST_CHANGE):
        for instant in instants(wall, zone):
            heapq.heappush(waiting, instant)
        # What comes on the wall later than this cannot come earlier in time than that.
        sure = wall.replace(tzinfo=zone).astimezone(UTC) - LONGEST_CHANGE
        while waiting and waiting[0] <= sure:
            slot = heapq.heappop(waiting)
            if slot > last:
                yield slot
                last = slot


def _once(wall: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Give the instant of a time on the wall: of two the first; in a gap as if the clock had not changed."""
    yield wall.replace(tzinfo=zone).astimezone(UTC)


def _on_the_wall(wall: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Give the instants at which a clock on the wall shows this time: one, none or two."""
    for fold in (0, 1):
        instant = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None, fold=0) == wall and (
            fold == 0 or instant != wall.replace(tzinfo=zone).astimezone(UTC)
        ):
            yield instant


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
