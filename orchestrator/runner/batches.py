"""Work through the batches of one stage: each in a transaction with its checkpoint, failures kept apart."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass

import psycopg
import structlog

from ..context import Batch, BatchWork
from ..db.checkpoints import Cut, record_batch, still_running
from ..db.engine import Database
from ..db.faults import ends_the_run, explain
from ..errors import DatabaseError, FeedscoreError
from .heart import Heart
from .stop import Stop
from .tally import Tally

log = structlog.get_logger()
GRACE_S = 3.0  # for threads whose statement was cancelled to roll back


@dataclass(frozen=True)
class Scene:
    """The run that the batches belong to."""

    run_id: int
    database: Database
    tally: Tally
    stop: Stop
    heart: Heart

    def check(self) -> None:
        """Raise CancelledError if the run was asked to stop, DatabaseError if its lock is lost."""
        self.heart.check()
        self.stop.check()


def cut_batches(cut: Cut, committed: Collection[int]) -> list[Batch]:
    """Cut the items into batches, all but the last of one size, and leave out those already committed."""
    starts = range(0, cut.total, cut.size)
    batches = (Batch(n, start, min(start + cut.size, cut.total)) for n, start in enumerate(starts))
    return [batch for batch in batches if batch.number not in committed]


class BatchLoop:
    """One stage of one run."""

    def __init__(self, scene: Scene, cut: Cut, work: BatchWork, pause_s: float) -> None:
        self._scene = scene
        self._cut = cut
        self._work = work
        self._pause_s = pause_s
        self._waiting: deque[Batch] = deque()
        self._again: deque[Batch] = deque()
        self._fatal: BaseException | None = None
        self._connections: set[psycopg.Connection] = set()
        self._left = 0
        self._lock = threading.Lock()
        self._finished = threading.Event()

    def run(self, batches: Collection[Batch], workers: int) -> None:
        """Do all batches; those that fail are tried once more at the end, alone."""
        self._waiting.extend(batches)
        workers = min(workers, len(batches))
        if workers > 1:
            self._in_threads(workers)
        elif workers == 1:
            self._worker(self._first_try)
        self._scene.check()
        if self._again:
            self._waiting, self._again = self._again, deque()
            self._worker(self._last_try)
            self._scene.check()

    def _in_threads(self, workers: int) -> None:
        self._left = workers
        threads = [threading.Thread(target=self._thread, daemon=True) for _ in range(workers)]
        for thread in threads:
            thread.start()
        try:
            self._finished.wait()
        except BaseException as error:
            self._fatal = self._fatal or error
            self._cancel_statements()
            for thread in threads:
                thread.join(GRACE_S)
            raise
        if self._fatal:
            raise self._fatal

    def _thread(self) -> None:
        try:
            self._worker(self._first_try)
        except BaseException as error:  # raised again in the main thread
            self._fatal = self._fatal or error
        finally:
            with self._lock:
                self._left -= 1
                if not self._left:
                    self._finished.set()

    def _worker(self, attempt: Callable[[psycopg.Connection, Batch], None]) -> None:
        with self._scene.database.connection() as connection:
            self._connections.add(connection)
            try:
                while batch := self._next():
                    attempt(connection, batch)
                    if self._waiting:
                        self._scene.stop.rest(self._pause_s)
            finally:
                self._connections.discard(connection)

    def _next(self) -> Batch | None:
        self._scene.check()
        with self._lock:
            return self._waiting.popleft() if self._waiting and not self._fatal else None

    def _first_try(self, connection: psycopg.Connection, batch: Batch) -> None:
        try:
            self._commit(connection, batch)
        except Exception as error:
            if _fatal(error, connection):
                raise
            log.info("batch failed, will be tried again", **self._facts(batch), reason=describe(error))
            self._again.append(batch)

    def _last_try(self, connection: psycopg.Connection, batch: Batch) -> None:
        try:
            self._commit(connection, batch)
        except Exception as error:
            if _fatal(error, connection):
                raise
            log.warning("batch failed twice", **self._facts(batch), reason=describe(error))
            log.debug("where it failed", exc_info=error)
            self._scene.tally.add_failure(len(batch), describe(error))

    def _commit(self, connection: psycopg.Connection, batch: Batch) -> None:
        run_id = self._scene.run_id
        with connection.transaction():
            result = self._work(connection, batch)
            if result.failed:  # not recorded, so that a resumed run tries it again
                alive = still_running(connection, run_id)
            else:
                alive = record_batch(connection, run_id, self._cut, batch.number, result.written)
            if not alive:
                raise DatabaseError(f"run {run_id} lost its place: another process has marked it as ended")
        self._scene.tally.add(len(batch) - result.failed, result.failed, result.written)

    def _cancel_statements(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(psycopg.Error):
                connection.cancel_safe(timeout=GRACE_S)

    def _facts(self, batch: Batch) -> dict[str, int | str]:
        return {
            "run": self._scene.run_id, "stage": self._cut.stage,
            "batch": batch.number, "start": batch.start, "stop": batch.stop,
        }  # fmt: skip


def describe(error: BaseException) -> str:
    """Say in one sentence what went wrong."""
    if isinstance(error, psycopg.Error):
        return explain(error)
    if isinstance(error, FeedscoreError):
        return str(error)
    if isinstance(error, MemoryError):
        return "out of memory"
    return f"{type(error).__name__}: {error}".strip().removesuffix(":")


def _fatal(error: Exception, connection: psycopg.Connection) -> bool:
    """Tell whether every further batch would fail in the same way."""
    if connection.closed or isinstance(error, FeedscoreError | MemoryError):
        return True
    return isinstance(error, psycopg.Error) and ends_the_run(error)
