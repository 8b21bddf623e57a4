"""A real server on a free port, over a real database, and a client that has the token."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from orchestrator.db.engine import Database
from orchestrator.log import set_up_logging
from orchestrator.settings import Settings
from orchestrator.web.serve import make_server

TOKEN = "token-of-a-test-0123"
Serving = Callable[..., AbstractContextManager[httpx.Client]]


@contextlib.contextmanager
def served(settings: Settings, database: Database, **changed: Any) -> Iterator[httpx.Client]:  # Any: settings
    """Serve in a thread, and give a client with the token."""
    set_up_logging("INFO", terminal=False)
    settings = settings.model_copy(update={"api_token": SecretStr(TOKEN), **changed})
    server = make_server(settings, database)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            deadline = time.monotonic() + 30
            while not server.started and thread.is_alive() and time.monotonic() < deadline:
                time.sleep(0.01)
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            with httpx.Client(
                base_url=address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30, trust_env=False
            ) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def serving(settings: Settings, database: Database) -> Serving:
    """Serve with changed settings."""
    return lambda **changed: served(settings, database, **changed)


@pytest.fixture
def client(serving: Serving) -> Iterator[httpx.Client]:
    """A client of a server with a token."""
    with serving() as opened:
        yield opened


def error_of(answer: httpx.Response) -> dict[str, Any]:  # Any: JSON
    """What an answer says is wrong, in the one shape."""
    body = answer.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]  # Any: JSON
    assert {"code", "message"} <= set(error)
    assert "Traceback" not in answer.text
    return error
