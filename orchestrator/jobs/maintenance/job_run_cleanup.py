"""The job job-run-cleanup: removes old runs, and what they, events and schedules have left behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import psycopg
from pydantic import Field

from ...context import Batch, BatchResult, DryRun, JobContext, JobParameters
from ...registry import Budget, Group, Job
from ..estimate import rows_in

VERSION = "1"
# The last run over everybody of each job that went well: `--stale`, `--changed` and readers ask for it. The last that
# found everything in order may be an older one.
KEPT = """
SELECT max(id), max(id) FILTER (WHERE metadata ? 'checked_everybody' AND items_failed = 0)
FROM feed.job_run WHERE scope = 'all' AND status = 'SUCCESS' GROUP BY job
"""
COUNT = "SELECT count(*) FROM {table} AS t WHERE {doomed}"
# Some of the rows; those of one statement are told apart by their place.
REMOVE = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM {table} AS t WHERE {doomed} LIMIT %(rows)s))
"""


@dataclass(frozen=True)
class Sweep:
    """Rows of one table that may go."""

    what: str
    table: str
    doomed: str
    """The condition on a row `t`."""


SWEEPS = (
    # Old enough by how they ended, summed up by analytics-rollup, and nobody waits for them; parts go with their whole.
    Sweep("runs", "feed.job_run", """
t.parent_id IS NULL
AND t.finished_at < CASE WHEN t.status = 'SUCCESS' THEN %(success)s::timestamptz ELSE %(failure)s END
AND t.finished_at < greatest(%(success)s, %(failure)s)
AND t.finished_at < ((SELECT max(day) + 1 FROM feed.job_run_daily)::timestamp AT TIME ZONE 'UTC')
AND t.status IN ('SUCCESS', 'FAILED', 'CANCELLED', 'SKIPPED') AND t.id <> ALL (%(kept)s::bigint[])
AND NOT EXISTS (SELECT FROM feed.job_run_need AS n JOIN feed.job_run AS w ON w.id = n.run_id
  WHERE n.need_id = t.id AND w.status IN ('WAITING', 'QUEUED', 'RUNNING'))"""),
    # A run resumes only one of the same day; a part, one of a whole that is still open.
    Sweep("checkpoints", "feed.job_batch", """
EXISTS (SELECT FROM feed.job_run AS r LEFT JOIN feed.job_run AS w ON w.id = r.parent_id
  WHERE r.id = t.run_id AND r.as_of < %(today)s AND r.status NOT IN ('WAITING', 'QUEUED', 'RUNNING')
    AND w.status IS DISTINCT FROM 'RUNNING')"""),
    # Done; what sets people apart stays, since the views read it.
    Sweep("events", "feed.event_outbox", """
t.processed_at < %(event)s AND t.kind NOT IN ('user.blocked', 'user.reported')"""),
    # Decided about long since.
    Sweep("slots", "feed.schedule_slot", "t.slot < %(slot)s AND t.decided_at < %(slot)s"),
)  # fmt: skip


class CleanupParameters(JobParameters):
    """What job-run-cleanup can be told."""

    batch_size: int = Field(default=10_000, ge=1, description="Rows in one batch, each committed by itself.")


def job_run_cleanup(context: JobContext) -> None:
    """Remove runs, events and slots of schedules past their time, and checkpoints that no run can resume any more.

    What has not ended stays, and so does the last run over everybody of each job that went well.
    """
    values = _values(context)
    left = context.parameters.limit
    for sweep in SWEEPS:
        context.run.step(f"counting old {sweep.what}")
        rows = _count(context, sweep, values)
        rows = rows if left is None else min(rows, left)
        left = None if left is None else left - rows
        _remove(context, sweep, values, rows)


def _remove(context: JobContext, sweep: Sweep, values: Mapping[str, object], rows: int) -> None:
    def work(connection: psycopg.Connection, batch: Batch) -> BatchResult:
        statement = REMOVE.format(table=sweep.table, doomed=sweep.doomed)
        removed = connection.execute(statement.encode(), {**values, "rows": len(batch)}).rowcount
        context.run.tell(**{f"{sweep.what}_removed": removed})
        return BatchResult(written=removed)

    context.run.in_batches(rows, work, stage=sweep.what)


def _values(context: JobContext) -> dict[str, object]:
    """Give what the conditions ask for."""
    settings, now = context.settings, context.now
    with context.database.connection() as connection:
        kept = {run for row in connection.execute(KEPT) for run in row if run is not None}
    return {
        "success": now - timedelta(days=settings.run_ttl_days),
        "failure": now - timedelta(days=settings.failed_run_ttl_days),
        "event": now - timedelta(days=settings.event_ttl_days),
        "slot": now - timedelta(days=settings.slot_ttl_days),
        "today": datetime.combine(now.astimezone(UTC).date(), time(), UTC),
        "kept": sorted(kept),
    }


def _count(context: JobContext, sweep: Sweep, values: Mapping[str, object]) -> int:
    with context.database.connection() as connection:
        statement = COUNT.format(table=sweep.table, doomed=sweep.doomed)
        row = connection.execute(statement.encode(), values).fetchone()
    return int(row[0]) if row else 0


def preview(context: JobContext) -> DryRun:
    """Tell how many rows would go, of each kind."""
    values = _values(context)
    counts = {sweep.what: _count(context, sweep, values) for sweep in SWEEPS}
    items = sum(counts.values())
    with context.database.connection() as connection:
        rows = rows_in(connection, [sweep.table for sweep in SWEEPS])
    note = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    return DryRun(items=min(items, context.parameters.limit or items), rows_to_scan=rows, note=note)


JOB = Job(
    name="job-run-cleanup",
    group=Group.MAINTENANCE,
    run=job_run_cleanup,
    preview=preview,
    algorithm_version=VERSION,
    budget=Budget(max_rows_scanned=50_000_000, max_rows_written=20_000_000, expected_runtime_s=120),
    needs=("analytics-rollup",),
    parameters=CleanupParameters,
    schedule="0 2 * * 0",
    priority=20,
    examples=("run job-run-cleanup --dry-run", "run job-run-cleanup"),
)
