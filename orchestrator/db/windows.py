"""Runs that may come only so often for one user within a window of time."""

from __future__ import annotations

from datetime import datetime

import psycopg

# A run that was just enqueued waits for the end of the window of the last but so many before it. A run and its further
# tries count once, from the last; what never started does not count. Nobody else can enqueue the like meanwhile: one
# run of a job and scope waits at most, and this one does until the end of the transaction.
POSTPONE = """
UPDATE feed.job_run AS q SET not_before = earlier.free_at FROM (
  SELECT r.started_at + %(window_s)s * interval '1 second' AS free_at FROM feed.job_run AS r
  WHERE r.job = %(job)s AND r.scope = %(scope)s
    AND r.started_at > clock_timestamp() - %(window_s)s * interval '1 second'
    AND NOT EXISTS (SELECT FROM feed.job_run AS t
      WHERE t.job = r.job AND t.scope = r.scope AND t.resumed_from = r.id AND t.started_at IS NOT NULL)
  ORDER BY r.started_at DESC OFFSET %(others)s LIMIT 1) AS earlier
WHERE q.id = %(id)s
RETURNING q.not_before
"""


def postpone(
    connection: psycopg.Connection, run_id: int, job: str, scope: str, *, runs: int, window_s: int
) -> datetime | None:
    """Let a new run wait until it is one of at most `runs` in any `window_s` seconds; None: it need not wait.

    Call it in the transaction that enqueued the run.
    """
    values = {"id": run_id, "job": job, "scope": scope, "window_s": window_s, "others": runs - 1}
    row = connection.execute(POSTPONE, values).fetchone()
    return row[0] if row else None
