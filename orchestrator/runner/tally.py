"""What a run has done so far: counted by all its threads, shown to the reporter, written into its row."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .progress import Progress, Reporter


class Tally:
    """Counts of one run; every method may be called from any thread."""

    def __init__(self, run_id: int, job: str, reporter: Reporter) -> None:
        self.processed = 0
        self.failed = 0
        self.first_failure: str | None = None
        self._facts: dict[str, Any] = {}  # Any: whatever JSON can hold
        self._progress = Progress(run_id, job, "starting")
        self._reporter = reporter
        self._lock = threading.Lock()

    @property
    def facts(self) -> dict[str, Any]:  # Any: whatever JSON can hold
        """A copy of the facts told so far."""
        with self._lock:
            return dict(self._facts)

    @property
    def now(self) -> dict[str, str | int | None]:
        """What the run does at this moment."""
        with self._lock:
            return {
                "step": self._progress.step,
                "done": self._progress.done,
                "total": self._progress.total,
            }

    def tell(self, facts: Mapping[str, Any]) -> None:  # Any: whatever JSON can hold
        """Add facts; numbers of one name add up, anything else is replaced."""
        with self._lock:
            for name, value in facts.items():
                before = self._facts.get(name)
                self._facts[name] = before + value if _adds_up(before) and _adds_up(value) else value

    def step(self, description: str) -> None:
        """Show what the run does now."""
        self._show(step=description, done=0, total=None)

    def stage(self, name: str, total: int, resumed: int) -> None:
        """Begin a stage of `total` items, of which `resumed` were done by an earlier run."""
        if resumed:
            self.tell({"items_resumed": resumed})
        self._show(step=name, done=resumed, total=total)

    def add(self, processed: int, failed: int, written: int) -> None:
        """Count one finished batch."""
        self.tell({"rows_written": written})
        with self._lock:
            self.processed += processed
            self.failed += failed
        self._show(done=self._progress.done + processed + failed, failed=self.failed)

    def add_failure(self, items: int, reason: str) -> None:
        """Count the items of a batch that could not be done."""
        self.first_failure = self.first_failure or reason
        self.add(0, items, 0)

    def _show(self, **changes: Any) -> None:  # Any: the fields of Progress
        with self._lock:
            self._progress = replace(self._progress, **changes)
            self._reporter.progressed(self._progress)


def _adds_up(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
