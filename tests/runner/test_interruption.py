"""Runs that are stopped, killed, or started twice: real processes, real signals."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from orchestrator.db.engine import Database
from orchestrator.db.runs import RunRecord, RunStatus, list_runs
from orchestrator.errors import AlreadyRunningError, ExitCode
from orchestrator.plan import Step
from orchestrator.runner import Stop, run_job, run_plan
from orchestrator.settings import Settings

from .conftest import NOW, batch_job, count_items, plain_job

Start = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def start(items: Database, database_url: str) -> Iterator[Start]:
    """Start a process that runs one of the jobs of `program`; none of them outlives the test."""
    started = []

    def run(what: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.runner.program", database_url, what]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def wait_for(process: subprocess.Popen[str], *lines: str) -> None:
    assert process.stdout is not None
    for line in lines:
        assert process.stdout.readline().strip() == line


def only_run(database: Database) -> RunRecord:
    with database.connection() as connection:
        (record,) = list_runs(connection)
    return record


def wait_for_end_of_server_processes(database: Database) -> None:
    """A killed client's server processes notice within moments."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    deadline = time.monotonic() + 20
    with database.connection() as connection:
        while connection.execute(others).fetchone() != (0,) and time.monotonic() < deadline:
            time.sleep(0.02)


@pytest.mark.parametrize("what", ["steady", "threads"])
def test_a_killed_run_is_found_dead_and_resumed(
    items: Database, settings: Settings, start: Start, what: str
) -> None:
    process = start(what)
    wait_for(process, *(["0", "1", "2"] if what == "steady" else []))
    while not count_items(items):
        time.sleep(0.01)
    process.kill()
    process.wait()
    wait_for_end_of_server_processes(items)
    done = count_items(items)
    assert 0 < done < 50
    assert only_run(items).status is RunStatus.RUNNING
    again = run_job(items, settings, batch_job(), now=NOW)  # a batch done twice would violate the primary key
    with items.connection() as connection:
        _, dead = list_runs(connection)
    assert (dead.status, dead.error) == (RunStatus.FAILED, "the process ended without a word")
    assert (again.status, again.resumed_from, again.attempt) == (RunStatus.SUCCESS, dead.id, 2)
    assert (again.items_processed, again.metadata["items_resumed"]) == (50 - done, done)
    assert count_items(items) == 50


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_batch_finish_and_cancels(
    items: Database, settings: Settings, start: Start, number: signal.Signals
) -> None:
    process = start("steady")
    wait_for(process, "0", "1")
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "CANCELLED" in out
    cancelled = only_run(items)
    assert cancelled.status is RunStatus.CANCELLED
    assert cancelled.items_processed == count_items(items) == 20
    again = run_job(items, settings, batch_job(), now=NOW)
    assert (again.items_processed, again.resumed_from, count_items(items)) == (30, cancelled.id, 50)


@pytest.mark.parametrize("what", ["hang", "hang-in-threads"])
def test_a_second_signal_ends_a_batch_at_once(items: Database, start: Start, what: str) -> None:
    process = start(what)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == ExitCode.INTERRUPTED
    assert only_run(items).status is RunStatus.CANCELLED
    assert count_items(items) == 0


def test_a_signal_outside_of_batches_interrupts_at_once(items: Database, start: Start) -> None:
    process = start("hang-outside")
    wait_for(process, "waiting")
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == ExitCode.INTERRUPTED
    record = only_run(items)
    assert (record.status, record.error) == (RunStatus.CANCELLED, "stopped by SIGINT")


def test_the_same_job_and_scope_does_not_run_twice_at_once(
    items: Database, settings: Settings, start: Start
) -> None:
    process = start("steady")
    wait_for(process, "0")
    running = only_run(items)
    with pytest.raises(
        AlreadyRunningError, match=rf"run {running.id} on {running.host}, process {process.pid}, since"
    ):
        run_job(items, settings, batch_job(), now=NOW)
    dependent = plain_job(lambda _: None, name="after", needs=("count",))
    steps = [Step(batch_job(), "needed by after"), Step(dependent, "asked for")]
    result = run_plan(items, settings, steps, now=NOW)
    assert result.exit_code == ExitCode.ALREADY_RUNNING
    assert [record.status for record in result.records] == [RunStatus.SKIPPED, RunStatus.SKIPPED]
    assert result.records[1].error is not None
    assert result.records[1].error.startswith("needs count: count (all) is already running: run ")
    process.communicate(timeout=30)
    assert process.returncode == ExitCode.DONE


def test_a_plan_that_is_stopped_skips_what_it_has_not_begun(items: Database, settings: Settings) -> None:
    stop = Stop()
    first = batch_job(lambda _, __: stop.request())
    steps = [Step(first, "asked for"), Step(plain_job(lambda _: None, name="other"), "asked for")]
    result = run_plan(items, settings, steps, now=NOW, stop=stop)
    assert [record.status for record in result.records] == [RunStatus.CANCELLED, RunStatus.SKIPPED]
    assert (result.exit_code, count_items(items)) == (ExitCode.INTERRUPTED, 10)
