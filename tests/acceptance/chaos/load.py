"""The load: events in the outbox, schedules with short slots, commands of people; and what it was told is done."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from orchestrator.triggers.events import EventName

from ..running import Running
from .changes import People, is_shown

SCHEDULES = ("build-user-traits", "user-interest-sets", "ratings-aggregate")
POLICIES = ("all", "once", "skip")
BACK_MIN = 5
"""So many minutes before the beginning the schedules count from: what a clock finds that was off for a while."""
MAKE_SCHEDULE = """
INSERT INTO feed.schedule (name, job, cron, time_zone, misfire, decided_until, changed_by_hand)
VALUES (%s, %s, '* * * * *', 'Europe/Berlin', %s, date_trunc('minute', clock_timestamp()) - %s * interval '1 minute', true)
"""
START = "SELECT name, decided_until FROM feed.schedule"
STOP = "UPDATE feed.schedule SET enabled = false, changed_by_hand = true"
USERS = "SELECT id FROM app.users WHERE is_active ORDER BY id"
COMMANDS = (
    ("enqueue", "all"),
    ("enqueue", "matching"),
    ("enqueue", "feed"),
    ("enqueue", "trending"),
    ("enqueue", "match-scores", "--user-id", "{user}"),
    ("status",),
    ("runs",),
)
# A command that comes while Postgres or Redis is down says so; whatever else it says is a defect.
MOURNS = ("Traceback",)


@dataclass
class Told:
    """What was done, and what was seen meanwhile."""

    events: set[int] = field(default_factory=set)
    """Numbers of events whose transaction was committed."""
    bursts: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    """Commands and transactions that met a system that was down."""
    faults: list[str] = field(default_factory=list)
    """What should not have been seen."""


class Load:
    """Two threads: one is the application, one is people at their terminals."""

    def __init__(self, running: Running, url: str, seed: int, gap_s: float) -> None:
        self.told = Told()
        self._running = running
        self._url = url
        self._gap_s = gap_s
        self._seed = seed
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=step) for step in (self._apply, self._command)]

    def start(self) -> dict[str, datetime]:
        """Write the schedules and begin; tell from when on the slots of each schedule count."""
        with psycopg.connect(self._url) as connection:
            self._people = People([row[0] for row in connection.execute(USERS)], random.Random(self._seed))
            for job in SCHEDULES:
                for policy in POLICIES:
                    connection.execute(MAKE_SCHEDULE, (f"chaos-{job}-{policy}", job, policy, BACK_MIN))
            beginnings: dict[str, datetime] = dict(connection.execute(START).fetchall())
        with psycopg.connect(self._url, autocommit=True) as connection:
            for kind in EventName:  # each at least once, whatever chance brings
                self._change(connection, kind)
        for thread in self._threads:
            thread.start()
        return beginnings

    def stop(self) -> None:
        """Let nothing new happen."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _apply(self) -> None:
        moments = random.Random(self._seed + 1)
        while not self._stopped.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
                    while not self._stopped.wait(moments.expovariate(1 / self._gap_s)):
                        many = 25 if moments.random() < 0.05 else 1
                        self.told.bursts += many > 1
                        for _ in range(many):
                            self._change(connection, moments.choice(tuple(EventName)))
            except (
                psycopg.OperationalError
            ):  # the server went away; whether the last one counts, the outbox knows
                self.told.refused += 1
                time.sleep(0.2)

    def _change(self, connection: psycopg.Connection, kind: EventName) -> None:
        try:
            event, apart = self._people.change(connection, kind)
        except psycopg.errors.DeadlockDetected:
            self.told.refused += 1
            return
        self.told.events.add(event)
        if apart and is_shown(connection, apart):
            self.told.faults.append(f"users {apart} are shown to each other after event {event}")

    def _command(self) -> None:
        moments = random.Random(self._seed + 2)
        while not self._stopped.wait(moments.expovariate(1 / (5 * self._gap_s))):
            words = moments.choice(COMMANDS)
            done = self._running.command(
                *(word.format(user=moments.choice(self._people.users)) for word in words)
            )
            self.told.commands[words[0]] += 1
            self.told.refused += done.returncode != 0
            if any(word in done.stderr for word in MOURNS):
                self.told.faults.append(f"{' '.join(words)}: {done.stderr[-2000:]}")


def pause_schedules(url: str) -> None:
    """Let no slot come any more."""
    with contextlib.closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(STOP)
