"""The job analytics-rollup: feed.job_run_daily, what ran on each day, kept when the runs themselves are gone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import psycopg
from pydantic import Field

from ...context import Batch, BatchResult, DryRun, JobContext, JobParameters
from ...registry import Budget, Group, Job
from ..estimate import rows_in

VERSION = "1"
TABLE = "feed.job_run_daily"
READS = ("feed.job_run", TABLE)
OVERLAP_DAYS = 7
"""A run that died may be found days later, and then ends at its last heartbeat."""
# The first day with runs that are not summed up yet, and how far it was summed up before.
FIRST_DAY = """
SELECT (min(r.finished_at) AT TIME ZONE 'UTC')::date, (SELECT max(day) FROM feed.job_run_daily)
FROM feed.job_run AS r WHERE r.finished_at IS NOT NULL
"""
# Sum up the runs that ended within some days, wholes without their parts. Runs of a day that has passed only ever
# become fewer, as they expire: a day that was summed up from more of them stays as it is.
SUM_UP = """
WITH ended AS (
  SELECT (finished_at AT TIME ZONE 'UTC')::date AS day, job, job_group, status, items_processed, items_failed,
    CASE WHEN jsonb_typeof(metadata -> 'rows_written') = 'number' THEN (metadata ->> 'rows_written')::numeric END AS written,
    CASE WHEN status = 'SUCCESS' THEN duration_ms END AS duration_ms,
    1000 * extract(epoch FROM started_at - dispatched_at)::float8 AS wait_ms
  FROM feed.job_run WHERE parent_id IS NULL AND finished_at >= %(start)s AND finished_at < %(stop)s),
summed AS (
  SELECT day, job, max(job_group) AS job_group, count(*) AS runs,
    count(*) FILTER (WHERE status = 'SUCCESS') AS succeeded, count(*) FILTER (WHERE status = 'FAILED') AS failed,
    count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled, count(*) FILTER (WHERE status = 'SKIPPED') AS skipped,
    sum(items_processed) AS items_processed, sum(items_failed) AS items_failed, coalesce(sum(written), 0) AS rows_written,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS duration_p50_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS duration_p95_ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY wait_ms) AS wait_p50_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY wait_ms) AS wait_p95_ms
  FROM ended GROUP BY day, job)
INSERT INTO feed.job_run_daily AS d (day, job, job_group, runs, succeeded, failed, cancelled, skipped, items_processed,
  items_failed, rows_written, duration_p50_ms, duration_p95_ms, wait_p50_ms, wait_p95_ms, computed_at, algorithm_version)
SELECT s.*, %(now)s, %(version)s FROM summed AS s
LEFT JOIN feed.job_run_daily AS o ON o.day = s.day AND o.job = s.job
WHERE o.day IS NULL OR s.runs > o.runs OR s.runs = o.runs AND o.algorithm_version <> %(version)s
ON CONFLICT (day, job) DO UPDATE SET job_group = excluded.job_group, runs = excluded.runs,
  succeeded = excluded.succeeded, failed = excluded.failed, cancelled = excluded.cancelled, skipped = excluded.skipped,
  items_processed = excluded.items_processed, items_failed = excluded.items_failed, rows_written = excluded.rows_written,
  duration_p50_ms = excluded.duration_p50_ms, duration_p95_ms = excluded.duration_p95_ms,
  wait_p50_ms = excluded.wait_p50_ms, wait_p95_ms = excluded.wait_p95_ms, computed_at = excluded.computed_at,
  algorithm_version = excluded.algorithm_version
"""


class RollupParameters(JobParameters):
    """What analytics-rollup can be told."""

    batch_size: int = Field(default=7, ge=1, description="Days in one batch, each committed by itself.")


def analytics_rollup(context: JobContext) -> None:
    """Sum up the runs of each whole day by job: how many, how they ended, how long they took and waited.

    Days are those of UTC on which runs ended. Written are the days since the last rollup, and a week before.
    """
    days = _days(context)

    def work(connection: psycopg.Connection, batch: Batch) -> BatchResult:
        start = _midnight(days[batch.start])
        values = {
            "start": start, "stop": start + timedelta(days=len(batch)), "now": context.now, "version": VERSION,
        }  # fmt: skip
        return BatchResult(written=connection.execute(SUM_UP, values).rowcount)

    context.run.in_batches(len(days), work, inputs=days[0].isoformat() if days else "")


def _days(context: JobContext) -> list[date]:
    """Give the days to sum up, ascending: whole ones only."""
    with context.database.connection() as connection:
        first, summed_until = connection.execute(FIRST_DAY).fetchone() or (None, None)
    if not first:
        return []
    if summed_until:
        first = max(first, summed_until - timedelta(days=OVERLAP_DAYS))
    today = context.now.astimezone(UTC).date()
    return [first + timedelta(days=n) for n in range((today - first).days)][: context.parameters.limit]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def preview(context: JobContext) -> DryRun:
    """Tell how many days would be summed up."""
    days = _days(context)
    with context.database.connection() as connection:
        return DryRun(items=len(days), rows_to_scan=rows_in(connection, READS), note="items are days")


JOB = Job(
    name="analytics-rollup",
    group=Group.MAINTENANCE,
    run=analytics_rollup,
    preview=preview,
    algorithm_version=VERSION,
    budget=Budget(max_rows_scanned=20_000_000, max_rows_written=10_000, expected_runtime_s=30),
    parameters=RollupParameters,
    schedule="0 2 * * 0",
    priority=20,
    examples=("run analytics-rollup",),
    writes=(TABLE,),
)
