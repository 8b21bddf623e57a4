"""Run the steps of a plan in their order; what needs a job that failed is skipped, the rest goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..context import JobParameters
from ..db.engine import Database
from ..db.runs import RunRecord, RunStatus, Trigger, insert_run
from ..errors import AlreadyRunningError, ExitCode
from ..plan import Step
from ..settings import Settings
from .begin import request_of
from .execute import run_job
from .progress import Reporter, Silent
from .stop import Stop


@dataclass(frozen=True)
class PlanResult:
    """The rows of a plan's runs, in order."""

    records: tuple[RunRecord, ...]
    already_running: bool = False
    """Whether a job of the plan was skipped because somebody else runs it."""

    @property
    def exit_code(self) -> ExitCode:
        """What the process should tell its caller."""
        statuses = {record.status for record in self.records}
        if RunStatus.CANCELLED in statuses:
            return ExitCode.INTERRUPTED
        if RunStatus.FAILED in statuses:
            return ExitCode.FAILED
        if self.already_running:
            return ExitCode.ALREADY_RUNNING
        if any(record.items_failed for record in self.records):
            return ExitCode.SOME_ITEMS_FAILED
        return ExitCode.DONE


def run_plan(
    database: Database,
    settings: Settings,
    steps: Sequence[Step],
    parameters: Mapping[str, JobParameters] | None = None,
    *,
    now: datetime,
    trigger: Trigger = Trigger.MANUAL,
    reporter: Reporter | None = None,
    stop: Stop | None = None,
) -> PlanResult:
    """Run the steps one after the other; `parameters` by job name, a job's defaults where it names none."""
    reporter, stop, parameters = reporter or Silent(), stop or Stop(), parameters or {}
    records: list[RunRecord] = []
    causes: dict[str, str] = {}  # job -> why those who need it cannot run
    already_running = False
    for step in steps:
        job = step.job
        given = parameters.get(job.name) or job.parameters()
        cause = next((causes[need] for need in job.needs if need in causes), None)
        if stop.requested:
            cause = cause or "the plan was stopped before it came to this job"
        if not cause:
            try:
                record = run_job(
                    database, settings, job, given, now=now, trigger=trigger, reporter=reporter, stop=stop
                )
            except AlreadyRunningError as error:
                cause, already_running = str(error), True
                causes[job.name] = f"needs {job.name}: {cause}"
        if cause:
            request = request_of(job, given, settings, now, trigger)
            with database.connection() as connection:
                record = insert_run(connection, request, status=RunStatus.SKIPPED, error=cause)
            reporter.ended(record)
        if record.status is not RunStatus.SUCCESS:
            causes.setdefault(job.name, cause or f"needs {job.name}, which {_ended(record)}")
        records.append(record)
    return PlanResult(tuple(records), already_running)


def _ended(record: RunRecord) -> str:
    how = "failed" if record.status is RunStatus.FAILED else "was cancelled"
    return f"{how} (run {record.id}): {record.error}"
