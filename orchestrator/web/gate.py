"""What stands before the application: the token, the signature, the size of a body; and a word on every request."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..settings import Settings
from .problems import Problem
from .signatures import SIGNATURE, TIMESTAMP, Signatures

log = structlog.get_logger()
LARGEST_BODY = 1_000_000
MOST_HEARD = 20_000_000
READING = frozenset({"GET", "HEAD", "OPTIONS"})
CLOSED = (
    "no token is set, so /api is closed: set FEEDSCORE_API_TOKEN to 16 or more characters, start `serve` again, and"
    " send `Authorization: Bearer` with it"
)


class Gate:
    """Lets through what may go on; whatever fails behind it is answered in the one shape, and logged."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._token = settings.api_token.get_secret_value() if settings.api_token else None
        key = settings.api_signing_key
        self._signatures = Signatures(key.get_secret_value()) if key else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the server."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, await self._admit(scope, receive), watch)
        except Problem as problem:
            await problem.response()(scope, receive, watch)
        except Exception as error:  # a defect: the caller learns that there is one, the log which
            log.error("a request failed", path=scope["path"], reason=f"{type(error).__name__}: {error}")
            log.debug("where it failed", exc_info=error)
            if not status:
                await Problem(500, "this should not have happened; the log says more").response()(
                    scope, receive, watch
                )
        finally:
            spent_ms = round(1000 * (time.perf_counter() - started), 1)
            log.info("request", method=scope["method"], path=scope["path"], status=status, ms=spent_ms)

    async def _admit(self, scope: Scope, receive: Receive) -> Receive:
        """Give the body to read on with; Problem if the request may not go on."""
        headers = Headers(scope=scope)
        if scope["path"].startswith("/api/"):
            self._check_token(headers)
        if scope["method"] in READING:
            return receive
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Problem(415, "send JSON, with Content-Type: application/json")
        body = await _read(headers, receive)
        if self._signatures and scope["path"].startswith("/api/"):
            self._signatures.check(
                headers.get(TIMESTAMP), headers.get(SIGNATURE), body, headers.get("idempotency-key")
            )
        return _replay(body, receive)

    def _check_token(self, headers: Headers) -> None:
        if self._token is None:
            raise Problem(403, CLOSED)
        given = headers.getlist("authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        known = hmac.compare_digest(token.strip().encode(), self._token.encode())
        if scheme.lower() != "bearer" or not known:
            challenge = {"WWW-Authenticate": "Bearer"}
            raise Problem(401, "the token is missing or wrong: send `Authorization: Bearer TOKEN`", challenge)


async def _read(headers: Headers, receive: Receive) -> bytes:
    """Read a body, and keep no more than is taken: who sends somewhat more hears so when all is sent, not a reset."""
    told = headers.get("content-length", "0")
    if told.isdigit() and int(told[:20]) > MOST_HEARD:
        raise _too_large()
    body, heard = bytearray(), 0
    while True:
        message: Mapping[str, Any] = await receive()  # Any: as ASGI has it
        if message["type"] == "http.disconnect":
            raise Problem(400, "the request ended before its body did")
        part = message.get("body", b"")
        heard += len(part)
        if heard <= LARGEST_BODY:
            body += part
        more = message.get("more_body")
        if heard > MOST_HEARD or (heard > LARGEST_BODY and not more):
            raise _too_large()
        if not more:
            return bytes(body)


def _too_large() -> Problem:
    return Problem(413, f"the body is larger than {LARGEST_BODY:,} bytes", {"Connection": "close"})


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the body once more, then whatever comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
