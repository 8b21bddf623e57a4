"""Which jobs a command line means, and which of its options go to which job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from ..context import JobParameters
from ..errors import ParameterError, UsageError
from ..jobs import registry
from ..plan import Step, make_plan
from ..registry import Group

# A need is computed in full even when the job that asked for it is limited: its output serves everybody.
FOR_THE_ASKED = frozenset({"limit"})


def job_names(incomplete: str = "") -> list[tuple[str, str]]:
    """List jobs, groups and `all` with a word on each; for completion in the shell."""
    groups = [(str(group), f"all jobs of group {group}") for group in Group if registry.in_group(group)]
    names = [(job.name, job.summary) for job in registry] + groups + [("all", "every job")]
    return [pair for pair in names if pair[0].startswith(incomplete)]


def chosen_steps(names: Sequence[str]) -> tuple[Step, ...]:
    """Plan the named jobs; UsageError if there is nothing to run."""
    steps = make_plan(registry, names)
    if not steps:
        raise UsageError(f"{' and '.join(names)} has no jobs yet; `orchestrator list` shows those there are")
    return steps


def parameters_for(
    steps: Sequence[Step], given: Mapping[str, Any]
) -> dict[str, JobParameters]:  # Any: option values
    """Give each job the options it takes; UsageError names an option that no job takes, or its bad value."""
    for name in given:
        if not any(name in step.job.parameters.model_fields for step in steps):
            takers = [job.name for job in registry if name in job.parameters.model_fields]
            hint = f"; it is for {', '.join(takers)}" if takers else ""
            raise UsageError(f"{option(name)}: none of the jobs {_names(steps)} takes this option{hint}")
    return {step.job.name: _parameters(step, given) for step in steps}


def option(name: str) -> str:
    """Spell a parameter as it stands on the command line."""
    return "--" + name.replace("_", "-")


def _parameters(step: Step, given: Mapping[str, Any]) -> JobParameters:  # Any: option values
    fields = set(step.job.parameters.model_fields)
    if step.reason.startswith("needed by"):
        fields -= FOR_THE_ASKED
    try:
        return step.job.parameters(**{name: value for name, value in given.items() if name in fields})
    except ValidationError as error:
        fault = error.errors()[0]
        name = option(str(fault["loc"][0]))
        raise ParameterError(f"{name}: {fault['msg']} (got {fault['input']})") from None


def _names(steps: Sequence[Step]) -> str:
    return ", ".join(step.job.name for step in steps)
