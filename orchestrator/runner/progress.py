"""What a run tells about itself while it goes on; whoever wants to show it implements `Reporter`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..db.runs import RunRecord


@dataclass(frozen=True)
class Progress:
    """Where a run stands."""

    run_id: int
    job: str
    step: str
    """What it does now, or the stage of its batches."""
    done: int = 0
    total: int | None = None
    """Items of this stage; None outside of batches."""
    failed: int = 0


class Reporter(Protocol):
    """Shows runs to somebody; called by one thread at a time."""

    def started(self, record: RunRecord) -> None:
        """Show that a run has started."""

    def progressed(self, progress: Progress) -> None:
        """Show where a run stands; called often."""

    def ended(self, record: RunRecord) -> None:
        """Show how a run ended; also called for one that was skipped."""


class Silent:
    """Shows nothing."""

    def started(self, record: RunRecord) -> None:
        """Show nothing."""

    def progressed(self, progress: Progress) -> None:
        """Show nothing."""

    def ended(self, record: RunRecord) -> None:
        """Show nothing."""
