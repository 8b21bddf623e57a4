"""`serve` as a process: it says where it listens, takes an event, and ends on a signal with all done."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from orchestrator.db.engine import Database
from tests.jobs.conftest import rows

from .conftest import Call

TOKEN = "token-of-a-test-0123"


def test_serve_listens_on_loopback_and_ends_on_a_signal(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    environment = {
        **os.environ, "FEEDSCORE_DATABASE_URL": database_url, "FEEDSCORE_API_TOKEN": TOKEN, "FEEDSCORE_HTTP_PORT": "0",
        "FEEDSCORE_DATA_DIR": str(tmp_path),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "serve"], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        told = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", told)
        assert found, told
        assert TOKEN not in told
        headers = {"Authorization": f"Bearer {TOKEN}"}
        body = {"kind": "quiz.submitted", "user_id": 8}
        answer = httpx.post(f"{found[0]}/api/events", json=body, headers=headers, timeout=30, trust_env=False)
        assert answer.status_code == 202
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()
    assert rows(database, "SELECT user_id FROM feed.event_outbox") == [(8,)]


def test_an_address_that_cannot_be_listened_on_is_named(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDSCORE_HTTP_HOST", "192.0.2.1")  # of no machine
    said = call("serve", "--port", "8484")
    assert said.code == 1
    assert "cannot listen on 192.0.2.1, port 8484" in said.err
