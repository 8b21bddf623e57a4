"""Jobs over everybody in shards, by two workers in turns, come out as in one run."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.db.engine import Database
from orchestrator.db.parts import next_part
from orchestrator.db.pending import take_ready
from orchestrator.db.runs import RunRecord, Trigger, find_run
from orchestrator.jobs import registry
from orchestrator.queue.enqueue import enqueue_job
from orchestrator.runner import run_queued
from orchestrator.settings import Settings
from tests.jobs.conftest import NOW, PEOPLE, execute, rows

STATUSES = "SELECT scope, status FROM feed.job_run WHERE parent_id = %s ORDER BY id"


def run_in_shards(database: Database, settings: Settings, name: str, shards: int) -> RunRecord:
    """Run a job as a whole of so many shards; two processes take its parts in turns, each with what it has read."""
    job = registry[name]
    assert job.sharding
    settings = settings.model_copy(
        update={"shard_s": PEOPLE / job.sharding.people_per_s / (shards - 0.5), "workers_here": 2}
    )
    kept: list[dict[str, Any]] = [{}, {}]  # Any: whatever a job keeps
    with database.connection() as connection:
        whole = enqueue_job(
            connection, settings, job, job.parameters(), now=NOW, trigger=Trigger.MANUAL, cause="test"
        ).record
        take_ready(connection, 1000)
    run_id: int | None = whole.id
    turn = 0
    while run_id:
        run_queued(database, settings, registry, run_id, now=NOW, workers=lambda: shards, kept=kept[turn % 2])
        turn += 1
        with database.connection() as connection:
            run_id = next_part(connection, whole.id, range(shards + 1))
    with database.connection() as connection:
        record = find_run(connection, whole.id)
    assert record is not None
    assert {status for _, status in rows(database, STATUSES, whole.id)} == {"SUCCESS"}
    assert record.shards == shards
    return record


@pytest.mark.parametrize(
    ("name", "query", "clear"),
    [
        (
            "match-scores",
            "SELECT * FROM feed.match_list ORDER BY 1",
            "DELETE FROM feed.match_list WHERE viewer_id % 3 > 0",
        ),
        (
            "feed-presort",
            "SELECT * FROM feed.feed_presorted ORDER BY 1, 2",
            "DELETE FROM feed.feed_presorted WHERE user_id % 3 > 0",
        ),
        (
            "affinity",
            "SELECT a.*, (SELECT array_agg(r ORDER BY kind, id) FROM feed.affinity_reach AS r)"
            " FROM feed.affinity_profile AS a ORDER BY 1",
            "DELETE FROM feed.affinity_profile WHERE user_id % 3 > 0; DELETE FROM feed.affinity_reach WHERE id % 2 = 0",
        ),
    ],
)
def test_shards_come_out_as_one_run(
    town: Database, town_settings: Settings, name: str, query: str, clear: str
) -> None:
    before = rows(town, query)
    execute(town, clear)
    record = run_in_shards(town, town_settings, name, 3)
    assert rows(town, query) == before
    assert record.error is None
    assert record.items_failed == 0
    assert record.metadata["rows_written"] > 0


def test_the_close_removes_the_lists_of_people_who_are_gone_and_counts(
    town: Database, town_settings: Settings
) -> None:
    ((gone,),) = rows(town, "SELECT min(viewer_id) FROM feed.match_list")
    execute(town, f"UPDATE app.users SET is_active = false WHERE id = {gone}")
    record = run_in_shards(town, town_settings, "match-scores", 2)
    assert (record.metadata["lists_removed"], record.metadata["viewers_without_list"]) == (1, 0)
    assert record.metadata["checked_everybody"] == NOW.isoformat()
    ((lists,),) = rows(town, "SELECT count(*) FROM feed.match_list")
    assert record.metadata["viewers_eligible"] == record.items_processed == lists
