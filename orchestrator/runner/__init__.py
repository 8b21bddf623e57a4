"""Run jobs here and now: one row for each run, one lock for each job and scope, batches with checkpoints."""

from ..db.runs import RunRecord, RunStatus, Trigger
from .execute import run_job
from .preview import preview_plan
from .progress import Progress, Reporter, Silent
from .queued import bury_the_silent, run_queued
from .sequence import PlanResult, run_plan
from .stop import Stop

__all__ = [
    "PlanResult", "Progress", "Reporter", "RunRecord", "RunStatus", "Silent", "Stop", "Trigger",
    "bury_the_silent", "preview_plan", "run_job", "run_plan", "run_queued",
]  # fmt: skip
