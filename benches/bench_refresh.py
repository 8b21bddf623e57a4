"""From the commit of an event to changed lists, at a steady rate, with one refresher and nothing else at work.

Corpus: the synthetic town, seed 1, 100,000 people (`--quick`: 10,000), every list computed as of today. Events of
all kinds that change lists, each as likely as any other, are sent at their times whatever becomes of them. Checked
afterwards: computing every list anew changes none but those that were left to it, beyond the cap.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.runner import RunStatus, run_job
from orchestrator.settings import Settings

from .bench_jobs import JOB, PEOPLE, QUICK_PEOPLE, furnished
from .refresh_load import Load, send
from .report import Report
from .timing import load

RATE = 20.0
SECONDS, QUICK_SECONDS = 60.0, 10.0
WARM_UP_S = 5.0
FIRST_NEW = 10_000_000
RUNS = """
SELECT count(*), sum(duration_ms) / 1000.0, avg(items_processed), avg((metadata ->> 'rows_written')::float8)
FROM feed.job_run WHERE id > %s AND job = 'match-scores' AND trigger = 'EVENT' AND status = 'SUCCESS'
"""
FAILED = "SELECT array_agg(error) FROM feed.job_run WHERE trigger = 'EVENT' AND status = 'FAILED'"
CAPPED = """
SELECT coalesce(sum((metadata ->> 'viewers_left_to_the_next_run')::int), 0) FROM feed.job_run WHERE trigger = 'EVENT'
"""


@pytest.mark.benchmark(group="refresh")
def test_from_an_event_to_changed_lists(benchmark: BenchmarkFixture, report: Report, quick: bool) -> None:
    """Open loop: a slow answer delays nobody's question."""
    people, seconds = (QUICK_PEOPLE, QUICK_SECONDS) if quick else (PEOPLE, SECONDS)
    table = report.table(
        "From an event's commit to changed lists, one refresher, 20 events/s",
        "what", "people", "events", "p50 ms", "p95 ms", "worst ms", "load",
    )  # fmt: skip
    with furnished(people, table) as (database, folder):
        recomputed(database)
        with refresher(folder) as process:
            send(database, people, 5.0, WARM_UP_S, FIRST_NEW, seed=2)
            before = one(database, "SELECT coalesce(max(id), 0) FROM feed.job_run")[0]
            used = cpu_s(process)
            told = benchmark.pedantic(
                send, args=(database, people, RATE, seconds, FIRST_NEW + 1000), rounds=1, iterations=1
            )
            used = cpu_s(process) - used
        add_rows(table.rows, told, people)
        runs, busy_s, items, written = one(database, RUNS, before)
        table.notes.append(
            f"{runs:,} runs, {busy_s:.1f} s in all; {items:.0f} lists computed and {written:.0f} written a run on average;"
            f" {1000 * used / len(told.latency_ms):.1f} ms of the refresher's CPU an event; {told.late} events sent late"
        )
        assert one(database, FAILED) == (None,)
        left = one(database, CAPPED)[0]
        changed = recomputed(database)
        table.notes.append(
            f"{left:,} lists were left to the next run over everybody, which changed {changed:,}"
        )
    if not quick:
        report.goal("p50 from event to lists, ms", float(np.percentile(told.latency_ms, 50)), at_most=100)
        report.goal("p95 from event to lists, ms", float(np.percentile(told.latency_ms, 95)), at_most=300)
    report.goal(
        "lists that computing everything anew changes, beside those left to it", changed - left, at_most=0
    )


def add_rows(rows: list[tuple[Any, ...]], told: Load, people: int) -> None:  # Any: cells
    """One row for all events, and one for each kind."""
    latency, kinds = np.array(told.latency_ms), np.array(told.kinds)
    for name in ("all", *sorted(set(told.kinds))):
        mine = latency[kinds == name] if name != "all" else latency
        p50, p95 = np.percentile(mine, [50, 95])
        rows.append((name, people, len(mine), float(p50), float(p95), float(mine.max()), load()))


def recomputed(database: Database) -> int:
    """Compute all lists as of today, and tell how many rows that changed."""
    job, settings = registry[JOB], Settings()
    record = run_job(database, settings, job, job.parameters(), now=datetime.now(UTC))
    assert record.status is RunStatus.SUCCESS, record.error
    return int(record.metadata.get("rows_written", 0))


def one(database: Database, query: str, *params: object) -> tuple[Any, ...]:  # Any: what a query gives
    """The only row of an answer."""
    with database.connection() as connection:
        row = connection.execute(query.encode(), params).fetchone()
    assert row is not None
    return row


@contextmanager
def refresher(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One refresher in a process of its own."""
    environment = {**os.environ, "FEEDSCORE_DATA_DIR": str(folder)}
    process = subprocess.Popen([sys.executable, "-m", "orchestrator", "refresher"], env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    """CPU seconds that a process has used, on Linux."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
