"""The instants that feed jobs compute for, so that a second run changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta


def end_of_day(now: datetime) -> datetime:
    """Give the midnight that ends the UTC day of `now`: runs of one day differ only by what is new."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


def days_before(at: datetime, days: float) -> datetime:
    """Go back so many days; not beyond the year 1."""
    try:
        return at - timedelta(days=days)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def last_quarter(now: datetime) -> datetime:
    """Give the last quarter of an hour: runs within it differ only by what was told late."""
    utc = now.astimezone(UTC)
    return utc.replace(minute=utc.minute - utc.minute % 15, second=0, microsecond=0)
