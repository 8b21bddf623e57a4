"""What RQ calls in a work horse: do the run of this number, then let loose what waited for it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import redis
import structlog

from ..db.engine import Database
from ..db.parts import more_will_come, next_part
from ..db.runs import RunRecord
from ..jobs import registry
from ..log import set_up_logging
from ..registry import Registry
from ..runner import Stop, run_queued
from ..settings import Settings, load_settings
from .broker import connect, count_workers
from .dispatch import dispatch
from .tick import tick

log = structlog.get_logger()
LOOK_EVERY_S = 0.05
MOST_MISSED = 10
"""After so many parts in a row that could not be taken, a process does what else there is."""


def execute(run_id: int) -> None:
    """Do an enqueued run; how it ended stands in its row. A message that came twice does nothing."""
    settings = load_settings()
    set_up_logging(settings.log_level, terminal=sys.stderr.isatty())
    stop = Stop()
    with Database(settings) as database, stop.on_signals():
        Hand(database, settings, registry, connect(settings), stop).take(run_id)


class Hand:
    """One work horse: does a run and, where that is part of a whole, further parts of it with what it has read."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        registry: Registry,
        connection: redis.Redis,
        stop: Stop,
    ) -> None:
        self._database = database
        self._settings = settings
        self._registry = registry
        self._connection = connection
        self._stop = stop
        self._kept: dict[str, Any] = {}  # Any: whatever a job keeps from part to part
        self._done: set[int] = set()

    def take(self, run_id: int) -> None:
        """Do a run, and then parts of the same whole until there are none for this process."""
        record = self._run(run_id)
        whole = record and (record.id if record.shards else record.parent_id)
        missed = 0
        while whole and missed < MOST_MISSED and not self._stop.requested:
            following = self._next_of(whole)
            if following is None:
                return
            if self._run(following):
                missed = 0
            else:  # somebody else was faster, or it may not run for now
                missed += 1
                self._stop.rest(LOOK_EVERY_S)

    def _run(self, run_id: int) -> RunRecord | None:
        record = run_queued(
            self._database, self._settings, self._registry, run_id,
            now=datetime.now(UTC), stop=self._stop, workers=lambda: count_workers(self._connection), kept=self._kept,
        )  # fmt: skip
        if record:
            log.info(
                "run ended", run=record.id, job=record.job, scope=record.scope, status=record.status,
                items=record.items_processed, items_per_s=record.items_per_s,
            )  # fmt: skip
            if record.part:
                self._done.add(record.part["number"])
        if not self._stop.requested:
            dispatch(self._database, self._connection)
        return record

    def _next_of(self, whole: int) -> int | None:
        """Choose the next part; where what this process has is of use later, wait for that."""
        while not self._stop.requested:
            with self._database.connection() as connection:
                following = next_part(connection, whole, self._done)
                if following is not None or not more_will_come(connection, whole, self._done):
                    return following
            self._stop.rest(LOOK_EVERY_S)
        return None


def tick_once() -> None:
    """Do one tick of the clock, and hand out what it made ready."""
    settings = load_settings()
    with Database(settings) as database:
        tick(database, settings, registry)
        dispatch(database, connect(settings))
