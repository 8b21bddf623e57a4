"""Analyses over HTTP: asked for once, told as they stand, refused within the hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.runner import run_queued
from orchestrator.settings import Settings
from tests.jobs.conftest import execute, rows
from tests.jobs.profile.conversations import World

from .conftest import error_of


@pytest.fixture
def world(database: Database, settings: Settings) -> World:
    """Somebody who has written enough."""
    world = World(database, settings)
    world.write(12, at=datetime.now(UTC) - timedelta(hours=3))
    return world


def ask(client: httpx.Client, user: int = 8) -> httpx.Response:
    return client.post("/api/profile/analyze", json={"user_id": user})


def status(client: httpx.Client) -> dict[str, Any]:  # Any: JSON
    body: dict[str, Any] = client.get("/api/profile/analyze/8").json()  # Any: JSON
    return body


def test_an_analysis_is_asked_for_once_done_with_priority_and_told(
    client: httpx.Client, world: World
) -> None:
    assert status(client)["status"] == "none"
    asked = ask(client)
    assert (asked.status_code, asked.json()["status"]) == (202, "pending")
    run_id = asked.json()["run_id"]
    assert ask(client).json() == {"run_id": run_id, "status": "pending", "duplicate": True}
    assert ask(client).status_code == 200
    assert rows(world.database, "SELECT id, queue, trigger, scope FROM feed.job_run") == [
        (run_id, "high", "MANUAL", "users:8")
    ]
    assert status(client)["status"] == "pending"
    run_queued(world.database, world.settings, registry, run_id, now=datetime.now(UTC))
    done = status(client)
    assert (done["status"], done["run_id"], done["messages"]) == ("completed", run_id, 12)
    assert done["result"]["language"] == "en"


def test_within_the_hour_the_caller_is_told_when_to_come_again(client: httpx.Client, world: World) -> None:
    world.run_now()
    answer = ask(client)
    assert answer.status_code == 429
    assert 3500 < error_of(answer)["retry_after_s"] <= 3600
    assert answer.headers["retry-after"] == str(error_of(answer)["retry_after_s"])
    execute(world.database, "UPDATE feed.profile_analysis SET analysed_at = now() - interval '61 min'")
    assert ask(client).status_code == 202


def test_too_few_messages_and_failures_are_told(client: httpx.Client, world: World) -> None:
    execute(world.database, "DELETE FROM app.messages WHERE id > 9")
    world.run_now()
    assert [status(client)[name] for name in ("status", "insufficient_data", "result")] == [
        "completed",
        True,
        None,
    ]
    execute(
        world.database,
        "UPDATE feed.profile_analysis SET status = 'failed', error = 'the analyser answered 500'",
    )
    assert [status(client)[name] for name in ("status", "error")] == ["failed", "the analyser answered 500"]


def test_a_run_that_failed_before_it_came_to_the_person_is_told_too(
    client: httpx.Client, world: World
) -> None:
    run_id = ask(client).json()["run_id"]
    settings = world.settings.model_copy(update={"analyser": "nonsense"})
    execute(world.database, "UPDATE feed.job_run SET max_attempts = 1")
    run_queued(world.database, settings, registry, run_id, now=datetime.now(UTC))
    assert (status(client)["status"], status(client)["run_id"]) == ("failed", run_id)
    assert "there is no analyser nonsense" in status(client)["error"]


def test_whom_a_run_over_everybody_is_at_counts_as_asked_for(client: httpx.Client, world: World) -> None:
    run = world.run_now().id
    execute(
        world.database,
        "UPDATE feed.profile_analysis SET status = 'running', analysed_at = NULL",
        f"UPDATE feed.job_run SET status = 'RUNNING' WHERE id = {run}",
    )
    assert ask(client).json() == {"run_id": run, "status": "running", "duplicate": True}
    execute(world.database, f"UPDATE feed.job_run SET status = 'FAILED' WHERE id = {run}")
    assert status(client)["status"] == "failed"


def test_nobody_of_that_id_is_not_found(client: httpx.Client, world: World) -> None:
    assert ask(client, 404).status_code == 404
    assert client.get("/api/profile/analyze/404").status_code == 404
    assert client.get("/api/profile/analyze/eight").status_code == 422
