"""Show runs while they go on: bars on a terminal, one JSON object a line otherwise; always on stderr."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress

from ..runner import Progress, Reporter, RunRecord

INTERVAL_S = 1.0


@contextlib.contextmanager
def reporter_on_stderr() -> Iterator[Reporter]:
    """Give what suits the stderr of this process."""
    if not sys.stderr.isatty():
        yield JsonLines()
        return
    bars = Bars()
    with bars.display:
        yield bars


class JsonLines:
    """One line when a run starts, about one a second while it goes on, and one when it ends."""

    def __init__(self) -> None:
        self._shown_at = 0.0
        self._shown_step = ""

    def started(self, record: RunRecord) -> None:
        """Print the start of a run."""
        resumed = {"resumed_from": record.resumed_from} if record.resumed_from else {}
        self._print(
            "started", run=record.id, job=record.job, scope=record.scope, attempt=record.attempt, **resumed
        )

    def progressed(self, progress: Progress) -> None:
        """Print where a run stands, unless it did so within the last second."""
        now, ends = time.monotonic(), progress.done == progress.total
        if now - self._shown_at < INTERVAL_S and not ends and progress.step == self._shown_step:
            return
        self._shown_at, self._shown_step = now, progress.step
        self._print(
            "progress", run=progress.run_id, job=progress.job, step=progress.step,
            done=progress.done, total=progress.total, failed=progress.failed,
        )  # fmt: skip

    def ended(self, record: RunRecord) -> None:
        """Print how a run ended."""
        error = {"error": record.error} if record.error else {}
        self._print(
            "ended", run=record.id, job=record.job, status=record.status, processed=record.items_processed,
            failed=record.items_failed, duration_ms=record.duration_ms, items_per_s=record.items_per_s, **error,
        )  # fmt: skip

    def _print(self, event: str, **facts: str | float | None) -> None:
        sys.stderr.write(json.dumps({"event": event, **facts}) + "\n")
        sys.stderr.flush()


class Bars:
    """One bar a job; its description says what the job does now."""

    def __init__(self) -> None:
        self.display = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True, highlight=False),
            transient=True,
        )
        self._tasks: dict[int, TaskID] = {}

    def started(self, record: RunRecord) -> None:
        """Add the bar of a run."""
        again = f" (resumes run {record.resumed_from})" if record.resumed_from else ""
        self._tasks[record.id] = self.display.add_task(f"{record.job}{again}", total=None)

    def progressed(self, progress: Progress) -> None:
        """Move the bar of a run."""
        step = "" if progress.step == "main" else f": {progress.step}"
        self.display.update(
            self._tasks[progress.run_id],
            description=f"{progress.job}{step}", completed=progress.done, total=progress.total,
        )  # fmt: skip

    def ended(self, record: RunRecord) -> None:
        """Take the bar away; the table at the end tells the rest."""
        if record.id in self._tasks:  # a run that was skipped has none
            self.display.remove_task(self._tasks.pop(record.id))
