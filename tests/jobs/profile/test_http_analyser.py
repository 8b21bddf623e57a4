"""The analyser http against a server of the test: what leaves, what comes back, what it costs, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from tests.jobs.conftest import rows

from .conversations import NOW, World
from .model_server import GOOD, ModelServer, model_server

KEY = "key-of-a-test-0123"
SPENT = (
    "SELECT day::text, analyses, tokens_in, tokens_out, cost::float8 FROM feed.analysis_spending ORDER BY day"
)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """A model that answers what the test says."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with model_server() as server:
        yield server


def test_an_openai_compatible_server_is_asked_and_tokens_and_cost_are_recorded(
    world: World, model: ModelServer
) -> None:
    world.write(12)
    model.openai()
    record = world.run(8, **model.settings(), analyser_key=SecretStr(KEY))
    assert record.status == "SUCCESS", record.error
    headers, asked = model.asked[0]
    assert (headers["authorization"], asked["model"]) == (f"Bearer {KEY}", "m-1")
    assert world.of(8, "analyser, tokens_in, tokens_out, cost::float8") == ("http 1 m-1", 900, 60, 0.0024)
    assert {name: world.of(8, "result")[name] for name in GOOD} == GOOD
    assert [record.metadata[name] for name in ("tokens_in", "tokens_out", "cost")] == [900, 60, 0.0024]
    assert rows(world.database, SPENT) == [("2026-08-01", 1, 900, 60, 0.0024)]


def test_an_anthropic_style_server_is_asked_in_its_way(world: World, model: ModelServer) -> None:
    world.write(12)
    model.anthropic()
    assert world.run(8, **model.settings("/v1/messages"), analyser_key=SecretStr(KEY)).status == "SUCCESS"
    headers, asked = model.asked[0]
    assert (headers["x-api-key"], headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert [message["role"] for message in asked["messages"]] == ["user"]
    assert world.of(8, "result ->> 'summary', tokens_in") == (GOOD["summary"], 900)


def test_nothing_leaves_but_the_times_and_texts_of_ones_own_messages_on_the_record(
    world: World, model: ModelServer
) -> None:
    world.write(12)
    world.write(3, secret=True, text="between us")
    world.write(3, sender=9, recipient=8, text="from somebody else")
    model.openai()
    world.run(8, **model.settings())
    messages = json.loads(model.asked[0][1]["messages"][-1]["content"])
    assert messages[-1] == {"at": "2026-08-01 11:59", "text": "I love this lovely garden"}
    assert len(messages) == 12
    assert {text for message in messages for text in (message["text"], *message)} == {
        "I love this lovely garden", "at", "text",
    }  # fmt: skip


def test_a_busy_server_is_asked_again_when_it_says(world: World, model: ModelServer) -> None:
    world.write(12)
    model.refuse(429, Retry_After="0.05")
    model.refuse(503)
    model.openai()
    assert world.run(8, **model.settings()).status == "SUCCESS"
    assert len(model.asked) == 3


def test_a_server_that_wants_a_long_rest_gets_it(world: World, model: ModelServer) -> None:
    world.write(12)
    model.refuse(429, Retry_After="3600")
    assert world.run(8, **model.settings()).error == "the analyser answered 429"
    assert len(model.asked) == 1
    assert world.of(8, "retry_at") == NOW + timedelta(hours=1)
    assert rows(world.database, SPENT) == [("2026-08-01", 1, 0, 0, 0.0)]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("I would rather not", "Invalid JSON"),
        ({**GOOD, "sentiment": 7}, "sentiment: Input should be less than or equal to 1"),
        ({**GOOD, "topics": ["x"] * 9}, "topics: List should have at most 8 items"),
        ({"topics": []}, "summary: Field required"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_is_a_failure_that_was_paid_for(
    world: World, model: ModelServer, answer: object, error: str
) -> None:
    world.write(12)
    model.openai(answer)
    assert error in (world.run(8, **model.settings()).error or "")
    assert world.of(8, "status, result") == ("failed", None)
    assert rows(world.database, SPENT) == [("2026-08-01", 1, 900, 60, 0.0024)]


def test_a_reply_of_another_form_counts_with_all_that_was_reserved(world: World, model: ModelServer) -> None:
    world.write(12)
    model.replies.append((200, {}, {"hello": "world"}))
    assert "not of the expected form" in (world.run(8, **model.settings()).error or "")
    ((_, _, _, _, cost),) = rows(world.database, SPENT)
    assert cost > 0.005


def test_keys_and_messages_follow_no_redirect_and_stand_in_no_error(world: World, model: ModelServer) -> None:
    world.write(12)
    model.refuse(307, Location=f"http://127.0.0.1:{model.port}/elsewhere/chat/completions")
    record = world.run(8, **model.settings(), analyser_key=SecretStr(KEY))
    assert (record.error, len(model.asked)) == ("the analyser answered 307", 1)
    assert KEY not in json.dumps(record.as_json())


def test_beyond_the_daily_budget_nobody_is_asked_until_tomorrow(world: World, model: ModelServer) -> None:
    world.write(12)
    world.write(12, sender=7)
    budget = {**model.settings(), "analyser_daily_budget": 0.008, "analyser_at_once": 1}
    model.openai()
    first = world.run(7, **budget)
    assert first.status == "SUCCESS", first.error
    second = world.run(8, **budget)
    assert second.status == "SKIPPED"
    assert "the daily budget of 0.008 does not hold another analysis" in (second.error or "")
    assert world.of(8, "status, retry_at") == ("waiting", NOW + timedelta(hours=12))
    assert world.run(minutes=10, **budget).items_processed == 0
    model.openai()
    assert world.run(minutes=12 * 60, **budget).items_processed == 1
    assert world.of(8, "status") == "completed"
    assert [day for day, *_ in rows(world.database, SPENT)] == ["2026-08-01", "2026-08-02"]


def test_a_run_over_who_is_due_stops_at_the_budget_and_finds_the_rest_tomorrow(
    world: World, model: ModelServer
) -> None:
    for sender in (6, 7, 8):
        world.write(12, sender=sender)
    budget = {**model.settings(), "analyser_daily_budget": 0.008, "analyser_at_once": 1}
    model.openai()
    record = world.run(**budget)
    assert (record.status, record.metadata["people_analysed"]) == ("SKIPPED", 1)
    assert world.run(minutes=30, **budget).status == "SKIPPED"
    model.openai()
    assert world.run(minutes=12 * 60, **budget).metadata["people_analysed"] == 1


def test_requests_at_once_do_not_exceed_the_budget_together(world: World, model: ModelServer) -> None:
    for sender in range(2, 9):
        world.write(12, sender=sender)
        model.openai()
    record = world.run(**model.settings(), analyser_daily_budget=0.015, analyser_at_once=4)
    ((_, analyses, _, _, cost),) = rows(world.database, SPENT)
    assert record.status == "SKIPPED"
    assert 1 <= analyses == len(model.asked) < 7
    assert cost == pytest.approx(0.0024 * analyses)


@pytest.mark.parametrize(
    "name", ["analyser_url", "analyser_model", "analyser_price_in", "analyser_price_out"]
)
def test_what_the_analyser_lacks_is_named(world: World, model: ModelServer, name: str) -> None:
    record = world.run(**{**model.settings(), name: None})
    assert record.error == f"setting {name}: must be given for the analyser http"
