"""Complaint 10: a backfill is a leap in the dark."""

from __future__ import annotations

import json

import pytest

from orchestrator.cli.app import main
from orchestrator.db.engine import Database
from orchestrator.settings import Settings
from tests.jobs.conftest import rows

COUNT = "SELECT count(*) FROM {}"


@pytest.mark.parametrize("users", [(), (5, 8)])
def test_a_rehearsal_prints_the_exact_scopes_and_rows_and_the_run_keeps_to_them(
    users: tuple[int, ...], strict_town: Database, strict_settings: Settings,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert strict_settings.database_url is not None
    monkeypatch.setenv("FEEDSCORE_DATABASE_URL", strict_settings.database_url.get_secret_value())
    command = ["match-scores", *(f"--user-id={user}" for user in users), "--json"]
    before = rows(strict_town, COUNT.format("feed.job_run"))
    assert main(["enqueue", *command, "--dry-run"]) == 0
    told = {job["job"]: job for job in json.loads(capsys.readouterr().out)["jobs"]}
    assert rows(strict_town, COUNT.format("feed.job_run")) == before, "nothing was enqueued"
    assert list(told)[-1] == "match-scores"
    assert told["ratings-aggregate"]["why"] == "needed by match-scores"
    assert {job["scope"] for job in told.values()} == {"users:5,8" if users else "all"}
    for table, estimate in told["match-scores"]["rows_to_scan"].items():
        assert rows(strict_town, COUNT.format(table)) == [(estimate,)]
    main(["run", *command])
    done = {run["job"]: run for run in json.loads(capsys.readouterr().out)["runs"]}
    assert [done["match-scores"][field] for field in ("scope", "items_processed")] == [
        told["match-scores"]["scope"], told["match-scores"]["items"],
    ]  # fmt: skip
