"""POST /api/events: recorded before it is answered, each once, and every mistake named."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from orchestrator.db.engine import Database
from tests.jobs.conftest import rows

from .conftest import error_of

QUIZ = {"kind": "quiz.submitted", "user_id": 8}
OUTBOX = "SELECT kind, user_id, other_id, idempotency_key FROM feed.event_outbox ORDER BY id"


def test_an_event_stands_in_the_outbox_when_it_is_answered(client: httpx.Client, database: Database) -> None:
    answer = client.post("/api/events", json={"kind": "user.blocked", "user_id": 8, "other_id": 17})
    assert (answer.status_code, answer.json()) == (202, {"id": 1, "duplicate": False})
    assert rows(database, OUTBOX) == [("user.blocked", 8, 17, None)]


def test_a_list_is_recorded_as_a_whole_or_not_at_all(client: httpx.Client, database: Database) -> None:
    refused = client.post("/api/events", json=[QUIZ, {"kind": "user.blocked", "user_id": 8}])
    assert refused.status_code == 422
    assert "1: Value error, other_id: user.blocked must name the other user" in error_of(refused)["message"]
    assert rows(database, OUTBOX) == []
    taken = client.post("/api/events", json=[QUIZ, {**QUIZ, "user_id": 9}])
    assert [one["duplicate"] for one in taken.json()["events"]] == [False, False]
    assert [row[1] for row in rows(database, OUTBOX)] == [8, 9]


def test_the_same_key_gives_the_number_of_the_first(client: httpx.Client, database: Database) -> None:
    headers = {"Idempotency-Key": "quiz-8-1"}
    first = client.post("/api/events", json=QUIZ, headers=headers)
    again = client.post("/api/events", json=QUIZ, headers=headers)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == {"id": first.json()["id"], "duplicate": True}
    for _ in range(2):
        several = client.post("/api/events", json=[QUIZ, QUIZ], headers={"Idempotency-Key": "two"})
    assert [one["duplicate"] for one in several.json()["events"]] == [True, True]
    assert len(rows(database, OUTBOX)) == 3
    other = client.post("/api/events", json={**QUIZ, "user_id": 9}, headers=headers)
    assert other.status_code == 409
    assert "is that of another event" in error_of(other)["message"]


def test_requests_at_once_with_one_key_make_one_event(client: httpx.Client, database: Database) -> None:
    together = threading.Barrier(8)

    def send(_: int) -> int:
        together.wait()
        return int(client.post("/api/events", json={**QUIZ, "idempotency_key": "one"}).json()["id"])

    with ThreadPoolExecutor(8) as threads:
        numbers = set(threads.map(send, range(8)))
    assert len(numbers) == len(rows(database, OUTBOX)) == 1


MISTAKES: list[tuple[Any, str, Any]] = [  # Any: JSON
    ({"kind": "quiz.eaten", "user_id": 8}, "kind", "quiz.eaten"),
    ({"kind": "quiz.submitted"}, "user_id", None),
    ({**QUIZ, "user_id": "8"}, "user_id", "8"),
    ({**QUIZ, "user_id": True}, "user_id", True),
    ({**QUIZ, "user_id": 2**63}, "user_id", 2**63),
    ({**QUIZ, "usr_id": 8}, "usr_id", 8),
    ({**QUIZ, "moved_km": -1.0}, "moved_km", -1.0),
    ([QUIZ, {**QUIZ, "post_id": 1.5}], "1.post_id", 1.5),
    ({**QUIZ, "idempotency_key": "with space"}, "idempotency_key", "with space"),
]
UNREADABLE = [
    (b"{", 422), (b"", 422), (b'"text"', 422), (b"[]", 422), (b"\xff\xfe", 422), (b"[" * 100_000, 400),
    (b'{"kind": "quiz.submitted", "user_id": ' + b"9" * 5000 + b"}", 400),
    (b'{"kind": "location.changed", "user_id": 8, "moved_km": NaN}', 422),
    (b"[" + b",".join([b'{"kind": "quiz.submitted", "user_id": 8}'] * 1001) + b"]", 422),
    (b" " * 1_000_001, 413),
]  # fmt: skip


def test_a_mistake_is_named_with_its_field_and_value(client: httpx.Client) -> None:
    for body, field, value in MISTAKES:
        answer = client.post("/api/events", json=body)
        assert answer.status_code == 422
        (detail, *_) = error_of(answer)["details"]
        assert (detail["field"], detail["value"]) == (field, value)


def test_what_cannot_be_read_is_refused_in_the_same_shape(client: httpx.Client, database: Database) -> None:
    for content, status in UNREADABLE:
        answer = client.post("/api/events", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, content[:20]) == (status, content[:20]), answer.text
        assert error_of(answer)["message"]
    headers = {"Content-Type": "application/json"}
    untold = client.post(
        "/api/events", content=(b" " * 100_000 for _ in range(11)), headers=headers
    )  # no length
    assert untold.status_code == 413
    assert client.post("/api/events", data={"kind": "quiz.submitted"}).status_code == 415
    assert rows(database, OUTBOX) == []
