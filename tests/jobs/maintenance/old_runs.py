"""Runs of the past, written straight into the history."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from psycopg.types.json import Jsonb

from orchestrator.db.engine import Database
from tests.jobs.conftest import NOW

INSERT = """
INSERT INTO feed.job_run (job, job_group, scope, as_of, trigger, status, started_at, dispatched_at, finished_at, duration_ms,
  items_processed, items_failed, metadata, parent_id, algorithm_version)
VALUES (%s, 'matching', %s, %s, 'CRON', %s, %s, %s, %s, %s, %s, %s, %s, %s, '1') RETURNING id
"""
ENDINGS = ("SUCCESS", "SUCCESS", "SUCCESS", "FAILED", "CANCELLED", "SKIPPED")


@dataclass(frozen=True, kw_only=True)
class OldRun:
    """A run that ended so long before the time of the tests."""

    job: str = "match-scores"
    status: str = "SUCCESS"
    days: float = 0.0
    scope: str = "users:8"
    duration_ms: int = 1000
    waited_ms: int | None = None
    """None: it never went through the queue."""
    items: int = 0
    failed: int = 0
    written: int | None = None
    checked: bool = False
    whole: int | None = None
    """Of a part: the number of the run it is a part of."""

    @property
    def finished_at(self) -> datetime:
        return NOW - timedelta(days=self.days)


def write_runs(database: Database, *runs: OldRun) -> list[int]:
    """Write these runs; give their numbers."""
    with database.connection() as connection:
        return [int((connection.execute(INSERT, _row(run)).fetchone() or (0,))[0]) for run in runs]


def _row(run: OldRun) -> tuple[object, ...]:
    started = run.finished_at - timedelta(milliseconds=run.duration_ms)
    dispatched = None if run.waited_ms is None else started - timedelta(milliseconds=run.waited_ms)
    told: dict[str, object] = {} if run.written is None else {"rows_written": run.written}
    if run.checked:
        told["checked_everybody"] = run.finished_at.isoformat()
    ended = run.finished_at if run.status not in {"RUNNING", "WAITING", "QUEUED"} else None
    return (
        run.job, run.scope, run.finished_at, run.status, started, dispatched, ended,
        run.duration_ms if ended else None, run.items, run.failed, Jsonb(told), run.whole,
    )  # fmt: skip


def random_runs(count: int, days: int) -> list[OldRun]:
    """Make up runs of three jobs over the last days."""
    dice = random.Random(7)
    made = []
    for n in range(count):
        run = OldRun(
            job=dice.choice(["match-scores", "trending", "affinity"]), status=dice.choice(ENDINGS),
            days=dice.uniform(0, days), duration_ms=dice.randrange(1, 90_000), items=dice.randrange(5000),
            failed=dice.choice([0, 0, 3]), written=dice.choice([None, dice.randrange(5000)]), scope=f"users:{n}",
        )  # fmt: skip
        made.append(replace(run, waited_ms=dice.choice([None, dice.randrange(60_000)])))
    return made
