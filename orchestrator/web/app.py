"""The application: its routes, and what becomes of the errors they raise."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import anyio.to_thread
import psycopg
import sqlalchemy.exc
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from ..db.engine import Database
from ..db.faults import PASSING, ends_the_run
from ..errors import DatabaseError
from ..queue.broker import connect
from ..settings import Settings
from . import events, health, history, profiles
from .gate import Gate
from .problems import Fault, Problem
from .service import Service

log = structlog.get_logger()
THREADS = 10
"""Requests that are worked on at once: no more than there are connections in the pool."""
MOST_FAULTS = 20
AWAY = "the database cannot be reached just now: send it again, with the same Idempotency-Key if it had one"


def make_app(settings: Settings, database: Database) -> Gate:
    """Put the application together; the gate stands before it."""
    app = FastAPI(
        title="feedscore", version=version("feedscore"), lifespan=_life,
        docs_url=None, redoc_url=None,  # their pages load scripts from a CDN
    )  # fmt: skip
    app.state.service = Service(database, settings, connect(settings))
    app.include_router(health.router)
    for part in (events, profiles, history):
        app.include_router(part.router, prefix="/api")
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _defect)
    for kind in (DatabaseError, psycopg.Error, sqlalchemy.exc.SQLAlchemyError):
        app.add_exception_handler(kind, _database)
    return Gate(app, settings)


@contextlib.asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    del app
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def _problem(request: Request, error: Exception) -> JSONResponse:
    del request
    assert isinstance(error, Problem)  # noqa: S101 -- narrows the type
    return error.response()


def _invalid(request: Request, error: Exception) -> JSONResponse:
    del request
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- narrows the type
    faults = [_fault(one) for one in error.errors()[:MOST_FAULTS]]
    first = f"{faults[0].field}: {faults[0].message}"
    return Problem(422, first, faults=faults).response()


def _fault(told: Mapping[str, Any]) -> Fault:  # Any: as pydantic tells it
    if told["type"] == "json_invalid":
        return Fault("body", f"{told['msg']}: {told.get('ctx', {}).get('error', '')}".rstrip(": "))
    return Fault(_field(told["loc"]), told["msg"], told.get("input"))


def _field(loc: Sequence[Any]) -> str:  # Any: names and places
    """Name a field as the caller knows it: not where in the request, nor which form of it."""
    parts = [
        str(part)
        for place, part in enumerate(loc)
        if not (place == 0 or (place == 1 and part in {"one", "many"}))
    ]
    return ".".join(parts) or str(loc[0])


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 -- narrows the type
    messages = {
        404: f"there is nothing at {request.url.path}",
        405: f"{request.method} is not for {request.url.path}",
    }
    return Problem(
        error.status_code, messages.get(error.status_code, error.detail), error.headers or {}
    ).response()


def _database(request: Request, error: Exception) -> JSONResponse:
    cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
    log.error(
        "the database failed a request", path=request.url.path, reason=f"{type(cause).__name__}: {cause}"
    )
    if isinstance(cause, psycopg.Error) and not ends_the_run(cause) and cause.sqlstate not in PASSING:
        return Problem(500, "the database refused a statement; the log says more").response()
    return Problem(503, AWAY, {"Retry-After": "5"}).response()


def _defect(request: Request, error: Exception) -> JSONResponse:
    """Answer; the gate logs it."""
    del request, error
    return Problem(500, "this should not have happened; the log says more").response()
