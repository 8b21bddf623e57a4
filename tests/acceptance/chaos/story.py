"""The order of things: up, load and faults, the last word of all jobs under faults, peace, checks, the end."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from orchestrator.db.embedded import EmbeddedServer

from ..running import Running, running_up
from .checks import Finding, check_events, check_keys, check_nothing_left, check_runs, check_seen, check_slots
from .faults import Saboteur
from .load import Load, Told, pause_schedules
from .recomputation import check_tables

PEACE_S = 1200.0
"""So long the system may take, at most, to do all that is left to do."""
UNDONE = """
SELECT (SELECT count(*) FROM feed.event_outbox WHERE processed_at IS NULL)
  + (SELECT count(*) FROM feed.job_run WHERE status IN ('WAITING', 'QUEUED', 'RUNNING'))
"""
# How common words and interests are is counted once a day, and all is measured by that: from here on it is another day.
ANOTHER_DAY = "TRUNCATE feed.content_feature, feed.term_frequency, feed.match_rarity"
NEWEST_RUN = "SELECT coalesce(max(id), 0) FROM feed.job_run"
DID_NOT_END_WELL = """
SELECT id FROM (
  SELECT DISTINCT ON (job) id, status FROM feed.job_run WHERE scope = 'all' AND id > %s ORDER BY job, id DESC) AS last
WHERE status IN ('FAILED', 'CANCELLED', 'SKIPPED') ORDER BY id
"""
# Lets the waits for silence, for lost messages and before further tries be over sooner; changes nothing else.
HURRY = """
UPDATE feed.job_run SET heartbeat_at = heartbeat_at - interval '5 s', dispatched_at = dispatched_at - interval '5 s',
  not_before = not_before - interval '5 s'
WHERE status IN ('QUEUED', 'RUNNING')
"""


@dataclass(frozen=True)
class Plan:
    """How long and how rough."""

    load_s: float
    people: int
    seed: int
    fault_gap_s: float
    load_gap_s: float
    hurry: bool = False
    """Whether waits are shortened, for a test that has little time."""


class Story:
    """One telling of it."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._plan = plan
        self._folder = folder
        self._url = EmbeddedServer(folder).url
        self._moments = random.Random(plan.seed)
        self._begun = time.monotonic()

    def tell(self) -> list[Finding]:
        """Let it happen, and say what was found."""
        plan = self._plan
        with running_up(self._folder) as running:
            running.ask("town", "--people", str(plan.people), "--seed", str(plan.seed))
            saboteur = Saboteur(running, plan.seed)
            saboteur.leave_keys()
            load = Load(running, self._url, plan.seed, plan.load_gap_s)
            beginnings = load.start()
            self._say(f"{plan.people:,} people; load and faults for {plan.load_s:.0f} s")
            try:
                self._disturb(saboteur, plan.load_s)
            finally:
                load.stop()
            self._say(f"load over: {len(load.told.events):,} events; now what is left to do, in peace")
            saboteur.thaw()
            self._until_done(running)
            pause_schedules(self._url)
            newest = self._last_word(running, saboteur)
            findings = self._look(saboteur, load.told, beginnings)
            saboteur.end()
            running.process.send_signal(signal.SIGINT)
            running.process.wait(120)
            findings.append(check_nothing_left(running))
            server = EmbeddedServer(self._folder)
            server.acquire()
            try:
                findings.append(check_tables(running, self._url, newest))
            finally:
                server.release()
        done = ", ".join(f"{many} x {name}" for name, many in saboteur.done.most_common())
        return [Finding(f"{saboteur.done.total()} faults: {done}"), *findings]

    def _disturb(self, saboteur: Saboteur, seconds: float) -> None:
        until = time.monotonic() + seconds
        saboteur.strike_each(min(self._plan.fault_gap_s, seconds / 20))
        has_been_away = seconds < 120
        while time.monotonic() < until:
            time.sleep(self._moments.expovariate(1 / self._plan.fault_gap_s))
            saboteur.strike()
            if not has_been_away and until - time.monotonic() < seconds / 2:
                has_been_away = True
                saboteur.keep_redis_away()

    def _last_word(self, running: Running, saboteur: Saboteur) -> int:
        """Let all jobs run over everybody once more, under faults; give the newest run from before."""
        with psycopg.connect(self._url) as connection:
            connection.execute(ANOTHER_DAY)
            row = connection.execute(NEWEST_RUN).fetchone()
        newest = int(row[0]) if row else 0
        running.ask("enqueue", "all")
        self._say("the last word of all jobs, under faults")
        for _ in range(3 if self._plan.hurry else 8):
            time.sleep(self._moments.uniform(0.2, 1.5))
            saboteur.strike()
        saboteur.thaw()
        self._until_done(running)
        while given_up := self._given_up(newest):  # killed as often as a run may die: somebody tries it again
            self._say(f"given up, and tried again by hand: runs {given_up}")
            running.ask("retry", *map(str, given_up))
            self._until_done(running)
        return newest

    def _given_up(self, newest: int) -> list[int]:
        with psycopg.connect(self._url) as connection:
            return [row[0] for row in connection.execute(DID_NOT_END_WELL, (newest,))]

    def _until_done(self, running: Running) -> None:
        shown = time.monotonic()

        def is_done() -> bool:
            nonlocal shown
            left = self._undone()
            if time.monotonic() - shown > 30:
                shown = time.monotonic()
                self._say(f"{left} runs and events are left to do")
            return left == 0

        running.until(is_done, PEACE_S)

    def _undone(self) -> int | None:
        try:
            with psycopg.connect(self._url) as connection:
                if self._plan.hurry:
                    connection.execute(HURRY)
                row = connection.execute(UNDONE).fetchone()
        except psycopg.OperationalError:  # it is coming back
            return None
        return int(row[0]) if row else None

    def _look(self, saboteur: Saboteur, told: Told, beginnings: Mapping[str, datetime]) -> list[Finding]:
        checks: tuple[Callable[[psycopg.Connection], Finding], ...] = (
            lambda c: check_events(c, told),
            lambda c: check_slots(c, beginnings),
            check_runs,
        )
        with psycopg.connect(self._url) as connection:
            found = [check(connection) for check in checks]
        return [*found, check_seen(told), check_keys(saboteur)]

    def _say(self, text: str) -> None:
        sys.stderr.write(f"{time.monotonic() - self._begun:6.0f} s  {text}\n")
        sys.stderr.flush()
