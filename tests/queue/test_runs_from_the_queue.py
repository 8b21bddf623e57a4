"""Needs, uniqueness, further tries, cancelling and pausing: all of it in Postgres, whatever carries the numbers."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.context import Batch, BatchResult, JobContext
from orchestrator.db.control import busy_s, cancel_runs, open_runs, queue_states, retry_runs
from orchestrator.db.engine import Database
from orchestrator.db.pending import release_and_skip
from orchestrator.errors import AlreadyRunningError
from orchestrator.plan import make_plan
from orchestrator.queue.enqueue import enqueue_plan
from orchestrator.runner import RunStatus, Stop, bury_the_silent, run_job
from orchestrator.settings import Settings

from .conftest import CHAIN, NOW, Desk, failing, nothing, registry_of

FORGET_DELAY = "UPDATE feed.job_run SET not_before = NULL WHERE status = 'QUEUED'"
STATUSES = "SELECT job, status FROM feed.job_run ORDER BY id"


def test_a_run_waits_for_what_it_needs_and_is_then_free(desk: Desk) -> None:
    first, second, third = (one.record for one in desk.enqueue("third"))
    assert [first.status, second.status, third.status] == [
        RunStatus.QUEUED,
        RunStatus.WAITING,
        RunStatus.WAITING,
    ]
    assert desk.ready() == [first.id]
    assert desk.run(second.id) is None, "it must not run before its time"
    desk.run(first.id)
    assert desk.ready() == [second.id]
    assert desk.work() == []
    desk.run(second.id)
    assert desk.work() == [third.id]
    assert {row[1] for row in desk.rows(STATUSES)} == {"SUCCESS"}


def test_a_message_that_comes_twice_runs_once(desk: Desk) -> None:
    (first,) = desk.enqueue("first")
    desk.ready()
    assert desk.run(first.record.id) is not None
    assert desk.run(first.record.id) is None
    assert desk.run(987_654_321) is None


def test_what_was_enqueued_is_joined_and_not_doubled(desk: Desk) -> None:
    before = desk.enqueue("second")
    again = desk.enqueue("third")
    assert [one.is_new for one in again] == [False, False, True]
    assert [one.record.id for one in again[:2]] == [one.record.id for one in before]
    desk.work()
    assert Counter(row[1] for row in desk.rows(STATUSES)) == {"SUCCESS": 3}


def test_other_parameters_are_refused_as_long_as_the_run_has_not_started(desk: Desk) -> None:
    desk.enqueue("first")
    steps = make_plan(CHAIN, ["first"])
    limited = {"first": CHAIN["first"].parameters(limit=3)}
    with pytest.raises(
        AlreadyRunningError, match=r"first \(all\) is enqueued already, with other parameters: run 1"
    ):
        enqueue_plan(desk.database, desk.settings, steps, limited, now=NOW)
    assert len(desk.rows(STATUSES)) == 1


def test_a_failed_run_is_tried_again_later_and_later_and_then_given_up(
    database: Database, settings: Settings
) -> None:
    desk = Desk(database, settings, registry_of(bad=(failing, ()), after=(nothing, ("bad",))))
    desk.enqueue("after")
    waits: list[tuple[float]] = []
    for attempt in (1, 2, 3):
        (run_id,) = desk.ready()
        record = desk.run(run_id)
        assert record is not None
        assert (record.status, record.attempt) == (RunStatus.FAILED, attempt)
        assert "cannot be done" in (record.error or "")
        waits += desk.rows(
            "SELECT extract(epoch FROM not_before - clock_timestamp())::float8 FROM feed.job_run WHERE not_before > now()"
        )
        assert desk.ready() == [], "it waits for its time"
        desk.rows(FORGET_DELAY + " RETURNING id")
    assert [4 < wait < 16 for (wait,) in waits[:1]] == [True]
    assert [9 < wait < 31 for (wait,) in waits[1:]] == [True]
    (after,) = desk.rows("SELECT status, error FROM feed.job_run WHERE job = 'after'")
    assert after[0] == "SKIPPED"
    assert "needs bad, which failed (run" in after[1]
    assert "cannot be done" in after[1]


def test_what_waits_for_a_run_waits_for_its_further_tries(database: Database, settings: Settings) -> None:
    fails = [True, False]

    def shaky(context: JobContext) -> None:
        """Fail once."""
        if fails.pop(0):
            failing(context)

    desk = Desk(database, settings, registry_of(shaky=(shaky, ()), after=(nothing, ("shaky",))))
    desk.enqueue("after")
    desk.work()
    assert [row[1] for row in desk.rows(STATUSES)] == ["FAILED", "WAITING", "QUEUED"]
    desk.rows(FORGET_DELAY + " RETURNING id")
    desk.work()
    assert [row[1] for row in desk.rows(STATUSES)] == ["FAILED", "SUCCESS", "SUCCESS"]


def test_a_cancelled_run_never_starts_and_takes_along_what_waits_for_it(desk: Desk) -> None:
    first, second, third = (one.record for one in desk.enqueue("third"))
    with desk.database.connection() as connection:
        assert cancel_runs(connection, [second.id, 987_654]) == ([second.id], [])
        release_and_skip(connection)
    assert desk.work() == [first.id]
    assert [row[1] for row in desk.rows(STATUSES)] == ["SUCCESS", "CANCELLED", "SKIPPED"]
    assert "second, which was cancelled" in (desk.find(third.id).error or "")


def test_retry_enqueues_what_did_not_end_well_and_nothing_else(desk: Desk) -> None:
    first, second, third = (one.record for one in desk.enqueue("third"))
    with desk.database.connection() as connection:
        cancel_runs(connection, [second.id])
        release_and_skip(connection)
    desk.work()
    with desk.database.connection() as connection:
        again = retry_runs(connection, [first.id, second.id, third.id])
        assert retry_runs(connection, [second.id]) == [], "it is enqueued already"
    assert [(record.job, record.status) for record in again] == [("second", "QUEUED"), ("third", "QUEUED")]
    assert len(desk.work()) == 2


def test_the_urgent_go_first(database: Database, settings: Settings) -> None:
    desk = Desk(database, settings, registry_of(a=(nothing, ()), b=(nothing, ()), c=(nothing, ())))
    (low,) = desk.enqueue("a", priority=10)
    (high,) = desk.enqueue("b", priority=100)
    (medium,) = desk.enqueue("c")
    assert [low.record.queue, high.record.queue, medium.record.queue] == ["low", "high", "medium"]
    with database.connection() as connection:
        assert [(s.queue, s.queued) for s in queue_states(connection)] == [
            ("high", 1),
            ("medium", 1),
            ("low", 1),
        ]
        assert [record.job for record in open_runs(connection, 2)] == ["b", "c"]
    from orchestrator.db.pending import take_ready

    with database.connection() as connection:
        assert [handout.id for handout in take_ready(connection, 9)] == [
            high.record.id, medium.record.id, low.record.id,
        ]  # fmt: skip


def test_a_shutdown_is_no_failure_and_the_run_goes_on_behind_its_last_batch(
    database: Database, settings: Settings
) -> None:
    done: list[int] = []
    stop = Stop()

    def batches(context: JobContext) -> None:
        """Count."""

        def work(_: object, batch: Batch) -> BatchResult:
            done.append(batch.number)
            if batch.number == 2 and len(done) == 3:
                stop.request()
            return BatchResult(written=1)

        context.run.in_batches(60, work, size=10)

    desk = Desk(database, settings, registry_of(count=(batches, ())))
    (one,) = desk.enqueue("count")
    desk.ready()
    stopped = desk.run(one.record.id, stop)
    assert stopped is not None
    assert stopped.status is RunStatus.CANCELLED
    desk.work()
    assert done == [0, 1, 2, 3, 4, 5]
    rows = desk.rows("SELECT status, attempt, resumed_from FROM feed.job_run ORDER BY id")
    assert rows == [("CANCELLED", 1, None), ("SUCCESS", 1, one.record.id)]


def test_a_running_run_stops_when_it_is_cancelled_and_does_not_come_back(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.runner.heart.INTERVAL_S", 0.05)

    def endless(context: JobContext) -> None:
        """Go on until told to stop."""
        with database.connection() as connection:
            cancel_runs(
                connection, [run_id for (run_id,) in connection.execute("SELECT id FROM feed.job_run")]
            )
        deadline = datetime.now(UTC) + timedelta(seconds=30)
        while datetime.now(UTC) < deadline:
            context.run.check_stop()

    desk = Desk(database, settings, registry_of(endless=(endless, ())))
    (one,) = desk.enqueue("endless")
    assert desk.work() == [one.record.id]
    assert desk.find(one.record.id).status is RunStatus.CANCELLED
    assert len(desk.rows(STATUSES)) == 1


def test_a_dead_run_is_found_buried_and_tried_again(desk: Desk) -> None:
    (one,) = desk.enqueue("first")
    desk.ready()
    desk.rows(
        "UPDATE feed.job_run SET status = 'RUNNING', started_at = now() - interval '60 s',"
        " heartbeat_at = now() - interval '20 s' RETURNING id"
    )
    assert [record.id for record in bury_the_silent(desk.database, silent_s=60)] == []
    assert [record.id for record in bury_the_silent(desk.database, silent_s=15)] == [one.record.id]
    assert bury_the_silent(desk.database, silent_s=15) == []
    desk.rows(FORGET_DELAY + " RETURNING id")
    assert len(desk.work()) == 1
    assert desk.rows("SELECT status, attempt FROM feed.job_run ORDER BY id") == [
        ("FAILED", 1),
        ("SUCCESS", 2),
    ]


def test_a_run_that_was_to_be_cancelled_and_died_is_not_tried_again(desk: Desk) -> None:
    desk.enqueue("second")
    desk.ready()
    desk.rows(
        "UPDATE feed.job_run SET status = 'RUNNING', started_at = now(), heartbeat_at = now() - interval '20 s',"
        " cancel_requested = true WHERE job = 'first' RETURNING id"
    )
    bury_the_silent(desk.database, silent_s=15)
    assert desk.rows(STATUSES) == [("first", "FAILED"), ("second", "SKIPPED")]


def test_a_silent_run_that_holds_its_lock_is_left_alone(desk: Desk, settings: Settings) -> None:
    """Its process hangs, or the machine is slow: whoever holds the lock lives."""

    def look(context: JobContext) -> None:
        """Look at it from outside while it runs."""
        with context.database.connection() as connection:
            connection.execute("UPDATE feed.job_run SET heartbeat_at = now() - interval '1 hour'")
        assert bury_the_silent(desk.database, silent_s=15) == []

    (job,) = registry_of(look=(look, ()))
    assert run_job(desk.database, settings, job, now=NOW).status is RunStatus.SUCCESS


def test_a_run_of_a_job_that_is_gone_fails_with_a_sentence(desk: Desk) -> None:
    (one,) = desk.enqueue("first")
    desk.rows("UPDATE feed.job_run SET job = 'gone' RETURNING id")
    desk.ready()
    record = desk.run(one.record.id)
    assert record is not None
    assert (record.status, record.error) == (RunStatus.FAILED, "this version of the software has no job gone")
    assert desk.work() == []


def test_busy_time_counts_only_what_lies_in_the_window(desk: Desk) -> None:
    desk.enqueue("first")
    desk.work()
    desk.rows(
        "UPDATE feed.job_run SET started_at = now() - interval '100 s', finished_at = now() - interval '10 s' RETURNING id"
    )
    with desk.database.connection() as connection:
        assert 49 < busy_s(connection, 60) < 51
        assert busy_s(connection, 5) == 0
