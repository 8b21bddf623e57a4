"""Complaint 6: the same work is enqueued a thousand times, or not at all since an old run blocks it."""

from __future__ import annotations

import threading
from collections import Counter

from orchestrator.context import JobContext
from orchestrator.db.engine import Database
from orchestrator.settings import Settings
from orchestrator.triggers.consume import consume
from tests.jobs.conftest import execute
from tests.queue.conftest import NOW, Desk, registry_of

EVENTS = (
    "INSERT INTO feed.event_outbox (kind, user_id) SELECT 'profile.updated', 8 FROM generate_series(1, 500)"
)


def test_a_thousand_events_for_one_user_are_at_most_two_runs(database: Database, settings: Settings) -> None:
    started, go = threading.Event(), threading.Event()

    def slow(context: JobContext) -> None:
        """Wait."""
        started.set()
        assert go.wait(30)
        context.run.check_stop()

    desk = Desk(database, settings, registry_of(match_scores=(slow, ())))
    execute(database, EVENTS)
    assert consume(database, settings, desk.registry, now=NOW) == 500
    (first,) = desk.ready()
    thread = threading.Thread(target=desk.run, args=(first,))
    thread.start()
    assert started.wait(30)
    execute(database, EVENTS)
    assert consume(database, settings, desk.registry, now=NOW) == 500
    assert desk.ready() == [], "the one that follows waits for the one that runs"
    go.set()
    thread.join()
    desk.work()
    assert Counter(desk.rows("SELECT status FROM feed.job_run")) == {("SUCCESS",): 2}


def test_a_run_that_has_ended_blocks_no_other(desk: Desk) -> None:
    for _ in range(3):
        (one,) = desk.enqueue("first")
        assert one.is_new
        desk.work()
