"""The instants that feed jobs compute for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from orchestrator.jobs.feed.times import days_before, end_of_day


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 8, 1, tzinfo=UTC),
        datetime(2026, 8, 1, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 8, 2, 1, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_a_day_ends_at_the_next_midnight_of_utc(now: datetime) -> None:
    assert end_of_day(now) == datetime(2026, 8, 2, tzinfo=UTC)


def test_a_window_without_end_begins_with_the_calendar() -> None:
    now = datetime(2026, 8, 1, tzinfo=UTC)
    assert days_before(now, 0.5) == datetime(2026, 7, 31, 12, tzinfo=UTC)
    assert days_before(now, 1e12) == datetime(1, 1, 1, tzinfo=UTC)
