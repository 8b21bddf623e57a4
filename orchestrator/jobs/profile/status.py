"""How the analysis of one person stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from .due import JOB_NAME, WINDOW

# Nobody of this id: no row. An open run is one for this person alone, or the one that is at this person.
STATUS = """
SELECT u.id AS user_id,
  CASE WHEN r.status = 'RUNNING' OR a.status = 'running' AND t.status = 'RUNNING' THEN 'running'
    WHEN r.id IS NOT NULL OR a.status = 'waiting' THEN 'pending'
    WHEN a.status = 'running' OR l.id > coalesce(a.run_id, 0) THEN 'failed'
    ELSE coalesce(a.status, 'none') END AS status,
  coalesce(r.id, greatest(a.run_id, l.id)) AS run_id,
  r.id IS NOT NULL OR a.status = 'running' AND t.status = 'RUNNING' AS is_open,
  a.analysed_at, a.messages, coalesce(a.insufficient_data, false) AS insufficient_data, a.result, a.analyser,
  a.algorithm_version, CASE WHEN l.id > coalesce(a.run_id, 0) THEN l.error ELSE a.error END AS error, a.retry_at,
  CASE WHEN a.analysed_at > clock_timestamp() - %(window)s THEN a.analysed_at + %(window)s END AS free_at
FROM app.users AS u
LEFT JOIN feed.profile_analysis AS a ON a.user_id = u.id
LEFT JOIN feed.job_run AS t ON t.id = a.run_id
LEFT JOIN LATERAL (
  SELECT id, status FROM feed.job_run
  WHERE job = %(job)s AND scope = %(scope)s AND status IN ('WAITING', 'QUEUED', 'RUNNING')
  ORDER BY status = 'RUNNING' DESC, id LIMIT 1) AS r ON true
-- One that failed before it came to the person: its row knows nothing of it.
LEFT JOIN LATERAL (
  SELECT id, error FROM (
    SELECT id, status, error FROM feed.job_run WHERE job = %(job)s AND scope = %(scope)s ORDER BY id DESC LIMIT 1) AS last
  WHERE status = 'FAILED') AS l ON true
WHERE u.id = %(user)s LIMIT 1
"""


@dataclass(frozen=True)
class AnalysisStatus:
    """The last analysis of a person, and what is under way."""

    user_id: int
    status: str
    """none, pending, running, completed or failed."""
    run_id: int | None
    is_open: bool
    """Whether a run that has not ended will do it, or is doing it."""
    analysed_at: datetime | None
    messages: int | None
    insufficient_data: bool
    result: dict[str, Any] | None  # Any: JSON
    analyser: str | None
    algorithm_version: str | None
    error: str | None
    retry_at: datetime | None
    free_at: datetime | None
    """From when on there may be another; None: now."""


def analysis_status(connection: psycopg.Connection, user: int) -> AnalysisStatus | None:
    """Tell how the analysis of a person stands; None if there is no such person."""
    values = {"user": user, "job": JOB_NAME, "scope": f"users:{user}", "window": WINDOW}
    with connection.cursor(row_factory=class_row(AnalysisStatus)) as cursor:
        return cursor.execute(STATUS, values).fetchone()
