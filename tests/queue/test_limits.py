"""At most so many runs for one user within a window of time."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from orchestrator.db.engine import Database
from orchestrator.errors import ExitCode, PlanError, RateLimitedError
from orchestrator.plan import make_plan
from orchestrator.queue.enqueue import enqueue_plan
from orchestrator.registry import PerUser, Registry
from orchestrator.runner import RunRecord
from orchestrator.settings import Settings
from orchestrator.triggers.consume import consume
from orchestrator.triggers.events import Event, EventName, emit

from .conftest import NOW, Body, Desk, failing, nothing, registry_of

JOB = "match-scores"
"""A name that events call for."""


def limited(database: Database, settings: Settings, runs: int, body: Body = nothing) -> Desk:
    """A desk for one job that may run so often an hour for each user."""
    (job,) = registry_of(match_scores=(body, ()))
    return Desk(database, settings, Registry.of([replace(job, limit=PerUser(runs=runs, window_s=3600))]))


def ask(desk: Desk, *users: int) -> RunRecord:
    steps = make_plan(desk.registry, [JOB])
    parameters = {JOB: desk.registry[JOB].parameters(user_id=users)}
    (one,) = enqueue_plan(desk.database, desk.settings, steps, parameters, now=NOW)
    return one.record


def pass_by(desk: Desk, **time: float) -> None:
    """Let some time go by."""
    desk.rows("UPDATE feed.job_run SET started_at = started_at - %s RETURNING id", timedelta(**time))


def test_a_run_too_soon_for_the_same_user_is_refused_and_told_when(
    database: Database, settings: Settings
) -> None:
    desk = limited(database, settings, 1)
    first = ask(desk, 8)
    assert ask(desk, 8).id == first.id, "what waits is joined"
    desk.work()
    with pytest.raises(
        RateLimitedError, match=r"once in 3,600 seconds for a user; for user 8 it may again from"
    ) as caught:
        ask(desk, 8)
    started = desk.find(first.id).started_at
    assert started is not None
    assert caught.value.free_at == started + timedelta(hours=1)
    assert caught.value.exit_code == ExitCode.ALREADY_RUNNING
    for others in ((9,), (8, 9), ()):
        ask(desk, *others)
    pass_by(desk, minutes=59)
    with pytest.raises(RateLimitedError):
        ask(desk, 8)
    pass_by(desk, minutes=1)
    ask(desk, 8)


def test_the_window_slides_and_further_tries_do_not_count(database: Database, settings: Settings) -> None:
    desk = limited(database, settings, 2, failing)
    ask(desk, 8)
    for _ in range(3):
        desk.work()
        desk.rows("UPDATE feed.job_run SET not_before = NULL RETURNING id")
    assert desk.rows("SELECT count(*) FROM feed.job_run") == [(3,)]
    pass_by(desk, minutes=30)
    second = ask(desk, 8)
    desk.rows("UPDATE feed.job_run SET max_attempts = 1 RETURNING id")
    desk.work()
    pass_by(desk, minutes=20)
    with pytest.raises(RateLimitedError):
        ask(desk, 8)
    pass_by(desk, minutes=10)
    assert ask(desk, 8).id > second.id


def test_whoever_asks_at_once_gets_one_run_together(database: Database, settings: Settings) -> None:
    desk = limited(database, settings, 1)
    start, refused = threading.Barrier(8), []

    def press() -> None:
        start.wait()
        for _ in range(10):
            try:
                ask(desk, 8)
            except RateLimitedError as error:
                refused.append(error)
            desk.work()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.rows("SELECT status FROM feed.job_run") == [("SUCCESS",)]
    assert refused


def test_what_an_event_calls_for_too_soon_waits_for_its_time(database: Database, settings: Settings) -> None:
    desk = limited(database, settings, 1)

    def tell() -> None:
        with database.connection() as connection:
            emit(connection, Event(kind=EventName.PROFILE_UPDATED, user_id=8))
        consume(database, settings, desk.registry, now=NOW)

    tell()
    (first,) = desk.work()
    tell()
    tell()
    assert desk.ready() == []
    (due,) = desk.rows("SELECT not_before FROM feed.job_run WHERE status = 'QUEUED'")
    started = desk.find(first).started_at
    assert isinstance(started, datetime)
    assert due == (started + timedelta(hours=1),)


@pytest.mark.parametrize(("runs", "window_s"), [(0, 60), (1, 0), (1, 86_401)])
def test_a_limit_that_means_nothing_is_refused(runs: int, window_s: int) -> None:
    with pytest.raises(PlanError, match="window_s"):
        PerUser(runs=runs, window_s=window_s)
