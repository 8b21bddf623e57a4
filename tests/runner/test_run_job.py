"""One run of one job: its row, its batches, and what is left when something fails."""

from __future__ import annotations

import psycopg
import pytest

from orchestrator.context import Batch, JobContext, JobParameters
from orchestrator.db.engine import Database
from orchestrator.db.runs import RunStatus, list_runs
from orchestrator.errors import SourceError
from orchestrator.runner import run_job
from orchestrator.settings import Settings

from .conftest import NOW, batch_job, count_items, plain_job


def left_batches(database: Database) -> int:
    with database.connection() as connection:
        row = connection.execute("SELECT count(*) FROM feed.job_batch").fetchone()
    assert row is not None
    return int(row[0])


def test_a_run_leaves_one_row_that_says_what_it_did(items: Database, settings: Settings) -> None:
    record = run_job(items, settings, batch_job(), JobParameters(user_id=(17, 8)), now=NOW)
    assert (record.status, record.scope, record.items_processed) == (RunStatus.SUCCESS, "users:8,17", 50)
    assert (record.attempt, record.items_failed, record.error, record.as_of) == (1, 0, None, NOW)
    assert record.metadata["rows_written"] == 50
    assert record.parameters["user_id"] == [17, 8]
    assert record.duration_ms is not None
    with items.connection() as connection:
        assert list_runs(connection) == [record]
    assert (count_items(items), left_batches(items)) == (50, 0)


@pytest.mark.parametrize("workers", [1, 3])
def test_every_item_is_done_once_whatever_the_workers(
    items: Database, settings: Settings, workers: int
) -> None:
    record = run_job(items, settings, batch_job(total=997, size=10, workers=workers), now=NOW)
    assert record.items_processed == count_items(items) == 997


def test_a_job_without_items_succeeds(items: Database, settings: Settings) -> None:
    assert run_job(items, settings, batch_job(total=0), now=NOW).status is RunStatus.SUCCESS


@pytest.mark.parametrize("workers", [1, 2])
def test_a_batch_that_fails_twice_is_counted_and_the_others_go_on(
    items: Database, settings: Settings, workers: int
) -> None:
    tries: list[Batch] = []

    def fail_on_the_third(_: psycopg.Connection, batch: Batch) -> None:
        if batch.number == 2:
            tries.append(batch)
            raise ValueError("answer 7 of user 21 is outside the scale")

    record = run_job(items, settings, batch_job(fail_on_the_third, workers=workers), now=NOW)
    assert len(tries) == 2
    assert (record.status, record.items_processed, record.items_failed) == (RunStatus.SUCCESS, 40, 10)
    assert record.error is not None
    assert "ValueError: answer 7 of user 21 is outside the scale" in record.error
    assert count_items(items) == 40


def test_a_batch_that_fails_once_is_made_good(items: Database, settings: Settings) -> None:
    tries: list[Batch] = []

    def fail_once(connection: psycopg.Connection, batch: Batch) -> None:
        if batch.number == 1 and not tries:
            tries.append(batch)
            connection.execute("INSERT INTO item VALUES (10), (10)")

    record = run_job(items, settings, batch_job(fail_once), now=NOW)
    assert (record.items_processed, record.items_failed, count_items(items)) == (50, 0, 50)


def test_a_run_in_which_everything_failed_has_failed(items: Database, settings: Settings) -> None:
    def fail(_: psycopg.Connection, __: Batch) -> None:
        raise ValueError("no")

    record = run_job(items, settings, batch_job(fail), now=NOW)
    assert (record.status, record.items_failed) == (RunStatus.FAILED, 50)


def test_an_error_that_every_batch_would_meet_ends_the_run(items: Database, settings: Settings) -> None:
    def forget_the_table(connection: psycopg.Connection, batch: Batch) -> None:
        if batch.number == 1:
            connection.execute("SELECT * FROM app.nothing")

    record = run_job(items, settings, batch_job(forget_the_table), now=NOW)
    assert (record.status, record.items_processed) == (RunStatus.FAILED, 10)
    assert record.error is not None
    assert 'relation "app.nothing" does not exist' in record.error


def test_the_next_run_does_not_repeat_what_a_failed_one_committed(
    items: Database, settings: Settings
) -> None:
    def end_the_run(_: psycopg.Connection, batch: Batch) -> None:
        if batch.number == 3:
            raise SourceError("the source is wrong")

    failed = run_job(items, settings, batch_job(end_the_run), now=NOW)
    again = run_job(items, settings, batch_job(), now=NOW.replace(hour=13))
    assert (failed.status, failed.error) == (RunStatus.FAILED, "the source is wrong")
    assert (again.status, again.resumed_from, again.attempt) == (RunStatus.SUCCESS, failed.id, 2)
    assert (again.items_processed, again.metadata["items_resumed"], again.as_of) == (20, 30, NOW)
    assert (count_items(items), left_batches(items)) == (50, 0)


@pytest.mark.parametrize(
    ("version", "inputs", "parameters", "day"),
    [
        ("2", "", JobParameters(), 1),
        ("1", "other", JobParameters(), 1),
        ("1", "", JobParameters(limit=9), 1),
        ("1", "", JobParameters(), 2),
    ],
)
def test_other_work_repeats_everything(
    items: Database, settings: Settings, version: str, inputs: str, parameters: JobParameters, day: int
) -> None:
    def end_the_run(_: psycopg.Connection, batch: Batch) -> None:
        if batch.number == 3:
            raise SourceError("the source is wrong")

    run_job(items, settings, batch_job(end_the_run), now=NOW)
    with items.connection() as connection:
        connection.execute("DELETE FROM item")
    job = batch_job(version=version, inputs=inputs)
    again = run_job(items, settings, job, parameters, now=NOW.replace(day=day))
    assert (again.status, again.items_processed, count_items(items)) == (RunStatus.SUCCESS, 50, 50)


def test_facts_of_one_name_add_up(items: Database, settings: Settings) -> None:
    def run(context: JobContext) -> None:
        """Tell facts."""
        context.run.tell(rows_scanned=3, source="app", final=True)
        context.run.tell(rows_scanned=4, source="views", final=True)

    record = run_job(items, settings, plain_job(run), now=NOW)
    assert {k: record.metadata[k] for k in ("rows_scanned", "source", "final")} == {
        "rows_scanned": 7,
        "source": "views",
        "final": True,
    }


def test_a_defect_is_told_in_one_sentence(items: Database, settings: Settings) -> None:
    def run(_: JobContext) -> None:
        """Break."""
        raise KeyError("gender")

    record = run_job(items, settings, plain_job(run), now=NOW)
    assert (record.status, record.error) == (RunStatus.FAILED, "KeyError: 'gender'")
