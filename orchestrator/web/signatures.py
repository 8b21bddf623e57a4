"""Signed requests: HMAC-SHA256 over time and body, good for five minutes and for one use."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections import OrderedDict
from collections.abc import Callable

from .problems import Problem

WINDOW_S = 300
MOST_REMEMBERED = 200_000
TIMESTAMP, SIGNATURE = "x-feedscore-timestamp", "x-feedscore-signature"
FORM = re.compile(r"sha256=([0-9a-f]{64})")


def sign(key: str, timestamp: str, body: bytes) -> str:
    """Make the signature of a body at a time (seconds since 1970): `sha256=` and the HMAC of `timestamp.body`."""
    return "sha256=" + hmac.new(key.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


class Signatures:
    """Checks signatures, and remembers those it has seen for as long as they are good.

    One that comes again is refused, unless with the same idempotency key: then it is the caller who tries again, and
    the outbox knows the key.
    """

    def __init__(self, key: str, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, str | None]] = OrderedDict()

    def check(
        self, timestamp: str | None, signature: str | None, body: bytes, idempotency_key: str | None
    ) -> None:
        """Raise Problem unless this was signed with the key, just now, and is not a repetition."""
        if not timestamp or not signature:
            raise Problem(401, f"unsigned: send {TIMESTAMP} and {SIGNATURE}")
        if not (timestamp.isascii() and timestamp.isdigit()) or not FORM.fullmatch(signature):
            raise Problem(
                401, f"{TIMESTAMP} must be seconds since 1970, {SIGNATURE} sha256= and 64 hex digits"
            )
        now = self._clock()
        if len(timestamp) > 15 or abs(now - int(timestamp)) > WINDOW_S:
            raise Problem(401, f"{TIMESTAMP} is more than {WINDOW_S} seconds off")
        if not hmac.compare_digest(signature, sign(self._key, timestamp, body)):
            raise Problem(401, f"{SIGNATURE} is not that of this body at this time")
        self._remember(signature, int(timestamp) + WINDOW_S, idempotency_key)

    def _remember(self, signature: str, good_until: float, idempotency_key: str | None) -> None:
        while self._seen and (
            next(iter(self._seen.values()))[0] < self._clock() or len(self._seen) >= MOST_REMEMBERED
        ):
            self._seen.popitem(last=False)
        before = self._seen.get(signature)
        if before is None:
            self._seen[signature] = (good_until, idempotency_key)
        elif idempotency_key is None or before[1] != idempotency_key:
            raise Problem(401, f"{SIGNATURE} was used before: sign again, or send the same Idempotency-Key")
