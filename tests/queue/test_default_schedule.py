"""The default schedule: when each job runs, and that what is needed comes before what needs it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.errors import PlanError
from orchestrator.jobs import registry
from orchestrator.queue.slots import slots_between
from orchestrator.queue.tick import provide_schedules, tick
from orchestrator.registry import Registry, Timetable

from .conftest import CHAIN, Desk

BERLIN = ZoneInfo("Europe/Berlin")
SUNDAY = datetime(2026, 8, 2, tzinfo=BERLIN)
AS_SPECIFIED = {
    "trending": "*/15 * * * *",
    "content-features": "0 * * * *",
    "match-scores-active": "0 */6 * * *",
    "match-scores": "30 2 * * *",
    "affinity": "0 3 * * *",
    "analytics-rollup": "0 2 * * 0",
    "job-run-cleanup": "0 2 * * 0",
}
ORDER = (
    "build-user-traits", "user-interest-sets", "ratings-aggregate", "match-scores", "affinity", "feed-presort",
)  # fmt: skip


def test_the_default_schedule_is_as_specified() -> None:
    crons = {one.name: one.cron for job in registry for one in job.timetables}
    assert {name: crons[name] for name in AS_SPECIFIED} == AS_SPECIFIED
    with_parameters = {
        one.name: dict(one.parameters) for job in registry for one in job.timetables if one.parameters
    }
    assert with_parameters["match-scores-active"] == {"active": True}


def test_each_night_inputs_come_before_lists_and_affinity_before_feeds() -> None:
    crons = {one.name: one.cron for job in registry for one in job.timetables}
    night = SUNDAY + timedelta(hours=1, minutes=30)
    first = [
        slots_between(crons[name], "Europe/Berlin", night, night + timedelta(hours=2), 9)[-1]
        for name in ORDER
    ]
    assert first == sorted(set(first))


def test_on_sunday_at_two_the_rollup_goes_before_the_cleanup(desk: Desk) -> None:
    """In the chosen time zone, and whoever is slow."""
    settings = desk.settings.model_copy(update={"time_zone": "Europe/Berlin"})
    provide_schedules(desk.database, settings, registry)
    two = SUNDAY.replace(hour=2).astimezone(UTC)
    desk.rows("UPDATE feed.schedule SET decided_until = %s RETURNING name", two - timedelta(seconds=1))
    tick(desk.database, settings, registry, now=two)
    assert desk.rows("SELECT job, status FROM feed.job_run ORDER BY id") == [
        ("analytics-rollup", "QUEUED"), ("build-user-traits", "QUEUED"), ("content-features", "QUEUED"),
        ("job-run-cleanup", "WAITING"), ("profile-analysis", "QUEUED"), ("trending", "WAITING"),
    ]  # fmt: skip


def test_schedules_of_one_name_or_with_parameters_that_no_job_takes_are_refused() -> None:
    nightly = Timetable(name="nightly", cron="0 0 * * *")
    with pytest.raises(PlanError, match="two schedules have the name nightly"):
        Registry.of([replace(CHAIN["first"], more_schedules=(nightly, nightly))])
    fast = Timetable(name="fast", cron="0 0 * * *", parameters={"speed": 9})
    with pytest.raises(PlanError, match=r"schedule fast: parameter speed"):
        Registry.of([replace(CHAIN["first"], more_schedules=(fast,))])
