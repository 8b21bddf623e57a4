"""The heartbeat of a run: says every few seconds that it lives, and notices when its lock is lost."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import psycopg

from ..db.faults import explain
from ..db.runs import Pulse, beat
from ..errors import DatabaseError
from .stop import Stop
from .tally import Tally

INTERVAL_S = 5.0
FIRST_S = 1.0
"""Sooner, so that whoever looks sees what has just begun."""


class Heart:
    """Beats on the connection that holds the run's lock, from a thread of its own."""

    def __init__(self, connection: psycopg.Connection, run_id: int, tally: Tally, stop: Stop) -> None:
        self.lost: DatabaseError | None = None
        """Why the run may not go on, once its connection is gone."""
        self._connection = connection
        self._run_id = run_id
        self._tally = tally
        self._stop = stop
        self._ended = threading.Event()

    @contextlib.contextmanager
    def beating(self) -> Iterator[None]:
        """Beat while the block runs."""
        thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def check(self) -> None:
        """Raise DatabaseError if the lock is lost: somebody else may be running the job by now."""
        if self.lost:
            raise self.lost

    def _beat(self) -> None:
        wait_s = min(FIRST_S, INTERVAL_S)
        while not self._ended.wait(wait_s):
            wait_s = INTERVAL_S
            try:
                pulse = beat(
                    self._connection, self._run_id,
                    processed=self._tally.processed, failed=self._tally.failed, now=self._tally.now,
                )  # fmt: skip
            except psycopg.Error as error:
                self.lost = DatabaseError(explain(error))
                return
            if pulse is Pulse.CANCELLED:
                self._stop.request()
            elif pulse is Pulse.LOST:
                self.lost = DatabaseError(
                    f"run {self._run_id} lost its place: it was marked as ended elsewhere"
                )
                return
