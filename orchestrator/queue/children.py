"""Child processes that are kept alive, and that end with their parent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

import structlog

from .lifeline import end_with

log = structlog.get_logger()
RESTART_MIN_S = 0.5
RESTART_MAX_S = 30.0
HEALTHY_S = 60.0
"""A child that lived for so long is restarted without delay the next time it ends."""


class Child:
    """One command of ours in a process of its own, started again whenever it ends."""

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._environment = {**os.environ, **(environment or {})}
        self._arguments = [sys.executable, "-m", "orchestrator", *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._wait_s = 0.0
        self._next_start = 0.0

    def keep(self) -> None:
        """Start the process if it does not live; after quick deaths only after a growing while."""
        now = time.monotonic()
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return
            self._process = None
            lived_s = now - self._started
            self._wait_s = (
                0.0 if lived_s > HEALTHY_S else min(max(2 * self._wait_s, RESTART_MIN_S), RESTART_MAX_S)
            )
            self._next_start = now + self._wait_s
            log.warning("a process ended and is started again", name=self.name, code=code, in_s=self._wait_s)
        if now >= self._next_start:
            self._start(now)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask the process to end."""
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False if it lives on."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return False
        return True

    def _start(self, now: float) -> None:
        # A session of its own: Ctrl-C reaches the parent alone, which ends its children in order.
        self._process = subprocess.Popen(
            self._arguments,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with(os.getpid()),  # noqa: PLW1509 -- this process has no other threads
        )
        self._started = now
