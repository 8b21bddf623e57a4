"""The command that brings up the HTTP API."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Annotated

import typer

from ..db.engine import Database
from ..errors import FeedscoreError
from ..settings import Settings, load_settings
from .output import remark
from .workplace import open_database

Host = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Address to listen on; 127.0.0.1 by default.")
]
Port = Annotated[int | None, typer.Option(metavar="N", min=0, max=65_535, help="Port; 0 = any that is free.")]


def serve(host: Host = None, port: Port = None) -> None:
    """Serve the HTTP API until Ctrl-C: events in, analyses of profiles, runs, health.

    Callers of /api send `Authorization: Bearer` with FEEDSCORE_API_TOKEN; where that is not set, /api is closed.

    \b
    Examples:
      FEEDSCORE_API_TOKEN=... orchestrator serve
      curl -H "Authorization: Bearer $FEEDSCORE_API_TOKEN" -H 'Content-Type: application/json' \\
        -d '{"kind": "quiz.submitted", "user_id": 8}' http://127.0.0.1:8484/api/events
    """
    settings = load_settings()
    with _database(settings) as database:
        _serve(settings, database, host or settings.http_host, settings.http_port if port is None else port)


def serve_process() -> None:
    """Be the HTTP API of a supervisor."""
    settings = load_settings()
    with Database(settings) as database:
        _serve(settings, database, settings.http_host, settings.http_port)


def _serve(settings: Settings, database: Database, host: str, port: int) -> None:
    try:
        from ..web.serve import serve as serve_until_stopped  # noqa: PLC0415 -- an extra, and slow to import
    except ModuleNotFoundError as error:
        raise FeedscoreError(f"{error.name} is not installed; run: pip install 'feedscore[web]'") from None
    closed = "" if settings.api_token else " No token is set, so /api is closed: set FEEDSCORE_API_TOKEN."
    serve_until_stopped(
        settings, database, host, port, lambda address: remark(f"HTTP API: {address}, /openapi.json.{closed}")
    )


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    """Open the database; one of your own may be away for now, and /health/ready tells."""
    if settings.database_url:
        with Database(settings) as database:
            yield database
    else:
        with open_database(settings) as database:
            yield database
