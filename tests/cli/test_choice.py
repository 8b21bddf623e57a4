"""Which options of the command line go to which job."""

from __future__ import annotations

import dataclasses

import pytest
from pydantic import Field

from orchestrator.cli.choice import job_names, parameters_for
from orchestrator.context import JobParameters
from orchestrator.errors import ParameterError, UsageError
from orchestrator.plan import make_plan
from orchestrator.registry import Registry

from ..test_plan import job


class StaleParameters(JobParameters):
    stale: bool = Field(default=False, description="Only old ones.")


SCORES = dataclasses.replace(job("scores", "traits"), parameters=StaleParameters)
REGISTRY = Registry.of([SCORES, job("traits"), job("alone")])


def test_every_job_gets_what_it_takes_and_needs_are_not_limited() -> None:
    steps = make_plan(REGISTRY, ["scores"])
    given = parameters_for(steps, {"user_id": (8,), "limit": 3, "stale": True, "batch_size": 7})
    assert given["scores"] == StaleParameters(user_id=(8,), limit=3, stale=True, batch_size=7)
    assert given["traits"] == JobParameters(user_id=(8,), batch_size=7)


def test_an_option_that_no_job_takes_is_named() -> None:
    with pytest.raises(UsageError, match="--stale: none of the jobs alone takes this option"):
        parameters_for(make_plan(REGISTRY, ["alone"]), {"stale": True})


def test_a_bad_value_is_named() -> None:
    with pytest.raises(ParameterError, match=r"--batch-size: .* greater than or equal to 1 \(got 0\)"):
        parameters_for(make_plan(REGISTRY, ["alone"]), {"batch_size": 0})


def test_the_shell_completes_groups_and_all() -> None:
    assert ("all", "every job") in job_names("al")
    assert job_names("zzz") == []
