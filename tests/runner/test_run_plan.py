"""A plan of several jobs: order, what a failure stops, and what the process tells its caller."""

from __future__ import annotations

import psycopg

from orchestrator.context import Batch, JobContext, JobParameters
from orchestrator.db.engine import Database
from orchestrator.db.runs import RunStatus, list_runs
from orchestrator.errors import ExitCode, SourceError
from orchestrator.plan import Step, make_plan
from orchestrator.registry import Job, Registry
from orchestrator.runner import preview_plan, run_plan
from orchestrator.settings import Settings

from .conftest import NOW, batch_job, plain_job


def jobs(*, broken: str = "") -> tuple[Step, ...]:
    """Steps a, b (needs a), c (needs b), d."""

    def job(name: str, *needs: str) -> Job:
        def run(_: JobContext) -> None:
            """Work or fail."""
            if name == broken:
                raise SourceError(f"{name} is broken")

        return plain_job(run, name=name, needs=needs)

    return make_plan(Registry.of([job("a"), job("b", "a"), job("c", "b"), job("d")]), ["all"])


def test_what_needs_a_failed_job_is_skipped_and_the_rest_goes_on(items: Database, settings: Settings) -> None:
    result = run_plan(items, settings, jobs(broken="a"), now=NOW)
    ended = {record.job: (record.status, record.error) for record in result.records}
    because = f"needs a, which failed (run {result.records[0].id}): a is broken"
    assert ended == {
        "a": (RunStatus.FAILED, "a is broken"),
        "b": (RunStatus.SKIPPED, because),
        "c": (RunStatus.SKIPPED, because),
        "d": (RunStatus.SUCCESS, None),
    }
    assert result.exit_code == ExitCode.FAILED


def test_a_plan_that_went_well_is_done(items: Database, settings: Settings) -> None:
    result = run_plan(items, settings, jobs(), now=NOW)
    assert [record.status for record in result.records] == [RunStatus.SUCCESS] * 4
    assert result.exit_code == ExitCode.DONE


def test_failed_items_are_told_by_the_exit_code(items: Database, settings: Settings) -> None:
    def fail(_: psycopg.Connection, batch: Batch) -> None:
        if batch.number == 1:
            raise ValueError("no")

    result = run_plan(items, settings, [Step(batch_job(fail), "asked for")], now=NOW)
    assert result.exit_code == ExitCode.SOME_ITEMS_FAILED


def test_each_job_gets_its_own_parameters(items: Database, settings: Settings) -> None:
    result = run_plan(items, settings, jobs(), {"b": JobParameters(limit=3)}, now=NOW)
    assert [record.parameters["limit"] for record in result.records] == [None, None, 3, None]


def test_a_preview_writes_nothing(items: Database, settings: Settings) -> None:
    previews = preview_plan(items, settings, jobs(broken="a"), {}, now=NOW)
    assert [(step.job.name, preview.items) for step, preview in previews] == [
        (n, 50) for n in ("a", "d", "b", "c")
    ]
    with items.connection() as connection:
        assert list_runs(connection) == []
