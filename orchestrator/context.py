"""What a job is given: the database, the settings, the time, its parameters, and the batches it works in."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import psycopg
from pydantic import BaseModel, ConfigDict, Field

from .db.engine import Database
from .settings import Settings


class JobParameters(BaseModel):
    """The parameters that every job takes; a job with more of them subclasses this."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_id: tuple[int, ...] = Field(
        default=(), description="Only these users; repeat the option for several."
    )
    limit: int | None = Field(default=None, ge=1, description="At most this many items.")
    batch_size: int = Field(default=100, ge=1, description="Items in one batch, each committed by itself.")
    candidate_batch_size: int = Field(
        default=500, ge=1, description="Rows fetched from the database at a time."
    )
    pause_ms: int = Field(default=0, ge=0, description="Milliseconds to rest between two batches.")


@dataclass(frozen=True)
class Batch:
    """A half-open range of a job's items, numbered from 0."""

    number: int
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class BatchResult:
    """What one batch did."""

    written: int
    """Rows inserted, updated or deleted; 0 when everything was up to date."""
    failed: int = 0
    """Items of the batch that could not be done, each logged."""


BatchWork = Callable[[psycopg.Connection, Batch], BatchResult]


class RunHandle(Protocol):
    """The running JobRun, as a job sees it; the runner implements it."""

    @property
    @abstractmethod
    def id(self) -> int:
        """The number of the run."""

    @abstractmethod
    def in_batches(
        self,
        total: int,
        work: BatchWork,
        *,
        stage: str = "main",
        inputs: str = "",
        size: int | None = None,
        workers: int = 1,
    ) -> None:
        """Cut `total` items into batches and give each to `work`, in a transaction that records it too.

        Batches that an interrupted run of the same scope has already committed are skipped, provided its
        `stage`, `inputs` (a fingerprint of what the batches are cut from), total and size were the same. A
        batch that raises is rolled back and tried once more at the end, alone; if it fails again its
        items count as failed. A lost database, any FeedscoreError and errors that every batch would meet end
        the run. With `workers` above 1, that many threads take batches, each with its own connection. Shows
        progress, rests `pause_ms` after each batch, stops on a signal. `work` must not commit by itself.
        """

    @abstractmethod
    def check_stop(self) -> None:
        """Raise CancelledError if the run was asked to stop; call it between long steps outside batches."""

    @abstractmethod
    def tell(self, **facts: Any) -> None:  # Any: whatever JSON can hold
        """Add facts to the metadata of the JobRun, such as rows_scanned; numbers of one name add up."""

    @abstractmethod
    def step(self, description: str) -> None:
        """Show what the job is doing now, such as "reading 100,000 people"."""


@dataclass(frozen=True)
class JobContext:
    """Everything a job may touch. No job reads the clock, the environment or a global."""

    database: Database
    settings: Settings
    now: datetime
    """UTC; the same for all jobs of one plan, but a resumed run keeps that of the run it resumes."""
    parameters: JobParameters
    run: RunHandle


@dataclass(frozen=True)
class DryRun:
    """What a job would do: told by its `preview`, without writing."""

    items: int
    """Items it would work on."""
    rows_to_scan: Mapping[str, int]
    """Table -> rows it would read (the planner's estimate where counting would be slow)."""
    note: str = ""
    scope: str = ""
    """What the run would be for, as its row would say; the runner fills it in."""
