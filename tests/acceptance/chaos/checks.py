"""What must hold when all is over; each check gives a sentence that says what was counted, and the faults it found."""

from __future__ import annotations

import fcntl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import psycopg
from psycopg.rows import class_row

from orchestrator.db.locks import KEY
from orchestrator.queue.slots import Misfire, slots_between
from orchestrator.queue.tick import ON_TIME
from orchestrator.triggers.resident import LOCK as REFRESHER

from ..running import Running
from .faults import OTHERS, Saboteur
from .load import Told

MOST = 1_000_000
OUTBOX = "SELECT id, processed_at IS NOT NULL, outcome FROM feed.event_outbox"
SCHEDULES = "SELECT name, cron, time_zone, misfire, decided_until FROM feed.schedule ORDER BY name"
SLOTS = "SELECT schedule, slot, outcome, run_id, decided_at FROM feed.schedule_slot ORDER BY schedule, slot"
# Runs that slots called for: not the further tries of such runs, which say the same about why they are there.
CALLED = """
SELECT count(*) FROM feed.job_run AS r WHERE trigger = 'CRON'
  AND NOT EXISTS (SELECT FROM feed.job_run AS f WHERE f.id = r.resumed_from AND f.cause = r.cause)
"""
OPEN = "SELECT id, job, scope, status FROM feed.job_run WHERE status IN ('RUNNING', 'QUEUED', 'WAITING')"
# But for that of whoever works off events, which lasts as long as its process.
LOCKS = f"""
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) <> {KEY}
"""
FAILURES = "SELECT id, job, scope, error FROM feed.job_run WHERE status = 'FAILED' ORDER BY id"
ENDED = "SELECT status, count(*) FROM feed.job_run GROUP BY 1 ORDER BY 1"
# What may be said of a run that we have killed, or whose database we have taken away.
OUR_DOING = (
    "the process ended without a word",
    "the connection to the database was lost",
    "cannot reach the database",
    "the database was shut down",
    "the database crashed",
    "the database is starting up",
    "lost its place",
    "pg_ctl",
)
SAME_DECISION = timedelta(seconds=2)


@dataclass(frozen=True)
class Kept:
    """A schedule, and up to when its slots are decided."""

    name: str
    cron: str
    time_zone: str
    misfire: str
    decided_until: datetime


@dataclass(frozen=True)
class Slot:
    """What became of one slot."""

    schedule: str
    slot: datetime
    outcome: str
    run_id: int | None
    decided_at: datetime


@dataclass(frozen=True)
class Finding:
    """One check."""

    told: str
    faults: Sequence[str] = ()

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{'FAULT' if self.faults else 'ok   '}  {self.told}",
                *(f"         {one}" for one in self.faults[:20]),
            ]
        )


def check_events(connection: psycopg.Connection, told: Told) -> Finding:
    """Every event that was committed is there, and is processed."""
    rows = {number: (done, outcome) for number, done, outcome in connection.execute(OUTBOX)}
    faults = [f"event {number} is gone" for number in told.events - rows.keys()]
    faults += [
        f"event {number} is not processed"
        for number, (done, outcome) in rows.items()
        if not done or not outcome
    ]
    return Finding(f"{len(rows):,} events processed, {told.bursts} bursts among them", faults)


def check_slots(connection: psycopg.Connection, beginnings: Mapping[str, datetime]) -> Finding:
    """Every slot of every schedule is decided once, as its policy says, and called for one run at most."""
    schedules = connection.cursor(row_factory=class_row(Kept)).execute(SCHEDULES).fetchall()
    rows = connection.cursor(row_factory=class_row(Slot)).execute(SLOTS).fetchall()
    faults: list[str] = []
    outcomes = {"enqueued": 0, "joined": 0, "missed": 0}
    by_schedule = {name: list(own) for name, own in groupby(rows, lambda row: row.schedule)}
    for one in schedules:
        begun = beginnings[one.name]
        own = [row for row in by_schedule.get(one.name, []) if row.slot > begun]
        expected = slots_between(one.cron, one.time_zone, begun, one.decided_until, MOST)
        if [row.slot for row in own] != expected:
            odd = {row.slot for row in own} ^ set(expected)
            faults.append(f"{one.name}: slots not decided, or that are none: {sorted(map(str, odd))}")
        for row in own:
            outcomes[row.outcome] += 1
        faults += [f"{one.name}: {fault}" for fault in _against(Misfire(one.misfire), own)]
    runs = [row.run_id for row in rows if row.outcome == "enqueued"]
    called = connection.execute(CALLED).fetchone()
    if len(set(runs)) != len(runs) or called != (len(runs),):
        faults.append(f"{len(runs)} slots called for {len(set(runs))} runs, and there are {called}")
    said = ", ".join(f"{many} {name}" for name, many in outcomes.items())
    return Finding(
        f"{sum(outcomes.values()):,} slots of {len(schedules)} schedules decided once: {said}", faults
    )


def _against(policy: Misfire, rows: Sequence[Slot]) -> list[str]:
    faults = []
    for row in rows:
        late = row.decided_at - row.slot
        missed = row.outcome == "missed"
        made_up = any(
            other.outcome != "missed"
            and other.slot > row.slot
            and abs(other.decided_at - row.decided_at) < SAME_DECISION
            for other in rows
        )
        if missed and policy is Misfire.ALL:
            faults.append(f"{row} is missed under `all`")
        if missed and policy is Misfire.ONCE and not made_up:
            faults.append(f"{row} is missed, and no later slot made up for it")
        if missed and policy is Misfire.SKIP and not made_up and late <= ON_TIME:
            faults.append(f"{row} is missed though there was time")
        if not missed and policy is Misfire.SKIP and late > ON_TIME + SAME_DECISION:
            faults.append(f"{row} is made up for under `skip`")
    return faults


def check_runs(connection: psycopg.Connection) -> Finding:
    """No run is open, none holds its lock, and none failed for a reason that is not ours."""
    faults = [
        f"run {number} ({job}, {scope}) is {status}"
        for number, job, scope, status in connection.execute(OPEN)
    ]
    locks = connection.execute(LOCKS, {"job": REFRESHER[0], "scope": REFRESHER[1]}).fetchone()
    if locks != (0,):
        faults.append(f"advisory locks held: {locks}")
    for number, job, scope, error in connection.execute(FAILURES):
        if not any(words in (error or "") for words in OUR_DOING):
            faults.append(f"run {number} ({job}, {scope}) failed: {error}")
    ended = ", ".join(f"{many:,} {status}" for status, many in connection.execute(ENDED))
    return Finding(f"no run is open, no lock held; {ended}", faults)


def check_keys(saboteur: Saboteur) -> Finding:
    """The keys of others in Redis are as they were."""
    found = saboteur.keys_of_others()
    return Finding(
        f"{len(OTHERS)} keys of others in Redis untouched", [] if found == dict(OTHERS) else [f"{found}"]
    )


def check_seen(told: Told) -> Finding:
    """Nothing was seen on the way that should not be."""
    commands = ", ".join(f"{many} {name}" for name, many in told.commands.items())
    return Finding(f"commands meanwhile: {commands}; {told.refused} times the system was down", told.faults)


def check_nothing_left(running: Running) -> Finding:
    """After the end: no process, no lock on a file, no socket, no Postgres."""
    faults = [f"process {one.pid} ({one.role}) lives" for one in running.processes()]
    for name in ("up.lock", "users.lock", "gate.lock"):
        with (running.folder / name).open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                faults.append(f"somebody holds {name}")
    left = [*running.folder.glob("redis/*.sock"), *running.folder.glob("postgres/postmaster.pid")]
    return Finding("no process, lock or socket is left", faults + [f"{path} is left" for path in left])
