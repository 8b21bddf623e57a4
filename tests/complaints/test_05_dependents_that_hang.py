"""Complaint 5: what waits for a failed run hangs for ever, or runs all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.db.control import cancel_runs
from orchestrator.db.engine import Database
from orchestrator.db.pending import release_and_skip
from orchestrator.settings import Settings
from tests.queue.conftest import Desk, failing, nothing, registry_of

ENDED = "SELECT job, status, error, finished_at FROM feed.job_run ORDER BY id"


@pytest.mark.parametrize("ending", ["failed", "was cancelled"])
def test_all_that_hangs_on_it_is_skipped_with_the_cause_within_a_second(
    database: Database, settings: Settings, ending: str
) -> None:
    registry = registry_of(
        bad=(failing, ()), b=(nothing, ("bad",)), c=(nothing, ("b",)), good=(nothing, ()), d=(nothing, ("good",)),
    )  # fmt: skip
    desk = Desk(database, settings, registry)
    bad = desk.enqueue("all")[0].record
    desk.rows("UPDATE feed.job_run SET max_attempts = 1 RETURNING id")
    if ending == "was cancelled":
        with database.connection() as connection:
            cancel_runs(connection, [bad.id])
            release_and_skip(connection)
    desk.work()
    ended = {job: (status, error, finished_at) for job, status, error, finished_at in desk.rows(ENDED)}
    assert {job: status for job, (status, _, _) in ended.items()} == {
        "bad": "FAILED" if ending == "failed" else "CANCELLED",
        "b": "SKIPPED", "c": "SKIPPED", "good": "SUCCESS", "d": "SUCCESS",
    }  # fmt: skip
    for job in ("b", "c"):
        _, error, finished_at = ended[job]
        assert f"needs bad, which {ending} (run {bad.id})" in error
        assert finished_at - ended["bad"][2] < timedelta(seconds=1)


def test_a_need_that_is_gone_from_the_history_does_not_count_as_failed_or_hang(desk: Desk) -> None:
    first, second, _ = (one.record for one in desk.enqueue("third"))
    desk.run(desk.ready()[0])
    desk.rows("DELETE FROM feed.job_run WHERE id = %s RETURNING id", first.id)
    assert desk.work()[0] == second.id
    assert desk.rows("SELECT DISTINCT status FROM feed.job_run") == [("SUCCESS",)]
