"""Analyses of profiles: ask for one, and see how it stands."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Path, Response
from pydantic import BaseModel, ConfigDict

from ..db.runs import Trigger
from ..errors import RateLimitedError
from ..jobs import registry
from ..jobs.profile.due import JOB_NAME
from ..jobs.profile.status import AnalysisStatus, analysis_status
from ..queue.enqueue import enqueue_job
from .events import Id
from .problems import Problem
from .service import Here

router = APIRouter(prefix="/profile", tags=["profile analysis"])


class AnalyseBody(BaseModel):
    """Whose profile to analyse."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_id: Id


class Asked(BaseModel):
    """A run that will do it."""

    run_id: int | None
    status: str
    duplicate: bool
    """Whether it was asked for already."""


class AnalysisBody(BaseModel):
    """How the analysis of a person stands."""

    user_id: int
    status: str
    """none, pending, running, completed or failed."""
    run_id: int | None
    insufficient_data: bool
    """Whether the last one found fewer than 10 messages."""
    result: dict[str, Any] | None  # Any: JSON
    """Of the last one that was completed; it stays through later attempts."""
    analysed_at: datetime | None
    messages: int | None
    analyser: str | None
    algorithm_version: str | None
    error: str | None
    retry_at: datetime | None
    """When it is tried again."""


@router.post("/analyze", status_code=202)
def analyze(body: AnalyseBody, here: Here, response: Response, after: BackgroundTasks) -> Asked:
    """Ask for an analysis: 202 with its run, 200 with one that is under way, 429 within an hour of the last."""
    job, now = registry[JOB_NAME], datetime.now(UTC)
    with here.database.connection() as connection:
        status = _known(analysis_status(connection, body.user_id), body.user_id)
        if status.is_open:
            response.status_code = 200
            return Asked(run_id=status.run_id, status=status.status, duplicate=True)
        if status.free_at:
            raise _too_soon(status.free_at, now)
        try:
            made = enqueue_job(
                connection, here.settings, job, job.parameters(user_id=(body.user_id,)), now=now,
                trigger=Trigger.MANUAL, cause="asked for over HTTP",
            )  # fmt: skip
        except RateLimitedError as error:
            raise _too_soon(error.free_at, now) from None
    after.add_task(here.hand_out)
    if not made.is_new:
        response.status_code = 200
    return Asked(run_id=made.record.id, status="pending", duplicate=not made.is_new)


@router.get("/analyze/{user_id}")
def analysis(user_id: Annotated[int, Path(ge=-(2**63), le=2**63 - 1)], here: Here) -> AnalysisBody:
    """Tell how the analysis of a person stands, and what the last one found."""
    with here.database.connection() as connection:
        status = _known(analysis_status(connection, user_id), user_id)
    return AnalysisBody.model_validate(status, from_attributes=True)


def _known(status: AnalysisStatus | None, user: int) -> AnalysisStatus:
    if status is None:
        raise Problem(404, f"there is no user {user}")
    return status


def _too_soon(free_at: datetime, now: datetime) -> Problem:
    seconds = max(1, math.ceil((free_at - now).total_seconds()))
    return Problem(
        429, "this person was analysed within the hour", {"Retry-After": str(seconds)}, more={"retry_after_s": seconds}
    )  # fmt: skip
