"""Run the application on a socket, until told to stop."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

import uvicorn

from ..db.engine import Database
from ..errors import FeedscoreError
from ..settings import Settings
from .app import make_app

GRACE_S = 10
MOST_CONNECTIONS = 512


def serve(
    settings: Settings, database: Database, host: str, port: int, announce: Callable[[str], None]
) -> None:
    """Serve until SIGINT or SIGTERM, and finish the requests at hand; `announce` is told the address."""
    with _bind(host, port) as listening:
        name, number = listening.getsockname()[:2]
        announce(f"http://{f'[{name}]' if ':' in name else name}:{number}")
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises again the signal that ended it
            make_server(settings, database).run(sockets=[listening])


def make_server(settings: Settings, database: Database) -> uvicorn.Server:
    """Make the server; it logs nothing itself, the gate does."""
    config = uvicorn.Config(
        make_app(settings, database), log_config=None, access_log=False, server_header=False,
        proxy_headers=False, timeout_graceful_shutdown=GRACE_S, limit_concurrency=MOST_CONNECTIONS,
    )  # fmt: skip
    return uvicorn.Server(config)


def _bind(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=MOST_CONNECTIONS)
    except OSError as error:
        raise FeedscoreError(
            f"cannot listen on {host}, port {port}: {error.strerror or error}; settings http_host and http_port"
        ) from None
