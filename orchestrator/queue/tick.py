"""One tick of the clock: decide about every slot that has come, exactly once, whoever ticks and however often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import structlog

from ..db.engine import Database
from ..db.runs import Trigger
from ..db.schedules import (
    Schedule,
    database_time,
    decide_slot,
    decided,
    hold_schedule,
    list_schedules,
    miss_slots,
    provide_schedule,
)
from ..errors import AlreadyRunningError
from ..registry import Registry
from ..settings import Settings
from .enqueue import enqueue_job
from .slots import Misfire, slots_between

log = structlog.get_logger()
MOST_SLOTS = 10_000
"""Of more slots that went by, only the newest are told about."""
ON_TIME = timedelta(seconds=90)
# A run that has not started yet.
IS_PENDING = """
SELECT EXISTS (SELECT FROM feed.job_run WHERE job = %s AND scope = 'all' AND status IN ('WAITING', 'QUEUED'))
"""


@dataclass(frozen=True)
class Choice:
    """What is to become of slots that have come."""

    fire: tuple[datetime, ...]
    miss: tuple[datetime, ...]

    @property
    def settled(self) -> datetime | None:
        """The newest slot that is decided about."""
        return max((*self.fire, *self.miss), default=None)


def choose(misfire: Misfire, slots: Sequence[datetime], now: datetime, *, is_pending: bool) -> Choice:
    """Choose which slots fire, by the policy for those that went by unseen; pure.

    `all` fires one slot at a time, the oldest, and only when no earlier one still waits to start.
    """
    if not slots:
        return Choice((), ())
    if misfire is Misfire.ALL:
        return Choice((), ()) if is_pending and len(slots) > 1 else Choice((slots[0],), ())
    newest = slots[-1]
    if misfire is Misfire.SKIP and now - newest > ON_TIME:
        return Choice((), tuple(slots))
    return Choice((newest,), tuple(slots[:-1]))


def provide_schedules(database: Database, settings: Settings, registry: Registry) -> None:
    """Write the default schedules of every job that has one."""
    with database.connection() as connection:
        for job in registry:
            for one in job.timetables:
                provide_schedule(
                    connection, name=one.name, job=job.name, cron=one.cron, time_zone=settings.time_zone,
                    parameters=one.parameters,
                )  # fmt: skip


def tick(database: Database, settings: Settings, registry: Registry, *, now: datetime | None = None) -> int:
    """Enqueue what is due, and tell how many slots fired.

    `now` is the time of the database unless given. Each schedule is decided in a transaction of its own, under
    a lock, so any number of clocks may tick at once.
    """
    with database.connection() as connection:
        schedules = list_schedules(connection)
    fired = 0
    for schedule in schedules:
        with database.connection() as connection:
            held = hold_schedule(connection, schedule.name)
            if held:
                fired += _decide(connection, settings, registry, held, now or database_time(connection))
    return fired


def _decide(
    connection: psycopg.Connection, settings: Settings, registry: Registry, schedule: Schedule, now: datetime
) -> int:
    slots = slots_between(schedule.cron, schedule.time_zone, schedule.decided_until, now, MOST_SLOTS)
    job = registry.jobs.get(schedule.job)
    if not slots or not job:
        return 0
    row = connection.execute(IS_PENDING, (job.name,)).fetchone()
    choice = choose(Misfire(schedule.misfire), slots, now, is_pending=bool(row and row[0]))
    for slot in choice.fire:
        cause = f"schedule {schedule.name}, slot {slot:%Y-%m-%d %H:%M} UTC"
        given = job.parameters.model_validate(schedule.parameters)
        try:
            with connection.transaction():
                made = enqueue_job(
                    connection, settings, job, given, now=now, trigger=Trigger.CRON, cause=cause
                )
        except AlreadyRunningError as error:  # one with other parameters waits: this slot comes after it
            log.info("slot waits", schedule=schedule.name, slot=slot.isoformat(), reason=str(error))
            return 0
        outcome = "enqueued" if made.is_new else "joined"
        decide_slot(connection, schedule.name, slot, outcome, made.record.id)
        log.info(
            "slot fired", schedule=schedule.name, slot=slot.isoformat(), outcome=outcome, run=made.record.id
        )
    if choice.miss:
        miss_slots(connection, schedule.name, choice.miss)
        log.warning("slots missed", schedule=schedule.name, slots=len(choice.miss), policy=schedule.misfire)
    if choice.settled:
        decided(connection, schedule.name, choice.settled)
    return len(choice.fire)
