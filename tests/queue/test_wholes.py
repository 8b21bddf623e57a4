"""Runs over everybody that are split: opened, done in parts by whoever comes, closed; failed, cancelled and tried again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.context import Batch, BatchResult, JobContext
from orchestrator.db.control import cancel_runs, pause, retry_runs
from orchestrator.db.engine import Database
from orchestrator.db.parts import next_part
from orchestrator.db.pending import release_and_skip
from orchestrator.db.wholes import standings
from orchestrator.errors import AlreadyRunningError
from orchestrator.registry import Registry, Sharding, Stage
from orchestrator.runner import RunStatus, bury_the_silent, run_job
from orchestrator.settings import Settings
from tests.runner.conftest import plain_job

from .conftest import NOW, Desk, nothing

PEOPLE = "INSERT INTO app.users (id, created_at) SELECT n, now() FROM generate_series(1, 100) AS n"
SEEN = "CREATE TABLE seen (user_id bigint PRIMARY KEY)"
STATUSES = "SELECT scope, status FROM feed.job_run WHERE job = 'big' ORDER BY id"
Visit = Callable[[JobContext], None]


class Town(Desk):
    """A hundred people, a job that is split into four shards, and one that needs it."""

    def __init__(self, database: Database, settings: Settings, visit: Visit = nothing) -> None:
        def see(context: JobContext) -> None:
            """Write down everybody."""
            visit(context)

            def work(connection: Any, batch: Batch) -> BatchResult:  # Any: a connection
                ids = range(1 + batch.start, 1 + batch.stop)
                span = context.part.span if context.part else {"first_id": 1, "last_id": 100}
                mine = [n for n in ids if span["first_id"] <= n <= span["last_id"]]
                connection.execute("INSERT INTO seen SELECT unnest(%s::bigint[])", (mine,))
                return BatchResult(written=len(mine))

            context.run.in_batches(100, work, size=10)

        stages = (Stage("shard", see), Stage("close", nothing, is_split=False))
        big = replace(plain_job(see, name="big"), sharding=Sharding(stages=stages, people_per_s=25))
        after = plain_job(lambda _: None, name="after", needs=("big",))
        urgent = plain_job(lambda _: None, name="urgent")
        super().__init__(
            database, settings.model_copy(update={"shard_s": 1.0}), Registry.of([big, after, urgent])
        )
        with database.connection() as connection:
            connection.execute(PEOPLE)
            connection.execute(SEEN)

    def statuses(self) -> list[tuple[str, str]]:
        return [(scope, status) for scope, status in self.rows(STATUSES)]


@pytest.fixture
def town(database: Database, settings: Settings) -> Town:
    return Town(database, settings)


def opened(town: Town) -> int:
    """Enqueue, open, and tell the whole."""
    big = town.enqueue("after")[0].record
    town.ready()
    record = town.run(big.id)
    assert record is not None
    assert record.shards == 4
    return big.id


def test_a_whole_ends_when_its_parts_have_and_frees_what_waits(town: Town) -> None:
    whole = opened(town)
    assert town.statuses() == [
        ("all", "RUNNING"),
        *((f"shard {n}/4", "QUEUED") for n in (1, 2, 3, 4)),
        ("close", "WAITING"),
    ]
    town.work()
    assert {status for _, status in town.statuses()} == {"SUCCESS"}
    assert town.rows("SELECT count(*) FROM seen") == [(100,)]
    record = town.find(whole)
    assert (record.items_processed, record.metadata["rows_written"], record.metadata["people"]) == (
        400,
        100,
        100,
    )
    assert town.rows("SELECT status FROM feed.job_run WHERE job = 'after'") == [("SUCCESS",)]


def test_a_small_run_is_not_split(town: Town) -> None:
    town.settings = town.settings.model_copy(update={"shard_s": 60.0})
    town.enqueue("big")
    town.work()
    assert town.statuses() == [("all", "SUCCESS")]


def test_the_next_run_is_cut_by_what_the_last_one_took(town: Town) -> None:
    opened(town)
    town.work()
    town.rows("UPDATE feed.job_run SET duration_ms = 1500 WHERE part IS NOT NULL RETURNING id")
    town.rows("DELETE FROM seen RETURNING user_id")
    (again,) = town.enqueue("big")
    town.ready()
    record = town.run(again.record.id)
    assert record is not None
    assert record.shards == 8, "five parts of 1.5 s, a second each"


def test_a_second_run_is_not_opened_before_the_first_has_ended(town: Town) -> None:
    whole = opened(town)
    (second,) = town.enqueue("big")
    assert second.is_new
    assert second.record.id not in town.ready()
    assert town.run(second.record.id) is None
    with pytest.raises(AlreadyRunningError, match=f"run {whole}, in 4 shards"):
        run_job(town.database, town.settings, town.registry["big"], now=NOW)
    assert len(town.statuses()) == 7


def test_a_shard_whose_worker_was_killed_goes_on_behind_its_last_batch(
    database: Database, settings: Settings
) -> None:
    class Killed(BaseException):
        pass

    deaths = [True]

    def visit(context: JobContext) -> None:
        if context.part and context.part.number == 3:
            context.run.in_batches(100, lambda *_: BatchResult(written=0), size=50, stage="before")
            if deaths:
                deaths.pop()
                raise Killed

    town = Town(database, settings, visit)
    whole = opened(town)
    third = town.ready()[2]
    with pytest.raises(Killed):
        town.run(third)
    town.rows(
        "UPDATE feed.job_run SET heartbeat_at = now() - interval '1 minute' WHERE id = %s RETURNING id", third
    )
    assert [dead.id for dead in bury_the_silent(database, 15)] == [third], "the whole itself is no process"
    town.rows("UPDATE feed.job_run SET not_before = NULL WHERE status = 'QUEUED' RETURNING id")
    town.rows("UPDATE feed.job_run SET dispatched_at = NULL WHERE status = 'QUEUED' RETURNING id")
    town.work()
    (retried,) = town.rows("SELECT id FROM feed.job_run WHERE scope = 'shard 3/4' AND status = 'SUCCESS'")
    again = town.find(retried[0])
    assert (again.attempt, again.resumed_from, again.metadata["items_resumed"]) == (2, third, 100)
    assert town.find(whole).status is RunStatus.SUCCESS
    assert town.rows("SELECT count(*) FROM seen") == [(100,)]


def failing_third(fails: list[bool]) -> Visit:
    def visit(context: JobContext) -> None:
        if context.part and context.part.number == 3 and fails:
            raise RuntimeError("the third cannot be done")

    return visit


def give_up(town: Town) -> None:
    """Let what failed have no further tries."""
    town.rows("UPDATE feed.job_run SET max_attempts = 1 RETURNING id")


def test_a_shard_that_failed_for_good_skips_the_close_and_what_waits_and_a_retry_does_the_rest(
    database: Database, settings: Settings
) -> None:
    fails = [True]
    town = Town(database, settings, failing_third(fails))
    whole = opened(town)
    give_up(town)
    town.work()
    assert dict(town.statuses()) == {
        "all": "FAILED", "shard 1/4": "SUCCESS", "shard 2/4": "SUCCESS", "shard 3/4": "FAILED", "shard 4/4": "SUCCESS",
        "close": "SKIPPED",
    }  # fmt: skip
    ((third,),) = town.rows("SELECT id FROM feed.job_run WHERE scope = 'shard 3/4'")
    why = f"needs big, shard 3/4, which failed (run {third}): RuntimeError: the third cannot be done"
    assert town.find(whole).error == why
    ((after,),) = town.rows("SELECT error FROM feed.job_run WHERE job = 'after'")
    assert after == f"needs big, which failed (run {whole}): {why}"

    fails.clear()
    with database.connection() as connection:
        (again,) = retry_runs(connection, [third])
    assert (again.scope, again.resumed_from) == ("all", whole)
    done = town.work()
    assert [town.find(run).scope for run in done] == ["all", "shard 3/4", "close"]
    record = town.find(again.id)
    assert (record.status, record.metadata["parts_resumed"]) == (RunStatus.SUCCESS, 3)
    assert town.rows("SELECT count(*) FROM seen") == [(100,)]


def test_a_failed_shard_may_be_tried_again_while_others_are_under_way(
    database: Database, settings: Settings
) -> None:
    fails = [True]
    town = Town(database, settings, failing_third(fails))
    whole = opened(town)
    give_up(town)
    third = town.ready()[2]
    town.run(third)
    assert ("close", "WAITING") in town.statuses()
    fails.clear()
    with database.connection() as connection:
        (again,) = retry_runs(connection, [third])
    assert (again.scope, again.parent_id) == ("shard 3/4", whole)
    town.rows("UPDATE feed.job_run SET dispatched_at = NULL WHERE status = 'QUEUED' RETURNING id")
    town.work()
    assert town.find(whole).status is RunStatus.SUCCESS


def test_cancelling_a_whole_cancels_its_parts(town: Town) -> None:
    whole = opened(town)
    first = town.ready()[0]
    town.run(first)
    with town.database.connection() as connection:
        pending, running = cancel_runs(connection, [whole])
        release_and_skip(connection)
    assert (len(pending), running) == (4, [whole])
    assert dict(town.statuses()) == {
        "all": "CANCELLED", "shard 1/4": "SUCCESS", "shard 2/4": "CANCELLED", "shard 3/4": "CANCELLED",
        "shard 4/4": "CANCELLED", "close": "CANCELLED",
    }  # fmt: skip
    assert town.rows("SELECT status FROM feed.job_run WHERE job = 'after'") == [("SKIPPED",)]


def test_a_worker_with_other_settings_refuses_a_part(town: Town) -> None:
    opened(town)
    first = town.ready()[0]
    town.settings = town.settings.model_copy(update={"rating_prior_weight": 7.0})
    record = town.run(first)
    assert record is not None
    assert "was begun with other settings" in (record.error or "")


def test_a_process_goes_on_with_its_whole_unless_that_is_paused_or_something_more_urgent_waits(
    town: Town,
) -> None:
    whole = opened(town)
    first = town.ready()[0]
    (urgent,) = town.enqueue("urgent", priority=90)
    with town.database.connection() as connection:
        assert next_part(connection, whole, {1}) == first
        assert standings(connection, [whole])[whole].parts == 5
    town.ready()
    with town.database.connection() as connection:
        assert next_part(connection, whole, {1}) is None
    town.run(urgent.record.id)
    with town.database.connection() as connection:
        assert next_part(connection, whole, {1}) == first
        pause(connection, "job", "big")
        assert next_part(connection, whole, {1}) is None


def test_two_workers_at_once_do_every_part_once(database: Database, settings: Settings) -> None:
    together = threading.Barrier(2, timeout=30)

    def visit(context: JobContext) -> None:
        if context.part and context.part.stage == "shard":
            together.wait()

    town = Town(database, settings, visit)
    whole = opened(town)
    parts = town.ready()
    for pair in (parts[:2], parts[2:]):
        threads = [threading.Thread(target=town.run, args=(part,)) for part in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    town.work()
    assert town.find(whole).status is RunStatus.SUCCESS
    assert town.rows("SELECT count(*) FROM seen") == [(100,)]
