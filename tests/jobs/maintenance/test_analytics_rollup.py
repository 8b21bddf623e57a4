"""The job analytics-rollup: sums by day and job, against plain Python, and what a second run leaves alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Any

import numpy as np
import pytest

from orchestrator.db.engine import Database
from tests.jobs.conftest import NOW, Runner, execute, rows, versions

from .old_runs import OldRun, random_runs, write_runs

JOB = "analytics-rollup"
STORED = """
SELECT day, job, runs, succeeded, failed, cancelled, skipped, items_processed, items_failed, rows_written,
  duration_p50_ms, duration_p95_ms, wait_p50_ms, wait_p95_ms FROM feed.job_run_daily ORDER BY day, job
"""
KEY = "day::text || job"


def plain(runs: Sequence[OldRun]) -> list[tuple[Any, ...]]:  # Any: a row
    """Sum up in Python what has ended on whole days."""
    by_day: defaultdict[tuple[date, str], list[OldRun]] = defaultdict(list)
    for run in runs:
        if run.finished_at.date() < NOW.date():
            by_day[run.finished_at.date(), run.job].append(run)
    return [(*key, *_sums(group)) for key, group in sorted(by_day.items())]


def _sums(group: list[OldRun]) -> list[object]:
    ended = Counter(run.status for run in group)
    took = [run.duration_ms for run in group if run.status == "SUCCESS"]
    waited = [run.waited_ms for run in group if run.waited_ms is not None]
    return [
        len(group), *(ended[status] for status in ("SUCCESS", "FAILED", "CANCELLED", "SKIPPED")),
        sum(run.items for run in group), sum(run.failed for run in group), sum(run.written or 0 for run in group),
        *(float(np.percentile(values, share)) if values else None for values in (took, waited) for share in (50, 95)),
    ]  # fmt: skip


def test_sums_by_day_and_job_are_those_of_plain_python(database: Database, run: Runner) -> None:
    runs = random_runs(300, 9)
    write_runs(database, *runs, OldRun(status="RUNNING", days=1), OldRun(status="WAITING", days=2))
    record = run(JOB, batch_size=4)
    expected = plain(runs)
    stored = rows(database, STORED)
    assert [row[:10] for row in stored] == [row[:10] for row in expected]
    assert [row[10:] for row in stored] == [pytest.approx(row[10:], rel=1e-9) for row in expected]
    assert (record.items_processed, record.metadata["rows_written"]) == (9, len(expected))


def test_a_second_run_touches_no_row_and_a_day_that_is_under_way_is_left_out(
    database: Database, run: Runner
) -> None:
    write_runs(database, OldRun(days=0.1), OldRun(days=3), OldRun(days=40))
    run(JOB)
    before = versions(database, "feed.job_run_daily", KEY)
    assert len(before) == 2
    record = run(JOB)
    assert record.metadata["rows_written"] == 0
    assert record.items_processed == 10, "the days since the last, and a week before"
    assert versions(database, "feed.job_run_daily", KEY) == before
    run(JOB, now=NOW + timedelta(days=1))
    assert len(versions(database, "feed.job_run_daily", KEY)) == 3


def test_a_run_found_dead_later_is_added_and_expired_ones_are_not_taken_off(
    database: Database, run: Runner
) -> None:
    write_runs(database, *(OldRun(days=3, scope=f"users:{n}") for n in range(5)))
    run(JOB)
    write_runs(database, OldRun(days=3, status="FAILED"))
    run(JOB)
    sums = "SELECT runs, succeeded, failed FROM feed.job_run_daily"
    assert rows(database, sums) == [(6, 5, 1)]
    execute(database, "DELETE FROM feed.job_run WHERE status = 'SUCCESS' AND job = 'match-scores'")
    assert run(JOB).metadata["rows_written"] == 0
    assert rows(database, sums) == [(6, 5, 1)]


def test_parts_are_counted_by_their_wholes(database: Database, run: Runner) -> None:
    (whole,) = write_runs(database, OldRun(days=2, scope="all", items=30))
    write_runs(database, *(OldRun(days=2, scope=f"part {n}", items=10, whole=whole) for n in range(3)))
    run(JOB)
    assert rows(database, "SELECT runs, items_processed FROM feed.job_run_daily") == [(1, 30)]


def test_days_are_those_of_utc(database: Database, run: Runner) -> None:
    midnight = NOW.astimezone(UTC).replace(hour=0)
    just = (NOW - midnight).total_seconds() / 86_400
    late = OldRun(days=just + 1 / 86_400)
    write_runs(database, late, replace(late, days=just + 1), replace(late, days=just + 1 + 1 / 86_400))
    run(JOB)
    day = midnight.date()
    assert rows(database, "SELECT day, runs FROM feed.job_run_daily ORDER BY day") == [
        (day - timedelta(days=2), 1), (day - timedelta(days=1), 2),
    ]  # fmt: skip


def test_without_any_run_there_is_nothing_to_sum_up(database: Database, run: Runner) -> None:
    assert run(JOB).items_processed == 0
    assert rows(database, STORED) == []
