"""The commands that show what there is to run, and in which order it would."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..jobs import registry
from ..plan import make_plan
from ..registry import Job
from .choice import job_names
from .options import AsJson
from .output import print_json, print_table, say


def list_jobs(as_json: AsJson = False) -> None:
    """List the jobs: what they do and need, and when they are due."""
    if as_json:
        print_json([_as_json(job) for job in registry])
        return
    print_table(
        ("Job", "Group", "Needs", "Schedule", "Version", "What it does"),
        [
            (
                job.name,
                job.group,
                ", ".join(job.needs),
                "; ".join(one.cron for one in job.timetables),
                job.algorithm_version,
                job.summary,
            )
            for job in registry
        ],
    )


def show_plan(
    names: Annotated[
        list[str],
        typer.Argument(metavar="JOB|GROUP|all...", help="What would be run.", autocompletion=job_names),
    ],
    as_json: AsJson = False,
) -> None:
    """Show which jobs would run, in which order, and why."""
    steps = make_plan(registry, names)
    if as_json:
        print_json([
            {"place": place, "job": step.job.name, "why": step.reason, "needs": step.job.needs}
            for place, step in enumerate(steps, 1)
        ])  # fmt: skip
    elif steps:
        print_table(
            ("", "Job", "Why", "Needs"),
            [
                (str(place), step.job.name, step.reason, ", ".join(step.job.needs))
                for place, step in enumerate(steps, 1)
            ],
        )
    else:
        say(f"{' and '.join(names)} has no jobs yet.")


def _as_json(job: Job) -> dict[str, Any]:  # Any: whatever JSON can hold
    parameters = {
        name: {
            "type": str(field.annotation).replace("<class '", "").replace("'>", ""),
            "default": field.get_default(call_default_factory=True, validated_data={}),
            "description": field.description,
        }
        for name, field in job.parameters.model_fields.items()
    }
    return {
        "name": job.name,
        "group": job.group,
        "summary": job.summary,
        "needs": job.needs,
        "schedules": [vars(one) for one in job.timetables],
        "algorithm_version": job.algorithm_version,
        "writes": job.writes,
        "budget": vars(job.budget),
        "parameters": parameters,
        "examples": job.examples,
    }
