"""The jobs match-scores and feed-presort as wholes, on the embedded Postgres; match-scores beside a bare COPY.

Corpus: the synthetic town, seed 1, 100,000 people (`--quick`: 10,000; `--full`: also 1,000,000), written
to a temporary data folder. Job and COPY take turns, each into an empty table after a checkpoint.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from orchestrator.cli.workplace import open_database
from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.plan import make_plan
from orchestrator.runner import run_plan
from orchestrator.settings import Settings
from orchestrator.source.town import make_town, write_town

from .packed_rows import copy_messages, empty, equal_rows, read_messages
from .populations import NOW, SEED
from .report import Report, Table
from .timing import Times, load

PEOPLE, QUICK_PEOPLE, FULL_PEOPLE = 100_000, 10_000, 1_000_000
ROUNDS = 3
READERS = 1_000
JOB = "match-scores"
FEEDS = "feed-presort"
QUIET = (0, 1)
"""Events and posts, the fewest there may be, for jobs that read none; else 60 events and 2 posts a person."""
TWENTY = """
EXPLAIN (ANALYZE, FORMAT JSON)
SELECT * FROM feed.match_score WHERE viewer_user_id = %s ORDER BY score DESC LIMIT 20
"""
# A segment of a feed, and the time it took.
PAGE = "EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM feed.feed_page(%s, 1)"
NEEDED_DISK_GB = 20


@contextmanager
def furnished(
    people: int, table: Table, job: str = JOB, now: datetime = NOW
) -> Iterator[tuple[Database, Path]]:
    """A temporary embedded Postgres with the town in it and everything done that the job needs."""
    folder = Path(tempfile.mkdtemp(prefix="feedscore-bench-", dir=os.environ.get("FEEDSCORE_BENCH_DIR")))
    folder.chmod(0o755)  # the server runs as another user when this is root
    settings, times = Settings(data_dir=folder), Times()
    events, posts = (None, None) if job == FEEDS else QUIET
    try:
        with open_database(settings) as database:
            made_town = times.measure(lambda: make_town(people, SEED, now, events=events, posts=posts))
            with database.connection() as connection:
                times.measure(partial(write_town, connection, made_town))
            del made_town
            steps = [step for step in make_plan(registry, [job]) if step.job.name != job]
            times.measure(lambda: run_plan(database, settings, steps, now=now))
            tell(database, "VACUUM ANALYZE")
            made, written, needs = times.wall_s
            table.notes.append(
                f"{people:,} people: town made in {made:.1f} s, written in {written:.1f} s;"
                f" the jobs that this one needs: {needs:.1f} s"
            )
            yield database, folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_job(folder: Path, job: str = JOB) -> dict[str, Any]:
    """Run the job in a process of its own."""
    command = [sys.executable, "-m", "benches.job_run", job]
    environment = {**os.environ, "FEEDSCORE_DATA_DIR": str(folder)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert not done.returncode, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def tell(database: Database, *statements: str) -> None:
    """Run statements that want no transaction."""
    connection = database.dedicated()
    try:
        for statement in statements:
            connection.execute(statement.encode())
    finally:
        connection.close()


def forget_lists(database: Database) -> None:
    """Make the job's table empty, as it was before."""
    tell(database, "TRUNCATE feed.match_list", "TRUNCATE feed.job_run CASCADE", "CHECKPOINT")


@pytest.mark.benchmark(group="jobs")
def test_match_scores_beside_a_bare_copy(benchmark: BenchmarkFixture, report: Report, quick: bool) -> None:
    """Load, kernel, write and commit, against writing alone."""
    people, rounds = QUICK_PEOPLE if quick else PEOPLE, ROUNDS
    table = report.table(
        "The whole job beside a bare COPY of its rows", "what", "people", "runs", "best s", "median s", "load"
    )
    with furnished(people, table) as (database, folder):
        told = [first_run(database, folder)]
        one, two = read_messages(database, 1), read_messages(database, 2)
        copy_one, copy_two = Times(), Times()

        def their_turn() -> None:
            for times, split in ((copy_one, one), (copy_two, two)):
                with database.connection() as connection:
                    empty(connection)
                tell(database, "CHECKPOINT")
                times.measure(partial(copy_messages, database, split))
            if len(copy_one.wall_s) == 1:
                with database.connection() as connection:
                    assert equal_rows(connection) == told[0]["written"]["viewers_eligible"]
            forget_lists(database)

        benchmark.pedantic(lambda: told.append(run_job(folder)), setup=their_turn, rounds=rounds)
        walls = [run["wall_s"] for run in told]
        again = run_job(folder)
        add_times(table, people, "job match-scores", walls)
        add_times(table, people, "bare COPY, one connection", copy_one.wall_s)
        add_times(table, people, "bare COPY, two connections", copy_two.wall_s)
        add_times(table, people, "job again, nothing changed", [again["wall_s"]])
        size = sum(map(len, one[0])) / 1e6
        peak = max(run["peak_mb"] for run in told)
        cpu = min(run["cpu_s"] for run in told)
        table.notes.append(
            f"rows: {size:,.0f} MB; the job: {cpu:.1f} s of CPU in its process, peak RSS {peak:,.0f} MB"
        )
        report.goal(f"whole job / bare COPY, {people:,} people", min(walls) / copy_one.best_s, at_most=1.5)
        report.goal(f"peak RSS MB of the job, {people:,} people", peak, at_most=1024)
        read_lists(database, report, people)


def first_run(database: Database, folder: Path) -> dict[str, Any]:
    """Run the job for the first time; its rows are what is copied afterwards."""
    tell(database, "CHECKPOINT")
    return run_job(folder)


def add_times(table: Table, people: int, what: str, seconds: list[float]) -> None:
    """Add a row of repetitions."""
    table.rows.append(
        (what, people, len(seconds), min(seconds), sorted(seconds)[len(seconds) // 2], round(load(), 1))
    )


def read_lists(database: Database, report: Report, people: int) -> None:
    """Read the best 20 of random viewers, by the server's own clock."""
    tell(database, "VACUUM ANALYZE feed.match_list")
    times = []
    with database.connection() as connection:
        viewers = [row[0] for row in connection.execute("SELECT viewer_id FROM feed.match_list ORDER BY 1")]
        for viewer in random.Random(SEED).choices(viewers, k=READERS):
            row = connection.execute(TWENTY, (viewer,)).fetchone()
            assert row
            times.append((row[0][0]["Execution Time"], row[0][0]["Planning Time"]))
    table = report.table(
        "Reading one viewer's best 20 through feed.match_score",
        "people",
        "readers",
        "p50 ms",
        "p99 ms",
        "planning p50 ms",
    )
    executions, plannings = sorted(t[0] for t in times), sorted(t[1] for t in times)
    p50, p99 = executions[len(times) // 2], executions[len(times) * 99 // 100]
    table.rows.append((people, len(times), p50, p99, plannings[len(times) // 2]))
    report.goal(f"reading 20, p50 ms on the server, {people:,} viewers", p50, at_most=1.0)


@pytest.mark.benchmark(group="jobs")
def test_feed_presort_of_everybody(benchmark: BenchmarkFixture, report: Report, quick: bool) -> None:
    """Read posts, affinity, exclusions and what was seen; rank, write and commit; then read pages."""
    people, rounds = QUICK_PEOPLE if quick else PEOPLE, ROUNDS
    table = report.table(
        "feed-presort, 3 segments of 20", "what", "people", "runs", "best s", "median s", "load"
    )
    with furnished(people, table, FEEDS) as (database, folder):
        told: list[dict[str, Any]] = []

        def empty_table() -> None:
            tell(database, "TRUNCATE feed.feed_presorted", "TRUNCATE feed.job_run CASCADE", "CHECKPOINT")

        benchmark.pedantic(lambda: told.append(run_job(folder, FEEDS)), setup=empty_table, rounds=rounds)
        again = run_job(folder, FEEDS)
        assert again["written"]["rows_written"] == 0
        add_times(table, people, "job feed-presort", [run["wall_s"] for run in told])
        add_times(table, people, "job again, nothing changed", [again["wall_s"]])
        first = told[0]["written"]
        table.notes.append(
            f"{first['feeds']:,} feeds, {first['posts_shown']:,} posts shown out of {first['posts_of_window']:,} posts;"
            f" {min(run['cpu_s'] for run in told):.1f} s of CPU in its process"
        )
        report.goal(f"feed-presort s, {people:,} people", min(run["wall_s"] for run in told), at_most=60)
        report.goal(
            f"peak RSS MB of feed-presort, {people:,} people",
            max(run["peak_mb"] for run in told),
            at_most=1024,
        )
        read_pages(database, report, people)


def read_pages(database: Database, report: Report, people: int) -> None:
    """Read the first pages of random readers, by the server's own clock."""
    tell(database, "VACUUM ANALYZE feed.feed_presorted")
    with database.connection() as connection:
        owners = "SELECT user_id FROM feed.feed_presorted WHERE segment = 1 ORDER BY 1"
        readers = [row[0] for row in connection.execute(owners)]
        times = []
        for reader in random.Random(SEED).choices(readers, k=READERS):
            row = connection.execute(PAGE, (reader,)).fetchone()
            assert row
            times.append(row[0][0]["Execution Time"] + row[0][0]["Planning Time"])
    times.sort()
    table = report.table("Reading a segment through feed.feed_page", "people", "readers", "p50 ms", "p99 ms")
    p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    table.rows.append((people, len(times), p50, p99))
    report.goal(f"reading a segment, p99 ms on the server, {people:,} readers", p99, at_most=5.0)


@pytest.mark.benchmark(group="jobs")
def test_match_scores_of_a_million(benchmark: BenchmarkFixture, report: Report, full: bool) -> None:
    """Once, for time and memory."""
    if not full:
        pytest.skip("only with --full")
    free = shutil.disk_usage(os.environ.get("FEEDSCORE_BENCH_DIR") or tempfile.gettempdir()).free / 2**30
    if free < NEEDED_DISK_GB:
        pytest.skip(f"{free:.0f} GB of disk are free, {NEEDED_DISK_GB} are needed")
    table = report.table("A million people", "what", "people", "runs", "best s", "median s", "load")
    with furnished(FULL_PEOPLE, table) as (database, folder):
        told: list[dict[str, Any]] = []
        benchmark.pedantic(lambda: told.append(first_run(database, folder)), rounds=1)
        add_times(table, FULL_PEOPLE, "job match-scores", [told[0]["wall_s"]])
        report.goal("peak RSS MB of the job, 1,000,000 people", told[0]["peak_mb"], at_most=6 * 1024)
