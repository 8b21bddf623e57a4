"""Missing and doubled slots over all changes of the clock in 2026 and 2027: `python -m tests.queue.simulate_zones`.

A clock asks every few minutes what came since it last asked; what it is told is compared with what the expression
means, worked out minute by minute from the time on the wall.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orchestrator.jobs import registry
from orchestrator.queue.slots import slots_between

# An hour in spring and autumn, the same in the other months of the north, and half an hour in the south.
ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe")
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
AROUND = timedelta(days=1)
ASKED_EVERY = timedelta(minutes=11)
MINUTE = timedelta(minutes=1)
CRONS = tuple(
    dict.fromkeys([one.cron for job in registry for one in job.timetables] + ["30 2 * * *", "45 1 * * *"])
)
"""Those of the default schedule, and two within the hour that changes."""


@dataclass(frozen=True)
class Outcome:
    """What came of one expression in one zone."""

    zone: str
    cron: str
    changes: int
    expected: int
    missing: int
    doubled: int


def changes(zone: str) -> Iterator[datetime]:
    """The instants, to the quarter of an hour, at which the offset of a zone changes in 2026 and 2027."""
    step, at = timedelta(minutes=15), START
    while at < END:
        if at.astimezone(ZoneInfo(zone)).utcoffset() != (at + step).astimezone(ZoneInfo(zone)).utcoffset():
            yield at + step
        at += step


def fired(cron: str, zone: str, start: datetime, end: datetime) -> list[datetime]:
    """What a clock fires that asks again and again what came since it last asked."""
    told, asked = [], start
    while asked < end:
        now = min(asked + ASKED_EVERY, end)
        told += slots_between(cron, zone, asked, now, limit=1000)
        asked = now
    return told


def meant(cron: str, zone: str, start: datetime, end: datetime) -> list[datetime]:
    """The instants that an expression means, by the time on the wall of each minute.

    One with a `*` for minute or hour: every minute at which the wall matches. One that names its time: the first such
    minute of a day; where the wall skips it, as long after the skip as it would have come after its start.
    """
    there = ZoneInfo(zone)
    minute, hour = cron.split()[:2]
    if any(field.startswith("*") for field in (minute, hour)):
        minutes = (start + n * MINUTE for n in range(1, int((end - start) / MINUTE) + 1))
        return [at for at in minutes if _matches(cron, at.astimezone(there))]
    found = []
    day = start.astimezone(there).date() - timedelta(days=1)
    while day <= end.astimezone(there).date():
        wall = datetime.combine(day, time(int(hour), int(minute)))
        if _matches(cron, wall):
            found.append(_instant_of(wall, there))
        day += timedelta(days=1)
    return [at for at in found if start < at <= end]


def _instant_of(wall: datetime, there: ZoneInfo) -> datetime:
    """The first instant at which the wall shows this time, or as much after a skip as the time lies within it."""
    at = wall.replace(tzinfo=UTC) - timedelta(hours=15)  # before any zone shows it
    for n in range(30 * 60):
        shown = (at + n * MINUTE).astimezone(there).replace(tzinfo=None)
        if shown == wall:
            return at + n * MINUTE
        if shown > wall and (at + (n - 1) * MINUTE).astimezone(there).replace(tzinfo=None) < wall:
            before = (at + (n - 1) * MINUTE).astimezone(there).replace(tzinfo=None)
            return at + (n - 1) * MINUTE + (wall - before)
    raise AssertionError(f"{wall} never comes in {there}")


def _matches(cron: str, wall: datetime) -> bool:
    minute, hour, day, month, weekday = cron.split()
    parts = (
        (minute, wall.minute),
        (hour, wall.hour),
        (day, wall.day),
        (month, wall.month),
        (weekday, wall.isoweekday() % 7),
    )
    return all(_field_matches(field, value) for field, value in parts)


def _field_matches(field: str, value: int) -> bool:
    if field.startswith("*"):
        return value % int(field[2:] or 1) == 0
    ranges = [part.partition("-") for part in field.split(",")]
    return any(int(first) <= value <= int(last or first) for first, _, last in ranges)


def simulate(zone: str, crons: Sequence[str] = CRONS) -> Iterator[Outcome]:
    """Go through all changes of a zone with each expression."""
    instants = list(changes(zone))
    for cron in crons:
        expected, told = Counter[datetime](), Counter[datetime]()
        for change in instants:
            expected.update(meant(cron, zone, change - AROUND, change + AROUND))
            told.update(fired(cron, zone, change - AROUND, change + AROUND))
        yield Outcome(
            zone, cron, len(instants), expected.total(),
            missing=(expected - told).total(), doubled=(told - expected).total(),
        )  # fmt: skip


def main() -> int:
    """Print a line for each zone; 1 if any slot is missing or doubled."""
    faults = 0
    for zone in ZONES:
        outcomes = list(simulate(zone))
        slots, missing, doubled = (
            sum(counts)
            for counts in zip(*((one.expected, one.missing, one.doubled) for one in outcomes), strict=True)
        )
        faults += missing + doubled
        print(  # noqa: T201 -- a command
            f"{zone}: {outcomes[0].changes} changes, {len(outcomes)} expressions, {slots:,} slots,"
            f" {missing} missing, {doubled} doubled"
        )
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
