"""Runs over everybody by one worker and by two: how much sooner the second lets them end.

Corpus: the synthetic town, seed 1 (`--quick`: 10,000 people), on the embedded Postgres and Redis, with the real worker
processes. A worker is one process with one thread and one connection that writes, on a machine with two cores that
Postgres shares: that is what a further worker adds elsewhere. Both do the same shards. One worker that has all cores to
itself, without shards, stands beside them: what a single small machine would do.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from orchestrator.db.engine import Database
from orchestrator.db.runs import RunRecord, RunStatus, find_run
from orchestrator.jobs import registry
from orchestrator.plan import make_plan
from orchestrator.queue.broker import connect, count_workers
from orchestrator.queue.dispatch import dispatch
from orchestrator.queue.embedded_redis import EmbeddedRedis
from orchestrator.queue.enqueue import enqueue_plan
from orchestrator.settings import Settings

from .bench_jobs import FEEDS, JOB, furnished, tell
from .report import Report
from .timing import load

MATCH_PEOPLE, FEED_PEOPLE, QUICK_PEOPLE = 300_000, 100_000, 10_000
SHARDS = 6
ROUNDS = 2
MOST = 0.6
"""What two workers may take of the time of one."""
TABLES = {
    "match-scores": "feed.match_list",
    "affinity": "feed.affinity_profile, feed.affinity_reach",
    "feed-presort": "feed.feed_presorted",
}
TIMEOUT_S = 600


@dataclass(frozen=True)
class Crew:
    """Who does the work."""

    workers: int
    shards: int
    threads: int
    """0: all cores."""

    def __str__(self) -> str:
        if self.shards == 1:
            return "one worker, all cores, no shards"
        return f"{self.workers} worker{'s' * (self.workers > 1)} of one thread"


ONE, TWO, WHOLE = Crew(1, SHARDS, 1), Crew(2, SHARDS, 1), Crew(1, 1, 0)


@contextlib.contextmanager
def workers(settings: Settings, crew: Crew, shard_s: float) -> Iterator[None]:
    """Worker processes as `orchestrator worker` starts them, ready to take runs."""
    environment = {
        **os.environ, "FEEDSCORE_DATA_DIR": str(settings.data_dir), "FEEDSCORE_THREADS": str(crew.threads),
        "FEEDSCORE_SHARD_S": str(shard_s),
    }  # fmt: skip
    command = [sys.executable, "-m", "orchestrator", "worker", "--count", str(crew.workers)]
    supervisor = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: count_workers(connect(settings)) == crew.workers)
        yield
    finally:
        supervisor.send_signal(signal.SIGTERM)
        supervisor.wait(TIMEOUT_S)


def wait_until(condition: object) -> None:
    """Wait for something that other processes do."""
    assert callable(condition)
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def run_by(database: Database, settings: Settings, crew: Crew, job: str, people: int) -> RunRecord:
    """Let a crew do a job from empty tables, and give the run as it ended."""
    tell(database, f"TRUNCATE {TABLES[job]}", "TRUNCATE feed.job_run CASCADE", "CHECKPOINT")
    sharding = registry[job].sharding
    assert sharding
    shard_s = people / sharding.people_per_s / (crew.shards - 0.5)
    with workers(settings, crew, shard_s):
        steps = [step for step in make_plan(registry, [job]) if step.job.name == job]
        run_id = enqueue_plan(database, settings, steps, {}, now=datetime.now(UTC))[0].record.id
        dispatch(database, connect(settings))
        wait_until(lambda: state(database, run_id).finished_at is not None)
    record = state(database, run_id)
    shards = min(crew.shards, crew.workers) if sharding.one_for_each_worker else crew.shards
    assert record.status is RunStatus.SUCCESS, record.error
    assert (record.shards or 1) == shards
    return record


def state(database: Database, run_id: int) -> RunRecord:
    """Read the row of a run."""
    with database.connection() as connection:
        record = find_run(connection, run_id)
    assert record is not None
    return record


def digest(database: Database, job: str) -> int:
    """Condense what the job has written, whenever it was."""
    table = TABLES[job].split(",")[0]
    query = f"SELECT sum(hashtextextended((to_jsonb(t) - 'computed_at')::text, 0)) FROM {table} AS t"
    with database.connection() as connection:
        row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0


@pytest.mark.benchmark(group="shards")
def test_two_workers_match_a_town(
    benchmark: BenchmarkFixture, report: Report, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The most work: everybody's match lists."""
    people = QUICK_PEOPLE if quick else MATCH_PEOPLE
    beside_each_other(benchmark, report, monkeypatch, people, JOB, [JOB])


@pytest.mark.benchmark(group="shards")
def test_two_workers_sort_feeds_and_learn_likings(
    benchmark: BenchmarkFixture, report: Report, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More reading than work: 60 events a person."""
    people = QUICK_PEOPLE if quick else FEED_PEOPLE
    beside_each_other(benchmark, report, monkeypatch, people, FEEDS, [FEEDS, "affinity"])


def beside_each_other(
    benchmark: BenchmarkFixture,
    report: Report,
    monkeypatch: pytest.MonkeyPatch,
    people: int,
    last: str,
    jobs: list[str],
) -> None:
    """Measure jobs over a town, the crews in turns, from empty tables to the last commit, opening and close included."""
    monkeypatch.setenv("FEEDSCORE_CONTENT_PARTS", "none")  # minutes, for nothing that is measured here
    now = datetime.now(UTC).replace(second=0, microsecond=0)  # workers live in the present
    table = report.table(
        f"Runs over everybody by workers: {', '.join(jobs)}", "job", "people", "who", "runs", "best s", "load"
    )
    seconds: dict[tuple[str, Crew], list[float]] = {}
    digests: dict[str, set[int]] = {job: set() for job in jobs}
    with furnished(people, table, last, now) as (database, folder):
        settings = Settings(data_dir=Path(folder))
        redis = EmbeddedRedis(settings)
        redis.start()

        def turn() -> None:
            for job in jobs:
                for crew in (ONE, TWO, WHOLE):
                    record = run_by(database, settings, crew, job, people)
                    seconds.setdefault((job, crew), []).append((record.duration_ms or 0) / 1000)
                    digests[job].add(digest(database, job))

        try:
            benchmark.pedantic(turn, rounds=ROUNDS)
        finally:
            redis.stop()
    for (job, crew), took in seconds.items():
        table.rows.append((job, people, str(crew), len(took), min(took), round(load(), 1)))
    for job in jobs:
        assert len(digests[job]) == 1, f"{job}: the rows depend on who wrote them"
        ratio = min(seconds[job, TWO]) / min(seconds[job, ONE])
        report.goal(f"{job}: two workers / one, {people:,} people", ratio, at_most=MOST)
