"""The resident refresher: holds everybody in memory, and turns events into changed lists within moments."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import psycopg
import structlog

from ..context import JobContext
from ..db.engine import Database
from ..db.runs import RunRecord, RunStatus, Trigger, finish_run, insert_run
from ..errors import DatabaseError
from ..jobs.matching.live import LivePopulation
from ..jobs.matching.live_lists import Lists, choose_viewers, compute_lists, note_lists, write_lists
from ..jobs.matching.match_scores import NAME, VERSION
from ..jobs.matching.people import midnight
from ..jobs.matching.vocabulary import VocabularyError
from ..registry import Registry
from ..runner.batches import describe
from ..runner.begin import request_of
from ..runner.inline import COMMIT_AT_ONCE, Inline
from ..settings import Settings
from .consequences import refreshes
from .consume import APART, Here, Taken, settle_lot
from .standing import Standing, is_out_of_date, read_everybody
from .waiting import take_events

log = structlog.get_logger()
HERE = frozenset({"build-user-traits", "user-interest-sets", "ratings-aggregate", NAME})
"""What is done at once: lists, and what they are computed from. All else goes through the queues."""
USERS_AT_ONCE = 50
LOOK_EVERY_S = 1.0
"""How often it is looked whether everybody was computed anew."""


@dataclass(frozen=True)
class Demand:
    """What a lot of events asks for: users by job."""

    users: dict[str, list[int]]

    @classmethod
    def of(cls, lot: Sequence[Taken], again: Iterable[int]) -> Demand:
        """Put together what events ask for; the lists of some users are to be computed again anyway."""
        found: dict[str, set[int]] = {NAME: set(again)}
        for one in lot:
            for refresh in refreshes(one.event):
                if refresh.job in HERE:
                    found.setdefault(refresh.job, set()).update(refresh.users)
        return cls({job: sorted(users) for job, users in found.items()})


class Refresher:
    """Works off events, some users at a time, each lot in one transaction."""

    def __init__(self, database: Database, settings: Settings, registry: Registry) -> None:
        self._database, self._settings, self._registry = database, settings, registry
        self._standing: Standing | None = None
        self._users_at_once = USERS_AT_ONCE
        self._looked = 0.0

    @property
    def live(self) -> LivePopulation | None:
        """Everybody as they are known, once they were read."""
        return self._standing.live if self._standing else None

    def work_off(self, own: psycopg.Connection, now: datetime) -> int:
        """Work off the events of some users and tell how many they were; `own` commits each statement.

        What fails is tried once more user by user; who then fails alone is left to runs in the queue.
        """
        lot: list[Taken] = []
        record: RunRecord | None = None
        try:
            standing = self._up_to_date(now)
            with self._database.connection() as connection:
                connection.execute(COMMIT_AT_ONCE)
                lot = take_events(connection, self._users_at_once)
                again = standing.again[: self._users_at_once]
                if not lot and not again:
                    return 0
                demand = Demand.of(lot, again)
                if demand.users[NAME]:
                    record = self._begin(own, demand, lot, now)
                here = Here(HERE, record.id if record else 0)
                settle_lot(connection, self._settings, self._registry, lot, now, here)
                done = self._refresh(connection, standing, demand, lot, now, record) if record else None
            standing = self._standing or standing
            if done:
                note_lists(standing.live, done)
            standing.again = [user for user in standing.again if user not in again]
            self._users_at_once = min(USERS_AT_ONCE, 2 * self._users_at_once)
        except Exception as error:
            self._standing = None  # it may know more than is stored
            if record:
                finish_run(
                    own, record.id, RunStatus.FAILED, processed=0, failed=len(demand.users[NAME]),
                    metadata={}, error=describe(error),
                )  # fmt: skip
            if isinstance(error, psycopg.OperationalError | DatabaseError):
                raise
            log.warning("a refresh failed", events=len(lot), reason=describe(error))
            self._give_way(now)
        return len(lot)

    def _up_to_date(self, now: datetime) -> Standing:
        """Read everybody if that was not done yet, or if a new day or a run over everybody has changed them all."""
        standing = self._standing
        if (
            standing
            and standing.live.as_of == midnight(now)
            and time.monotonic() - self._looked < LOOK_EVERY_S
        ):
            return standing
        with self._database.connection() as connection:
            if standing is None or is_out_of_date(connection, standing, now):
                standing = self._standing = read_everybody(connection, self._settings, now)
        self._looked = time.monotonic()
        return standing

    def _begin(
        self, own: psycopg.Connection, demand: Demand, lot: Sequence[Taken], now: datetime
    ) -> RunRecord:
        job = self._registry[NAME]
        given = job.parameters(user_id=tuple(demand.users[NAME]))
        request = request_of(job, given, self._settings, now, Trigger.EVENT)
        told = {
            "events": [one.id for one in lot],
            "inputs": {name: users for name, users in demand.users.items() if name != NAME},
        }
        return insert_run(own, replace(request, metadata={**request.metadata, **told}))

    def _refresh(
        self, connection: psycopg.Connection, standing: Standing, demand: Demand, lot: Sequence[Taken],
        now: datetime, record: RunRecord,
    ) -> Lists:  # fmt: skip
        """Bring inputs, lists and the lists of others up to date, and record how the run ended."""
        started = time.perf_counter()
        self._rebuild_inputs(demand, now, record.id)
        live, users = standing.live, np.array(demand.users[NAME], np.int64)
        before = {user: live.seen_by(np.array([user])) for user in users.tolist()}
        read = time.perf_counter()
        try:
            own = live.update(connection, users)
        except VocabularyError as error:
            log.info("everybody is read again", because=str(error))
            standing = read_everybody(connection, self._settings, now, standing.again, anew=True)
            self._standing = standing
            live, own = standing.live, users
        self._distrust_apart(live, lot)
        after = {user: live.seen_by(np.array([user])) for user in own.tolist()}
        found = time.perf_counter()
        others, beyond = choose_viewers([before, after], self._settings.refresh_viewers)
        others = np.union1d(others, standing.owed)
        lists = compute_lists(live, own, others, beyond, self._settings.threads)
        computed = time.perf_counter()
        write_lists(connection, live, lists, now, VERSION)
        written = time.perf_counter()
        finish_run(
            connection, record.id, RunStatus.SUCCESS, processed=len(lists.rows), failed=0, error=None,
            metadata={
                "rows_written": len(lists.changed), "lists_removed": len(lists.absent),
                "viewers_left_to_the_next_run": len(lists.undone),
                "ms": {name: round(1000 * span, 1) for name, span in (
                    ("inputs", read - started), ("people", found - read), ("lists", computed - found),
                    ("write", written - computed))},
            },
        )  # fmt: skip
        standing.owed = np.empty(0, np.int64)
        return lists

    def _rebuild_inputs(self, demand: Demand, now: datetime, run_id: int) -> None:
        for name, users in demand.users.items():
            known = self._known(users) if name != NAME else ()
            if known:
                job = self._registry[name]
                given = job.parameters(user_id=known)
                job.run(
                    JobContext(self._database, self._settings, now, given, Inline(self._database, run_id))
                )

    def _known(self, users: Sequence[int]) -> tuple[int, ...]:
        """Leave out users who are gone by now."""
        with self._database.connection() as connection:
            found = connection.execute("SELECT id FROM app.users WHERE id = ANY (%s)", (list(users),))
            return tuple(sorted(row[0] for row in found))

    def _distrust_apart(self, live: LivePopulation, lot: Sequence[Taken]) -> None:
        """Those who were set apart have had their lists changed under our hands."""
        people = {one.event.user_id for one in lot if one.event.kind in APART}
        people |= {one.event.other_id or 0 for one in lot if one.event.kind in APART}
        live.distrust(live.rows(np.array(sorted(people), np.int64))[0])

    def _give_way(self, now: datetime) -> None:
        """Take fewer users the next time; where it was one alone, leave the events to runs in the queue."""
        if self._users_at_once > 1:
            self._users_at_once = 1
            return
        with self._database.connection() as connection:
            lot = take_events(connection, 1)
            settle_lot(connection, self._settings, self._registry, lot, now)
        self._users_at_once = USERS_AT_ONCE
