"""What a job is given: the database, the settings, the time, its parameters, and the batches it works in."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import psycopg
from pydantic import BaseModel, ConfigDict, Field

from .db.engine import Database
from .db.parts import Part
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
    def hand_on(self, result: bytes) -> None:
        """Keep what a part of a whole has found out for a later stage."""

    @abstractmethod
    def handed_on(self, stage: str) -> list[bytes]:
        """Give what the parts of an earlier stage of the same whole have handed on."""

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
    part: Part | None = None
    """What of the job is to be done; None = all of it."""
    kept: dict[str, Any] = field(default_factory=dict)  # Any: whatever the job wants to keep
    """What earlier parts of the same whole have left in this process, as the columns they have read."""

    @property
    def threads(self) -> int:
        """How many threads its kernels take: a part shares the cores with the other workers of the machine."""
        if self.settings.threads:
            return self.settings.threads
        cores = os.cpu_count() or 1
        return max(1, cores // self.settings.workers_here) if self.part else cores

    @property
    def writers(self) -> int:
        """How many batches are scored and written at once: never more than there are threads."""
        return min(self.settings.write_connections, self.threads)


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
    shards: int = 1
    """Parts for several workers that it would be split into."""
