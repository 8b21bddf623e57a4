"""Keep workers and a clock alive, work off events, hand out runs, and bring back what a killed worker held."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import FrameType

import structlog

from ..db.engine import Database
from ..db.pending import release_and_skip
from ..jobs import registry
from ..runner import bury_the_silent
from ..settings import Settings
from ..triggers.consume import consume
from ..triggers.resident import refresher_lives
from .broker import connect
from .children import Child
from .dispatch import dispatch, find_lost
from .embedded_redis import EmbeddedRedis

log = structlog.get_logger()
ROUND_S = 0.5
SWEEP_EVERY_S = 5.0
SILENT_S = 15.0
"""Three heartbeats."""
GRACE_S = 60.0
"""For runs to finish their batches when all is to end."""


class Supervisor:
    """The parent of workers and clock."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        children: Sequence[Child],
        redis: EmbeddedRedis | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._children = children
        self._redis = redis
        self._connection = connect(settings)
        self._stop = threading.Event()
        self._asked = 0
        self._swept = 0.0

    def run(self) -> None:
        """Keep everything going until SIGINT or SIGTERM; a second one ends the runs at hand, too."""
        former = {number: signal.signal(number, self._take) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            while not self._stop.is_set():
                self._round()
                self._stop.wait(ROUND_S)
        finally:
            self._end_children()
            for number, handler in former.items():
                signal.signal(number, handler)

    def _round(self) -> None:
        _or_complain(self._revive)
        for child in self._children:
            _or_complain(child.keep)
        _or_complain(self._consume)
        _or_complain(lambda: dispatch(self._database, self._connection))
        if time.monotonic() - self._swept >= SWEEP_EVERY_S:
            self._swept = time.monotonic()
            _or_complain(self._sweep)

    def _revive(self) -> None:
        """Start Postgres and Redis again, where they are ours and have gone down."""
        if self._database.revive():
            log.warning("the embedded Postgres ended and was started again")
        if self._redis and not self._redis.is_running:
            log.warning("the embedded Redis ended and is started again")
            self._redis.start()

    def _consume(self) -> None:
        with self._database.connection() as connection:
            if refresher_lives(connection):
                return
        consume(self._database, self._settings, registry, now=datetime.now(UTC))

    def _sweep(self) -> None:
        for dead in bury_the_silent(self._database, SILENT_S):
            log.warning("a run had died", run=dead.id, job=dead.job, scope=dead.scope, host=dead.host)
        find_lost(self._database, self._connection)
        with self._database.connection() as connection:
            release_and_skip(connection)

    def _end_children(self) -> None:
        for child in self._children:
            child.end()
        deadline = time.monotonic() + GRACE_S
        left = list(self._children)
        while left:
            left = [child for child in left if not child.wait(0.1)]
            if self._asked > 1 or time.monotonic() > deadline:
                for child in left:
                    child.end(signal.SIGKILL)

    def _take(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._asked += 1
        self._stop.set()


def _or_complain(step: Callable[[], object]) -> None:
    """Do a step; say why it failed, and go on: a supervisor outlives what it supervises."""
    try:
        step()
    except Exception as error:  # of whatever kind
        log.error("will be tried again", reason=f"{type(error).__name__}: {error}")
        log.debug("where it failed", exc_info=error)
