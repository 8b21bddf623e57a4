"""The wish to stop: set by a signal or by a caller, honoured between two batches."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from enum import Enum
from types import FrameType

from ..errors import CancelledError


class Interrupted(KeyboardInterrupt):
    """A signal ended a step at once; psycopg cancels the running query on exceptions of this kind."""


class Patience(Enum):
    """How a signal is taken at this moment."""

    WAIT = "only remember it"
    FINISH_BATCH = "remember the first, let the second interrupt"
    NONE = "interrupt at once"


class Stop:
    """One request to stop, shared by everything that runs in a process."""

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._patience = Patience.WAIT
        self._count = 0

    @property
    def requested(self) -> bool:
        """Whether somebody asked to stop."""
        return self._requested.is_set()

    def request(self) -> None:
        """Ask to stop after the current batch."""
        self._requested.set()

    def check(self) -> None:
        """Raise CancelledError if somebody asked to stop."""
        if self.requested:
            raise CancelledError("stopped on request")

    def rest(self, seconds: float) -> None:
        """Sleep, but not beyond the request to stop."""
        if seconds > 0:
            self._requested.wait(seconds)

    @contextlib.contextmanager
    def patience(self, patience: Patience) -> Iterator[None]:
        """Take signals in this way inside the block."""
        before, self._patience = self._patience, patience
        try:
            yield
        finally:
            self._patience = before

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM ask to stop inside the block; only the main thread may enter it."""
        former = {number: signal.signal(number, self._take) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: in the main thread, between two bytecodes or where a kernel checks for signals."""
        del frame
        self._requested.set()
        self._count += 1
        if self._patience is Patience.NONE or (self._patience is Patience.FINISH_BATCH and self._count > 1):
            raise Interrupted(f"stopped by {signal.Signals(number).name}")
