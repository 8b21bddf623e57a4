"""The commands on a database of our own: what they print, and what they tell their caller."""

from __future__ import annotations

import psycopg
import pytest

from orchestrator.cli.output import size, span
from orchestrator.context import JobContext
from orchestrator.db.engine import Database
from orchestrator.errors import ExitCode, SourceError
from orchestrator.jobs import registry
from orchestrator.runner import run_job
from orchestrator.settings import Settings

from ..conftest import address_of
from ..jobs.maintenance.old_runs import OldRun, write_runs
from ..runner.conftest import NOW, plain_job
from .conftest import Call


def test_the_list_names_every_job(call: Call) -> None:
    assert [job["name"] for job in call("list", "--json").json] == list(registry.jobs)
    assert all(name in call("list").out for name in registry.jobs)


def test_the_plan_of_a_group_without_jobs_says_so(call: Call) -> None:
    said = call("plan", "quiz")
    assert (said.code, said.out) == (ExitCode.DONE, "quiz has no jobs yet.\n")
    assert call("plan", "quiz", "--json").json == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "quiz"], "quiz has no jobs yet"),
        (["run", "trending-nonsense"], "unknown job or group: trending-nonsense"),
        (["plan", "matchin"], "did you mean matching"),
        (["runs", "show", "99"], "there is no run 99"),
        (["run", "all", "--batch-size", "many"], "--batch-size"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(call: Call, arguments: list[str], sentence: str) -> None:
    said = call(*arguments)
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert sentence in said.err
    assert "Traceback" not in said.err


def test_the_history_shows_runs_and_how_they_ended(
    call: Call, database: Database, settings: Settings
) -> None:
    def run(_: JobContext) -> None:
        """Fail."""
        raise SourceError("no such view")

    done = run_job(database, settings, plain_job(lambda _: None, name="one"), now=NOW)
    failed = run_job(database, settings, plain_job(run, name="two"), now=NOW)
    assert [(run["id"], run["status"]) for run in call("runs", "--json").json] == [
        (failed.id, "FAILED"),
        (done.id, "SUCCESS"),
    ]
    assert [run["job"] for run in call("runs", "--status", "failed", "--json").json] == ["two"]
    assert [run["job"] for run in call("runs", "--job", "one", "--limit", "1", "--json").json] == ["one"]
    assert "two" in call("runs").out
    assert call("runs", "show", str(failed.id), "--json").json["error"] == "no such view"
    assert "no such view" in call("runs", "show", str(failed.id)).out


def test_days_are_summed_up(call: Call, database: Database) -> None:
    assert "run analytics-rollup" in call("runs", "daily").out
    write_runs(database, OldRun(job="trending", days=9), OldRun(days=2, waited_ms=3000), OldRun(days=1))
    assert call("run", "analytics-rollup").code == ExitCode.DONE
    listed = call("runs", "daily", "--days", "8", "--json").json
    assert [(day["job"], day["runs"], day["wait_p95_ms"]) for day in listed] == [
        ("match-scores", 1, None), ("match-scores", 1, 3000.0),
    ]  # fmt: skip
    (line,) = call("runs", "daily", "--job", "trending").out.splitlines()[1:]
    assert line.split()[1:4] == ["trending", "1", "0"]


def test_an_unknown_user_is_named(call: Call) -> None:
    if not registry.jobs:
        pytest.skip("no jobs yet")
    said = call("run", next(iter(registry.jobs)), "--user-id", "424242")
    assert said.code == ExitCode.USAGE
    assert "--user-id: no such user in app.users: 424242" in said.err


def test_the_settings_are_shown_without_secrets(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDSCORE_DATABASE_URL", "postgresql://me:secret@host/name")
    shown = call("config", "--json").json
    assert shown["database_url"] == {
        "value": "postgresql://me:***@host/name",
        "from": "environment FEEDSCORE_DATABASE_URL",
    }
    assert "secret" not in call("config").out


def test_the_doctor_finds_nothing_wrong_with_a_fresh_database(call: Call) -> None:
    said = call("doctor", "--json")
    assert (said.code, said.json["ok"]) == (ExitCode.DONE, True)


def test_the_doctor_says_when_the_database_cannot_be_reached(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDSCORE_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/none")
    said = call("doctor")
    assert said.code == ExitCode.FAILED
    assert "cannot reach the database" in said.out
    assert "secret" not in said.out


def test_the_doctor_finds_dead_runs(call: Call, database: Database, settings: Settings) -> None:
    record = run_job(database, settings, plain_job(lambda _: None), now=NOW)
    with database.connection() as connection:
        connection.execute("UPDATE feed.job_run SET status = 'RUNNING'")
    (finding,) = (f for f in call("doctor", "--json").json["findings"] if f["subject"] == "runs")
    assert finding["verdict"] == "warn"
    assert f"1 died: count (run {record.id})" in finding["found"]


def test_init_makes_both_schemas_and_may_be_repeated(
    call: Call, server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE feedscore_empty")
        try:
            monkeypatch.setenv("FEEDSCORE_DATABASE_URL", address_of(server_url, "feedscore_empty"))
            assert "run: python -m orchestrator db init" in call("runs").err
            first, second = call("db", "init", "--json").json, call("db", "init", "--json").json
            assert (first["changed"], second["changed"]) == (True, False)
            status = call("db", "status", "--json").json
            assert status["schema_version"] == status["newest_schema_version"]
            assert {"app.users", "feed.job_run"} <= {table["table"] for table in status["tables"]}
            assert "app.users" in call("db", "status").out
        finally:
            admin.execute("DROP DATABASE feedscore_empty WITH (FORCE)")


def test_text_for_a_pipe_is_plain(call: Call) -> None:
    for arguments in (["--help"], ["run", "--help"], ["list"], ["config"], ["doctor"], ["nonsense"]):
        said = call(*arguments)
        assert not set(said.out + said.err) & set("\x1b│╭╰─━")
        assert all(line == line.rstrip() for line in said.out.splitlines())


def test_the_version_is_told(call: Call) -> None:
    assert call("--version").out.startswith("feedscore ")


def test_durations_and_sizes_read_well() -> None:
    assert [span(ms) for ms in (None, 12, 3_140, 724_000)] == ["", "12 ms", "3.1 s", "0:12:04"]
    assert [size(count) for count in (512, 1_400_000, 3e13)] == ["512 B", "1.4 MB", "30.0 TB"]


def test_the_examples_of_every_job_are_commands_that_work(call: Call) -> None:
    for job in registry:
        for example in job.examples:
            if "--user-id" not in example:
                said = call(*example.split(), *([] if "--dry-run" in example else ["--dry-run"]))
                assert said.code == ExitCode.DONE, said.err
