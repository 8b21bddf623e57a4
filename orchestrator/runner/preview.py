"""What a plan would do, without doing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn

from ..context import DryRun, JobContext, JobParameters, RunHandle
from ..db.engine import Database
from ..db.runs import Trigger
from ..plan import Step
from ..settings import Settings
from .begin import request_of
from .whole import is_whole, size_of


class NoRun(RunHandle):
    """Stands where a run would be while a job tells what it would do."""

    @property
    def id(self) -> int:
        """No run's number."""
        return 0

    def in_batches(self, *_: object, **__: object) -> NoReturn:
        """Refuse: a preview works on nothing."""
        raise AssertionError("a preview must not work in batches")

    def check_stop(self) -> None:
        """Do nothing."""

    def tell(self, **facts: Any) -> None:  # Any: whatever JSON can hold
        """Do nothing."""

    def hand_on(self, result: bytes) -> NoReturn:
        """Refuse: a preview finds nothing out."""
        raise AssertionError(f"a preview must hand nothing on (got {len(result)} bytes)")

    def handed_on(self, stage: str) -> NoReturn:
        """Refuse: before a preview nothing was found out."""
        raise AssertionError(f"a preview must not ask for {stage}")

    def step(self, description: str) -> None:
        """Do nothing."""


def preview_plan(
    database: Database,
    settings: Settings,
    steps: Sequence[Step],
    parameters: Mapping[str, JobParameters],
    *,
    now: datetime,
    workers: int | None = None,
) -> list[tuple[Step, DryRun]]:
    """Ask each job of the plan what it would do; nothing is written.

    With a number of workers, also into how many shards it would be split for them.
    """
    previews = []
    for step in steps:
        given = parameters.get(step.job.name) or step.job.parameters()
        told = step.job.preview(JobContext(database, settings, now, given, NoRun()))
        scope = request_of(step.job, given, settings, now, Trigger.MANUAL).scope
        preview = replace(told, scope=scope)
        if workers is not None and is_whole(step.job, given):
            with database.connection() as connection:
                shards = size_of(connection, step.job, given, settings, workers).shards
            preview = replace(preview, shards=shards)
        previews.append((step, preview))
    return previews
