"""The job job-run-cleanup: what it removes by age, what it keeps whatever its age, and what it says beforehand."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.plan import make_plan
from orchestrator.runner import RunStatus, preview_plan, run_plan
from orchestrator.settings import Settings
from tests.jobs.conftest import NOW, Runner, execute, rows, runner

from .old_runs import OldRun, write_runs

JOB = "job-run-cleanup"
OLD = "SELECT id FROM feed.job_run WHERE job NOT IN ('job-run-cleanup', 'analytics-rollup') ORDER BY id"
EVENTS = """
INSERT INTO feed.event_outbox (kind, user_id, other_id, processed_at)
SELECT kind, 8, 17, done FROM unnest(ARRAY['profile.updated', 'user.blocked']) AS k(kind),
  unnest(ARRAY['2026-07-24', '2026-07-27', NULL]::timestamptz[]) AS d(done)
"""
SLOTS = """
INSERT INTO feed.schedule (name, job, cron, time_zone) VALUES ('nightly', 'match-scores', '0 2 * * *', 'UTC');
INSERT INTO feed.schedule_slot (schedule, slot, outcome, decided_at)
SELECT 'nightly', at, 'enqueued', at FROM unnest(ARRAY['2026-05-01', '2026-07-01']::timestamptz[]) AS s(at)
"""
REFERENCES = """
SELECT c.conrelid::regclass::text AS referring, EXISTS (SELECT FROM pg_index AS i
  WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1]) AS is_indexed
FROM pg_constraint AS c WHERE c.contype = 'f' AND c.confrelid = 'feed.job_run'::regclass
"""
LEFT = "SELECT count(*) FROM feed.job_run WHERE status = 'RUNNING'"


def clean(database: Database, settings: Settings, **parameters: Any) -> dict[str, int]:  # Any: options
    """Run the rollup and the cleanup; tell what the latter says that it removed."""
    run = runner(database, settings)
    run("analytics-rollup")
    told = run(JOB, **parameters).metadata
    return {name: n for name, n in told.items() if name.endswith("_removed") and n}


def test_runs_go_at_the_age_for_how_they_ended(database: Database, settings: Settings) -> None:
    kept = write_runs(
        database,
        OldRun(days=29.9), *(OldRun(days=89.9, status=status) for status in ("FAILED", "CANCELLED", "SKIPPED")),
        *(OldRun(days=400, status="RUNNING", scope=f"users:{n}") for n in range(2)),
        OldRun(days=400, status="WAITING"), OldRun(days=400, status="QUEUED", scope="users:9"),
    )  # fmt: skip
    write_runs(
        database,
        OldRun(days=30.1), *(OldRun(days=90.1, status=status) for status in ("FAILED", "CANCELLED", "SKIPPED")),
    )  # fmt: skip
    assert clean(database, settings, batch_size=3) == {"runs_removed": 4}
    assert rows(database, OLD) == [(number,) for number in kept]
    assert clean(database, settings) == {}
    short = settings.model_copy(update={"run_ttl_days": 100.0, "failed_run_ttl_days": 80.0})
    assert clean(database, short) == {"runs_removed": 3}


def test_the_last_run_over_everybody_that_went_well_stays(database: Database, settings: Settings) -> None:
    everybody = OldRun(scope="all", checked=True)
    ids = write_runs(
        database,
        OldRun(scope="all", days=300, checked=True), OldRun(scope="all", days=200, checked=True),
        OldRun(scope="all", days=100), OldRun(scope="all", days=95, status="FAILED"),
        OldRun(scope="all", days=250, job="affinity"), OldRun(days=40),
    )  # fmt: skip
    assert clean(database, settings) == {"runs_removed": 3}
    assert rows(database, OLD) == [(ids[1],), (ids[2],), (ids[4],)]
    write_runs(database, everybody)
    assert clean(database, settings) == {"runs_removed": 2}


def test_no_run_goes_that_is_not_summed_up_or_that_somebody_waits_for(
    database: Database, settings: Settings, run: Runner
) -> None:
    old, waiting = write_runs(database, OldRun(days=50), OldRun(days=50, status="WAITING", scope="users:9"))
    assert run(JOB).metadata.get("runs_removed", 0) == 0
    execute(database, f"INSERT INTO feed.job_run_need (run_id, need_id) VALUES ({waiting}, {old})")
    assert clean(database, settings) == {}
    execute(database, f"UPDATE feed.job_run SET status = 'CANCELLED' WHERE id = {waiting}")
    assert clean(database, settings) == {"runs_removed": 1}


def test_parts_go_with_their_whole_and_keep_their_checkpoints_while_it_is_open(
    database: Database, settings: Settings
) -> None:
    ended, opened = write_runs(
        database, OldRun(days=91, status="FAILED"), OldRun(days=91, status="RUNNING", scope="users:9")
    )
    parts = write_runs(
        database,
        OldRun(days=91, whole=ended, scope="users:1"), OldRun(days=91, whole=opened, scope="users:2", status="FAILED"),
    )  # fmt: skip
    for number in parts:
        execute(database, f"INSERT INTO feed.job_batch VALUES ({number}, 'main', '', 9, 1, 1, 0)")
    assert clean(database, settings) == {"runs_removed": 1}
    assert rows(database, OLD) == [(opened,), (parts[1],)]
    assert rows(database, "SELECT run_id FROM feed.job_batch") == [(parts[1],)]


def test_checkpoints_go_that_no_run_can_resume(database: Database, settings: Settings) -> None:
    runs = write_runs(
        database,
        OldRun(days=1, status="FAILED"), OldRun(days=0.1, status="CANCELLED"),
        OldRun(days=1, status="RUNNING", scope="users:9"), OldRun(days=100, status="FAILED"),
    )  # fmt: skip
    for number in runs:
        execute(
            database,
            f"INSERT INTO feed.job_batch SELECT {number}, 'main', '', 9, 1, n, 0 FROM generate_series(1, 3) AS n",
        )
    assert clean(database, settings, batch_size=2) == {"runs_removed": 1, "checkpoints_removed": 3}
    assert rows(database, "SELECT DISTINCT run_id FROM feed.job_batch ORDER BY 1") == [(runs[1],), (runs[2],)]


def test_done_events_and_old_slots_go_but_not_what_sets_people_apart(
    database: Database, settings: Settings
) -> None:
    execute(database, EVENTS, SLOTS)
    assert clean(database, settings) == {"events_removed": 1, "slots_removed": 1}
    assert rows(database, "SELECT kind, processed_at::date::text FROM feed.event_outbox ORDER BY 1, 2") == [
        ("profile.updated", "2026-07-27"), ("profile.updated", None),
        ("user.blocked", "2026-07-24"), ("user.blocked", "2026-07-27"), ("user.blocked", None),
    ]  # fmt: skip
    assert rows(database, "SELECT slot::date::text FROM feed.schedule_slot") == [("2026-07-01",)]


def test_a_rehearsal_tells_what_would_go_and_removes_nothing(database: Database, settings: Settings) -> None:
    write_runs(database, OldRun(days=31), OldRun(days=91, status="FAILED"), OldRun(days=2))
    execute(database, EVENTS, SLOTS)
    runner(database, settings)("analytics-rollup")
    before = rows(database, OLD)
    *_, (step, told) = preview_plan(database, settings, make_plan(registry, [JOB]), {}, now=NOW)
    assert (step.job.name, told.items) == (JOB, 4)
    assert told.note == "2 runs, 0 checkpoints, 1 events, 1 slots"
    assert told.rows_to_scan["feed.event_outbox"] == 6
    assert rows(database, OLD) == before
    assert clean(database, settings, limit=3) == {"runs_removed": 2, "events_removed": 1}


def test_the_rollup_comes_first_and_without_it_nothing_is_removed(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_runs(database, OldRun(days=31))
    monkeypatch.setattr("orchestrator.jobs.maintenance.analytics_rollup.SUM_UP", "SELECT 1 / 0")
    result = run_plan(database, settings, make_plan(registry, [JOB]), now=NOW)
    assert [record.status for record in result.records] == [RunStatus.FAILED, RunStatus.SKIPPED]
    assert len(rows(database, OLD)) == 1


def test_what_refers_to_a_run_is_found_by_an_index(database: Database) -> None:
    """Otherwise each run that is removed looks through a whole table."""
    assert len(rows(database, REFERENCES)) >= 4
    assert rows(database, f"SELECT * FROM ({REFERENCES}) AS r WHERE NOT is_indexed") == []


def test_killed_at_random_moments_rollup_and_cleanup_still_count_and_remove_everything_once(
    database: Database, database_url: str, settings: Settings
) -> None:
    moments = random.Random(3)
    write_runs(database, *(OldRun(days=31 + n / 100, scope=f"users:{n}") for n in range(400)))
    for job, batch_size in (("analytics-rollup", "1"), (JOB, "5"), (JOB, "5")):
        command = [sys.executable, "-m", "tests.jobs.feed.program", database_url, job, batch_size]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            time.sleep(moments.uniform(0.05, 0.3))
            process.kill()
        runner(database, settings)("analytics-rollup")
    left = len(rows(database, OLD))
    assert clean(database, settings).get("runs_removed", 0) == left
    assert (rows(database, OLD), rows(database, LEFT)) == ([], [(0,)])
    assert rows(
        database, "SELECT sum(runs) FROM feed.job_run_daily WHERE day < %s", NOW - timedelta(days=30)
    ) == [(400,)]
