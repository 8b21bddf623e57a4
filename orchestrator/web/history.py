"""What ran and what there is to run, to read only."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from ..db.runs import RunStatus, find_run, list_runs
from ..jobs import registry
from .problems import Problem
from .service import Here

MOST_RUNS = 1_000
router = APIRouter(tags=["jobs and runs"])


@router.get("/jobs")
def jobs() -> dict[str, Any]:  # Any: JSON
    """List all jobs."""
    return {
        "jobs": [
            {
                "name": job.name, "group": job.group, "summary": job.summary, "needs": job.needs,
                "schedules": [{"name": one.name, "cron": one.cron} for one in job.timetables],
                "algorithm_version": job.algorithm_version, "writes": job.writes,
            }
            for job in registry
        ]
    }  # fmt: skip


@router.get("/runs")
def runs(
    here: Here,
    job: str | None = None,
    status: RunStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST_RUNS)] = 20,
) -> dict[str, Any]:  # Any: JSON
    """List runs, the newest first."""
    if job is not None and job not in registry.jobs:
        raise Problem(404, f"there is no job {job}; GET /api/jobs lists them")
    with here.database.connection() as connection:
        found = list_runs(connection, job=job, status=status, limit=limit)
    return {"runs": [record.as_json() for record in found]}


@router.get("/runs/{run_id}")
def run(run_id: Annotated[int, Path(ge=0, le=2**63 - 1)], here: Here) -> dict[str, Any]:  # Any: JSON
    """Show one run."""
    with here.database.connection() as connection:
        found = find_run(connection, run_id)
    if not found:
        raise Problem(404, f"there is no run {run_id}")
    return found.as_json()
