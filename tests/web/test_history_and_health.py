"""What the API shows of jobs and runs, and how it says whether it can work."""

from __future__ import annotations

import tempfile
from pathlib import Path

import httpx

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.queue.embedded_redis import EmbeddedRedis
from orchestrator.runner import run_job
from orchestrator.settings import Settings
from tests.runner.conftest import NOW

from .conftest import Serving, error_of


def test_jobs_and_runs_are_listed(client: httpx.Client, database: Database, settings: Settings) -> None:
    assert [job["name"] for job in client.get("/api/jobs").json()["jobs"]] == list(registry.jobs)
    record = run_job(database, settings, registry["user-interest-sets"], now=NOW)
    (shown,) = client.get("/api/runs", params={"job": "user-interest-sets", "status": "SUCCESS"}).json()[
        "runs"
    ]
    assert shown == client.get(f"/api/runs/{record.id}").json()
    assert (shown["id"], shown["status"]) == (record.id, "SUCCESS")
    assert client.get("/api/runs", params={"status": "FAILED"}).json() == {"runs": []}


def test_wrong_questions_are_named(client: httpx.Client) -> None:
    assert (
        "there is no job nothing" in error_of(client.get("/api/runs", params={"job": "nothing"}))["message"]
    )
    assert "there is no run 99" in error_of(client.get("/api/runs/99"))["message"]
    wrong = client.get("/api/runs", params={"limit": 0})
    assert (wrong.status_code, error_of(wrong)["details"][0]["field"]) == (422, "limit")


def test_it_is_ready_when_database_migrations_and_redis_are(serving: Serving, settings: Settings) -> None:
    with tempfile.TemporaryDirectory(prefix="feedscore-redis-") as folder:
        server = EmbeddedRedis(settings.model_copy(update={"data_dir": Path(folder)}))
        server.start()
        try:
            with serving(data_dir=Path(folder)) as client:
                ready = client.get("/health/ready")
        finally:
            server.stop()
    assert (ready.status_code, ready.json()) == (
        200, {"status": "ok", "database": "ok", "migrations": "ok", "redis": "ok"},
    )  # fmt: skip


def test_without_redis_it_says_so(client: httpx.Client) -> None:
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["redis"], ready.json()["database"]) == (
        503,
        "does not answer",
        "ok",
    )


def test_the_description_of_the_api_needs_no_token_and_no_network(client: httpx.Client) -> None:
    told = httpx.get(str(client.base_url) + "/openapi.json").json()
    assert {"/api/events", "/api/profile/analyze", "/health/ready"} <= set(told["paths"])
