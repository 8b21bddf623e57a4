"""Every slot once, by policy, whoever ticks and however often."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from orchestrator.db.schedules import change_schedule, enable_schedule, list_schedules, provide_schedule
from orchestrator.queue.slots import Misfire, slots_after
from orchestrator.queue.tick import choose, provide_schedules, tick

from .conftest import CHAIN, Desk

START = datetime(2026, 8, 1, 12, tzinfo=UTC)
SLOTS = "SELECT slot, outcome FROM feed.schedule_slot ORDER BY slot"


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def schedule(desk: Desk, cron: str = "*/15 * * * *", misfire: str = "once", zone: str = "UTC") -> None:
    """Let the job `first` run every quarter of an hour from START on."""
    with desk.database.connection() as connection:
        provide_schedule(connection, name="first", job="first", cron=cron, time_zone=zone)
        change_schedule(connection, "first", cron=None, time_zone=None, misfire=misfire)
        connection.execute("UPDATE feed.schedule SET decided_until = %s", (START,))


def ticked(desk: Desk, now: datetime) -> int:
    return tick(desk.database, desk.settings, CHAIN, now=now)


def test_a_slot_fires_once_however_often_the_clock_ticks(desk: Desk) -> None:
    schedule(desk)
    assert ticked(desk, at(14)) == 0
    assert ticked(desk, at(15)) == 1
    assert ticked(desk, at(15)) == 0
    assert ticked(desk, at(14)) == 0, "a clock that went back"
    assert desk.rows(SLOTS) == [(at(15), "enqueued")]
    ((trigger, cause),) = desk.rows("SELECT trigger, cause FROM feed.job_run")
    assert (trigger, cause) == ("CRON", "schedule first, slot 2026-08-01 12:15 UTC")


def test_many_clocks_at_once_fire_every_slot_once(desk: Desk) -> None:
    """Three clocks, a hundred ticks each, over a day: the count of fires is exact."""
    schedule(desk)
    fired: list[int] = []

    def clock() -> None:
        fired.extend(ticked(desk, at(15 * n)) for n in range(1, 97))

    def worker() -> None:
        while any(thread.is_alive() for thread in clocks):
            desk.work()

    clocks = [threading.Thread(target=clock) for _ in range(3)]
    workers = [threading.Thread(target=worker)]
    for thread in [*clocks, *workers]:
        thread.start()
    for thread in [*clocks, *workers]:
        thread.join()
    slots = desk.rows(SLOTS)
    assert [slot for slot, _ in slots] == [at(15 * n) for n in range(1, 97)]
    told = Counter(outcome for _, outcome in slots)
    assert sum(fired) == told["enqueued"] + told["joined"]
    assert desk.rows("SELECT count(*) FROM feed.job_run") == [(told["enqueued"],)]


@pytest.mark.parametrize(
    ("misfire", "outcomes"),
    [("skip", ["missed"] * 4), ("once", ["missed", "missed", "missed", "enqueued"])],
)
def test_slots_that_went_by_without_a_clock_are_told_by_policy(
    desk: Desk, misfire: str, outcomes: list[str]
) -> None:
    schedule(desk, misfire=misfire)
    ticked(desk, at(70))
    assert [outcome for _, outcome in desk.rows(SLOTS)] == outcomes


def test_the_policy_all_makes_up_for_each_slot_one_after_the_other(desk: Desk) -> None:
    schedule(desk, misfire="all")
    for _ in range(9):
        ticked(desk, at(70))
        desk.work()
    assert desk.rows(SLOTS) == [(at(15 * n), "enqueued") for n in range(1, 5)]
    assert desk.rows("SELECT count(*) FROM feed.job_run") == [(4,)]


def test_a_slot_on_time_fires_under_every_policy() -> None:
    for misfire in Misfire:
        assert choose(misfire, [at(15)], at(15.5), is_pending=False).fire == (at(15),)
        assert choose(misfire, [], at(15), is_pending=False).settled is None


def test_a_slot_joins_a_run_that_has_not_started(desk: Desk) -> None:
    schedule(desk)
    (by_hand,) = desk.enqueue("first")
    ticked(desk, at(15))
    assert desk.rows("SELECT outcome, run_id FROM feed.schedule_slot") == [("joined", by_hand.record.id)]


def test_a_slot_waits_for_a_run_with_other_parameters_to_start(desk: Desk) -> None:
    schedule(desk)
    (few,) = desk.enqueue("first", parameters={"first": CHAIN["first"].parameters(limit=3)})
    assert ticked(desk, at(15)) == 0
    assert desk.rows(SLOTS) == []
    assert desk.work() == [few.record.id]
    assert ticked(desk, at(16)) == 1
    assert desk.rows("SELECT outcome, parameters ->> 'limit' FROM feed.schedule_slot JOIN feed.job_run ON id = run_id") == [
        ("enqueued", None)
    ]  # fmt: skip


def test_a_schedule_runs_its_job_with_its_parameters(desk: Desk) -> None:
    with desk.database.connection() as connection:
        provide_schedule(
            connection, name="few", job="first", cron="*/15 * * * *", time_zone="UTC", parameters={"limit": 3}
        )
        connection.execute("UPDATE feed.schedule SET decided_until = %s", (START,))
    ticked(desk, at(15))
    assert desk.rows("SELECT parameters ->> 'limit' FROM feed.job_run") == [("3",)]


def test_a_scheduled_run_waits_for_the_runs_it_needs_that_are_under_way(desk: Desk) -> None:
    with desk.database.connection() as connection:
        provide_schedule(connection, name="second", job="second", cron="0 3 * * *", time_zone="UTC")
        connection.execute("UPDATE feed.schedule SET decided_until = %s", (START,))
    desk.enqueue("first")
    ticked(desk, START + timedelta(days=1))
    assert desk.rows("SELECT job, status FROM feed.job_run ORDER BY id") == [
        ("first", "QUEUED"),
        ("second", "WAITING"),
    ]
    desk.work()
    assert desk.rows("SELECT DISTINCT status FROM feed.job_run") == [("SUCCESS",)]


def test_a_paused_schedule_fires_nothing_and_makes_up_for_nothing(desk: Desk) -> None:
    schedule(desk)
    with desk.database.connection() as connection:
        assert enable_schedule(connection, "first", enabled=False)
        assert not enable_schedule(connection, "no such", enabled=False)
    assert ticked(desk, at(70)) == 0
    with desk.database.connection() as connection:
        enable_schedule(connection, "first", enabled=True)
        (one,) = list_schedules(connection)
    assert one.decided_until > datetime.now(UTC) - timedelta(minutes=1)
    assert desk.rows(SLOTS) == []


def test_a_schedule_changed_by_hand_outlives_the_defaults(desk: Desk) -> None:
    schedule(desk, cron="5 4 * * *")
    with desk.database.connection() as connection:
        provide_schedule(connection, name="first", job="first", cron="6 5 * * *", time_zone="Europe/Berlin")
        assert [one.cron for one in list_schedules(connection)] == ["5 4 * * *"]


def test_every_job_with_a_schedule_gets_one_and_a_new_time_zone_reaches_it(desk: Desk) -> None:
    from orchestrator.jobs import registry

    provide_schedules(desk.database, desk.settings, registry)
    berlin = desk.settings.model_copy(update={"time_zone": "Europe/Berlin"})
    provide_schedules(desk.database, berlin, registry)
    with desk.database.connection() as connection:
        found = list_schedules(connection)
    assert {one.name for one in found} == {one.name for job in registry for one in job.timetables}
    assert {one.time_zone for one in found} == {"Europe/Berlin"}


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"])
def test_no_slot_is_missing_or_doubled_over_a_change_of_the_clock(desk: Desk, zone: str) -> None:
    """The whole way through Postgres, around both changes of 2026, with a tick every seven minutes."""
    changes = {
        "America/New_York": ("2026-03-08", "2026-11-01"),
        "Europe/Berlin": ("2026-03-29", "2026-10-25"),
        "Australia/Lord_Howe": ("2026-04-04", "2026-10-03"),
    }
    for day in changes[zone]:
        desk.rows("DELETE FROM feed.schedule RETURNING name")
        schedule(desk, cron="*/30 * * * *", zone=zone)
        start = datetime.fromisoformat(f"{day}T09:00:00+00:00") - timedelta(hours=12)
        end = start + timedelta(hours=30)
        desk.rows("UPDATE feed.schedule SET decided_until = %s RETURNING name", start)
        now = start
        while now < end:
            now += timedelta(minutes=7)
            ticked(desk, now)
        fired = [slot for slot, _ in desk.rows(SLOTS)]
        assert fired == list(islice(slots_after("*/30 * * * *", zone, start), len(fired)))
        assert now - fired[-1] < timedelta(minutes=30)
