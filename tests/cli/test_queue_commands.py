"""The commands about queues and schedule on a database of our own, with and without a Redis."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.types.json import Jsonb

from orchestrator.errors import ExitCode
from orchestrator.jobs import registry

from .conftest import Call


@pytest.fixture(autouse=True)
def no_redis(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """Nothing listens there."""
    monkeypatch.setenv("FEEDSCORE_DATA_DIR", str(tmp_path))


def test_what_is_enqueued_without_redis_waits_and_says_so(call: Call) -> None:
    said = call("enqueue", "match-scores")
    assert said.code == ExitCode.DONE
    assert "match-scores" in said.out
    assert "orchestrator up" in said.err
    status = call("status", "--json").json
    assert status["redis"] is False
    assert {run["job"]: run["status"] for run in status["runs"]} == {
        "build-user-traits": "QUEUED",
        "user-interest-sets": "QUEUED",
        "ratings-aggregate": "QUEUED",
        "match-scores": "WAITING",
    }
    again = call("enqueue", "match-scores", "--json").json
    assert [run["is_new"] for run in again] == [False] * 4


def test_a_rehearsal_enqueues_nothing_and_tells_scopes_and_rows(call: Call) -> None:
    told = call("enqueue", "match-scores", "--dry-run", "--json").json["jobs"]
    assert [step["job"] for step in told][-1] == "match-scores"
    assert all(step["rows_to_scan"] for step in told)
    assert call("status", "--json").json["runs"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("enqueue",), "name a job, a group or `all`"),
        (("enqueue", "match-score"), "did you mean match-scores"),
        (("enqueue", "all", "--user-id", "12"), "no such user in app.users: 12"),
        (("pause", "nightly"), "neither a job nor a queue: nightly"),
        (("schedule", "next", "nightly"), "there is no schedule nightly"),
        (("schedule", "set", "match-scores", "--cron", "61 * * * *"), "61"),
        (("schedule", "set", "match-scores", "--time-zone", "Mars/Olympus"), "Mars/Olympus"),
        (("worker", "--queues", "urgent"), "urgent"),
    ],
)
def test_wrong_use_is_named(call: Call, arguments: tuple[str, ...], said: str) -> None:
    wrong = call(*arguments)
    assert wrong.code == ExitCode.USAGE
    assert said in wrong.err


def test_workers_without_redis_end_with_a_sentence(call: Call) -> None:
    said = call("worker")
    assert said.code == ExitCode.FAILED
    assert "cannot reach Redis" in said.err


def test_runs_are_cancelled_and_retried_by_number(call: Call) -> None:
    runs = {run["job"]: run["id"] for run in call("enqueue", "match-scores", "--json").json}
    said = call("cancel", str(runs["ratings-aggregate"]), "999", "--json")
    assert said.json == {"cancelled": [runs["ratings-aggregate"]], "asked_to_stop": [], "not_open": [999]}
    ended = {run["job"]: run for run in call("runs", "--json").json}
    assert ended["match-scores"]["status"] == "SKIPPED"
    assert "ratings-aggregate, which was cancelled" in ended["match-scores"]["error"]
    assert call("cancel", "999").code == ExitCode.FAILED
    assert "retry of run" in call("retry", str(runs["match-scores"])).out
    assert call("retry", "999").code == ExitCode.FAILED


def test_the_status_says_what_a_run_does_and_for_how_long(call: Call, connection: psycopg.Connection) -> None:
    call("enqueue", "ratings-aggregate")
    connection.execute(
        "UPDATE feed.job_run SET status = 'RUNNING', started_at = clock_timestamp() - interval '200 s',"
        " heartbeat_at = clock_timestamp(), metadata = %s",
        (Jsonb({"now": {"step": "reading ratings", "done": 500, "total": 2_000}}),),
    )
    connection.commit()
    (line,) = (line for line in call("status").out.splitlines() if "ratings-aggregate" in line)
    assert "reading ratings 500 of 2,000" in line
    assert "0:03:2" in line


def test_pauses_show_in_the_status(call: Call) -> None:
    assert "Paused job match-scores." in call("pause", "match-scores").out
    call("pause", "low")
    assert "was paused already" in call("pause", "low").out
    status = call("status", "--json").json
    assert [(one["kind"], one["name"]) for one in status["pauses"]] == [
        ("job", "match-scores"),
        ("queue", "low"),
    ]
    assert "job match-scores" in call("status").out
    assert "Resumed job match-scores." in call("resume", "match-scores").out
    assert "was not paused" in call("resume", "match-scores").out


def test_the_schedule_is_shown_and_changed(call: Call) -> None:
    listed = {one["name"]: one for one in call("schedule", "list", "--json").json}
    assert set(listed) == {one.name for job in registry for one in job.timetables}
    assert (
        call("schedule", "set", "match-scores", "--cron", "30 2 * * *", "--time-zone", "Europe/Berlin").code
        == 0
    )
    assert call("schedule", "pause", "ratings-aggregate").code == 0
    slots = call("schedule", "next", "match-scores", "--count", "3", "--json").json
    assert [slot["local"][11:16] for slot in slots] == ["02:30"] * 3
    listed = {one["name"]: one for one in call("schedule", "list", "--json").json}
    assert (listed["match-scores"]["cron"], listed["ratings-aggregate"]["next"]) == ("30 2 * * *", None)
    assert "enqueued" in call("schedule", "run-now", "match-scores").out
    assert call("schedule", "resume", "ratings-aggregate").code == 0
