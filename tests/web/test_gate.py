"""Who may do what: tokens, signatures, and what is told to those who may not."""

from __future__ import annotations

import json
import time

import httpx
import pytest
from pydantic import SecretStr

from orchestrator.db.engine import Database
from orchestrator.settings import Settings
from orchestrator.web.problems import Problem
from orchestrator.web.signatures import SIGNATURE, TIMESTAMP, WINDOW_S, Signatures, sign
from tests.jobs.conftest import rows

from .conftest import TOKEN, Serving, error_of, served

QUIZ = {"kind": "quiz.submitted", "user_id": 8}
KEY = "key-of-a-test-012345"


def test_without_the_token_nothing_below_api_is_told_or_changed(
    client: httpx.Client, database: Database
) -> None:
    for header in ("", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer t\xf6k"):
        headers = {b"Authorization": header.encode("latin-1")}
        for method, path in (
            ("POST", "/api/events"),
            ("GET", "/api/runs"),
            ("GET", "/api/profile/analyze/8"),
        ):
            answer = client.request(method, path, json=QUIZ, headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert error_of(answer)["code"] == "unauthorized"
    assert rows(database, "SELECT count(*) FROM feed.event_outbox") == [(0,)]


def test_where_no_token_is_set_the_api_is_closed_and_says_how_to_open_it(serving: Serving) -> None:
    with serving(api_token=None) as client:
        answer = client.post("/api/events", json=QUIZ)
        assert answer.status_code == 403
        assert "set FEEDSCORE_API_TOKEN" in error_of(answer)["message"]
        assert client.get("/health/live").status_code == 200


def test_what_is_signed_just_now_is_taken_once(serving: Serving, database: Database) -> None:
    body = json.dumps(QUIZ).encode()
    now = str(int(time.time()))
    json_type = {"Content-Type": "application/json"}
    good = {**json_type, TIMESTAMP: now, SIGNATURE: sign(KEY, now, body)}
    with serving(api_signing_key=SecretStr(KEY)) as client:
        for wrong in (
            json_type,
            {**good, SIGNATURE: sign("another key", now, body)},
            {**good, SIGNATURE: "sha256=00"},
        ):
            assert client.post("/api/events", content=body, headers=wrong).status_code == 401
        assert client.post("/api/events", content=body, headers=good).status_code == 202
        again = client.post("/api/events", content=body, headers=good)
        assert again.status_code == 401
        assert "was used before" in error_of(again)["message"]
        assert client.get("/api/jobs").status_code == 200  # nothing to sign
    assert rows(database, "SELECT count(*) FROM feed.event_outbox") == [(1,)]


def test_a_signature_is_good_for_five_minutes_and_for_one_idempotency_key() -> None:
    now = [1_000_000.0]
    signatures = Signatures(KEY, lambda: now[0])
    for off in (-WINDOW_S - 1, WINDOW_S + 1):
        timestamp = str(int(now[0]) + off)
        with pytest.raises(Problem, match="seconds off"):
            signatures.check(timestamp, sign(KEY, timestamp, b"x"), b"x", None)
    timestamp = str(int(now[0]))
    for _ in range(2):
        signatures.check(timestamp, sign(KEY, timestamp, b"x"), b"x", "key")
    with pytest.raises(Problem, match="used before"):
        signatures.check(timestamp, sign(KEY, timestamp, b"x"), b"x", "another")
    with pytest.raises(Problem, match="must be seconds"):
        signatures.check("now", sign(KEY, "now", b"x"), b"x", None)


def test_other_places_and_methods_are_refused_in_the_same_shape(client: httpx.Client) -> None:
    for method, path, status in (
        ("GET", "/api/nothing", 404), ("PUT", "/api/events", 405), ("GET", "/docs", 404), ("GET", "/", 404),
    ):  # fmt: skip
        answer = client.request(method, path, json={})
        assert answer.status_code == status
        assert path in error_of(answer)["message"]


def test_secrets_reach_no_log(serving: Serving, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(api_signing_key=SecretStr(KEY)) as client:
        client.post("/api/events", json=QUIZ)
        client.post("/api/events", json=QUIZ, headers={"Authorization": "Bearer somebody-elses-token"})
    said = "".join(capsys.readouterr())
    assert "/api/events" in said
    for secret in (TOKEN, KEY, "somebody-elses-token"):
        assert secret not in said


def test_while_the_database_is_away_nothing_is_taken_and_the_caller_is_told_to_come_again(
    settings: Settings,
) -> None:
    away = settings.model_copy(update={"database_url": SecretStr("postgresql://me:hidden@127.0.0.1:1/none")})
    with Database(away) as database, served(away, database) as client:
        answer = client.post("/api/events", json=QUIZ)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "hidden" not in answer.text
        assert "cannot be reached" in error_of(answer)["message"]
        ready = client.get("/health/ready")
        assert (ready.status_code, ready.json()["database"]) == (503, "does not answer")
        assert client.get("/health/live").json() == {"status": "ok"}


def test_a_defect_is_answered_in_the_same_shape(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.web.history.list_runs", lambda *_, **__: 1 // 0)
    with serving() as client:
        answer = client.get("/api/runs")
        assert answer.status_code == 500
        assert "ZeroDivisionError" not in answer.text
        assert error_of(answer)["code"] == "failed"
