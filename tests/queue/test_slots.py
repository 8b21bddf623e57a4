"""Every slot exactly once, through every change of daylight saving of two years in three zones."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import ParameterError
from orchestrator.queue.slots import check_cron, slots_after, slots_between

from .simulate_zones import END, START, ZONES, changes


def slots(cron: str, zone: str, start: datetime = START, end: datetime = END) -> list[datetime]:
    return list(takewhile(lambda slot: slot <= end, slots_after(cron, zone, start)))


@pytest.mark.parametrize("zone", ZONES)
def test_each_zone_changes_its_clock_four_times_in_two_years(zone: str) -> None:
    assert len(list(changes(zone))) == 4


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "cron", ["0 0 * * *", "0 2 * * *", "30 2 * * *", "45 1 * * *", "0 3 * * *", "15 1 * * *"]
)
def test_a_daily_slot_comes_once_on_every_local_day(zone: str, cron: str) -> None:
    there = ZoneInfo(zone)
    days = Counter(slot.astimezone(there).date() for slot in slots(cron, zone))
    first, last = START.astimezone(there).date() + timedelta(days=1), END.astimezone(there).date()
    expected = {first + timedelta(days=n): 1 for n in range((last - first).days)}
    assert {day: n for day, n in days.items() if first <= day < last} == expected


@pytest.mark.parametrize("zone", ZONES)
def test_the_weekly_slot_in_the_hour_of_the_change_comes_once_a_week(zone: str) -> None:
    there = ZoneInfo(zone)
    sundays = Counter(slot.astimezone(there).date() for slot in slots("0 2 * * 0", zone))
    assert all(day.isoweekday() == 7 and n == 1 for day, n in sundays.items())
    assert len(sundays) in {104, 105}


# Half an hour of change, as on Lord Howe Island, moves the full hours against each other.
@pytest.mark.parametrize(
    ("zone", "cron", "minutes"),
    [*((zone, "*/15 * * * *", 15) for zone in ZONES), *((zone, "0 * * * *", 60) for zone in ZONES[:2])],
)
def test_a_slot_of_every_few_minutes_goes_on_through_the_changes(zone: str, cron: str, minutes: int) -> None:
    """The clock on the wall jumps; time does not, so neither do these."""
    found = slots(cron, zone)
    gaps = Counter(after - before for before, after in pairwise(found))
    assert gaps == {timedelta(minutes=minutes): len(found) - 1}


@pytest.mark.parametrize("zone", ZONES)
def test_no_slot_is_missing_or_doubled_when_one_asks_again_every_few_minutes(zone: str) -> None:
    """As a clock does, which asks what came since it last asked."""
    for change in changes(zone):
        for cron in ("*/15 * * * *", "0 * * * *", "30 2 * * *", "0 2 * * 0", "0 */6 * * *"):
            start, end = change - timedelta(days=2), change + timedelta(days=2)
            asked: list[datetime] = []
            at = start
            while at < end:
                at += timedelta(minutes=7)
                asked += slots_between(cron, zone, at - timedelta(minutes=7), at, limit=100)
            assert asked == slots_between(cron, zone, start, at, limit=10_000)
            assert len(asked) == len(set(asked))


def test_of_too_many_slots_the_newest_are_told() -> None:
    end = START + timedelta(days=1)
    assert slots_between("*/15 * * * *", "UTC", START, end, limit=2) == [end - timedelta(minutes=15), end]


def test_the_slot_at_the_start_is_not_told_and_that_at_the_end_is() -> None:
    end = START + timedelta(hours=1)
    assert slots_between("0 * * * *", "UTC", START, end, limit=9) == [end]


@given(st.integers(0, 730 * 86_400), st.sampled_from(ZONES))
def test_slots_ascend_and_lie_after_the_start(second: int, zone: str) -> None:
    start = START + timedelta(seconds=second)
    found = slots("*/20 * * * *", zone, start, start + timedelta(hours=6))
    assert found == sorted(set(found))
    assert all(slot > start for slot in found)


@pytest.mark.parametrize("cron", ["", "* * * *", "61 * * * *", "@daily", "0 3 * * monkey", "0 0 31 2 *"])
def test_a_bad_expression_is_named(cron: str) -> None:
    with pytest.raises(ParameterError, match="cron"):
        check_cron(cron)


def test_day_of_month_and_weekday_are_either_or_as_in_cron() -> None:
    found = slots("0 0 13 * 5", "UTC", START, START + timedelta(days=31))
    assert [slot.date() for slot in found] == [
        date(2026, 1, 2), date(2026, 1, 9), date(2026, 1, 13), date(2026, 1, 16), date(2026, 1, 23), date(2026, 1, 30),
    ]  # fmt: skip
