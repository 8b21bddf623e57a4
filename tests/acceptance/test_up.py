"""`up` in an empty folder: everything comes up, work is seen through to the end, and nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .chaos.checks import check_nothing_left
from .running import Running, running_up

TOKEN = "token-of-a-test-0123"


@pytest.fixture
def up(open_folder: Path) -> Iterator[Running]:
    """`up` in an empty folder."""
    with running_up(open_folder, FEEDSCORE_API_TOKEN=TOKEN, FEEDSCORE_HTTP_PORT="0") as running:
        yield running


def http(up: Running) -> httpx.Client:
    """A client of its HTTP API."""
    up.until(lambda: "HTTP API: http" in up.told())
    (address,) = re.findall(r"HTTP API: (http://127\.0\.0\.1:\d+)", up.told())
    return httpx.Client(
        base_url=address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30, trust_env=False
    )


def test_what_is_enqueued_is_seen_through_to_the_end_and_ctrl_c_leaves_nothing(up: Running) -> None:
    up.ask("town", "--people", "200")
    enqueued = up.ask("enqueue", "all")
    up.until(lambda: not up.ask("status")["runs"])
    ended = {run["id"]: run["status"] for run in up.ask("runs", "--limit", "100")}
    assert {ended[run["id"]] for run in enqueued} == {"SUCCESS"}
    up.ask("emit", "preferences.updated", "--user-id", "8")
    up.until(lambda: any(run["trigger"] == "EVENT" and run["status"] == "SUCCESS" for run in up.ask("runs")))
    with http(up) as client:
        assert client.get("/health/ready").json()["status"] == "ok"
        asked = client.post("/api/profile/analyze", json={"user_id": 8})
        assert asked.status_code == 202, asked.text
        up.until(lambda: client.get("/api/profile/analyze/8").json()["status"] == "completed")
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(60) == 0, up.told()
    assert not check_nothing_left(up).faults
    assert up.ask("status")["redis"] is False


def test_killed_workers_are_replaced_and_their_runs_done(up: Running) -> None:
    up.ask("town", "--people", "3000")
    enqueued = up.ask("enqueue", "all")
    for _ in range(2):  # a run that dies a third time is given up
        for pid in up.workers():  # workers and their work horses
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.7)
    up.until(lambda: not up.ask("status")["runs"])
    runs = up.ask("runs", "--limit", "100")
    last = {run["job"]: run["status"] for run in sorted(runs, key=lambda run: int(run["id"]))}
    assert set(last.values()) == {"SUCCESS"}
    assert len(last) == len(enqueued)


def test_a_second_up_in_the_same_folder_is_refused(up: Running) -> None:
    again = up.command("up")
    assert again.returncode == 5
    assert "running already" in again.stderr
