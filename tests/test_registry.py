"""The registry refuses what could not run, when the program starts."""

from __future__ import annotations

import dataclasses
import re

import pytest

from orchestrator.context import JobParameters
from orchestrator.db.engine import Database
from orchestrator.errors import PlanError
from orchestrator.jobs import registry
from orchestrator.plan import check_registry
from orchestrator.registry import Job, Registry

from .test_plan import job

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'feed'"


@pytest.mark.parametrize(
    ("jobs", "fault"),
    [
        ([job("a"), job("a")], "two jobs have the name a"),
        ([job("feed")], "job feed has the name of a group"),
        ([job("a", "b")], "job a needs b, which is not a job"),
        ([job("a", writes=("t",)), job("b", writes=("t",))], "table t is written by both a"),
        (
            [dataclasses.replace(job("a"), run=lambda _: None)],
            "job a: the docstring must start with a sentence",
        ),
    ],
)
def test_what_could_not_run_is_refused_by_name(jobs: list[Job], fault: str) -> None:
    with pytest.raises(PlanError, match=re.escape(fault)):
        Registry.of(jobs)


def test_the_jobs_that_are_built_can_be_ordered() -> None:
    check_registry(registry)
    assert [job.name for job in registry] == list(registry.jobs)


def test_the_defaults_of_every_job_are_valid() -> None:
    assert all(isinstance(job.parameters(), JobParameters) for job in registry)


def test_every_job_writes_tables_that_exist(database: Database) -> None:
    with database.connection() as connection:
        tables = {row[0] for row in connection.execute(TABLES)}
    written = {table.removeprefix("feed.") for job in registry for table in job.writes}
    assert written <= tables
