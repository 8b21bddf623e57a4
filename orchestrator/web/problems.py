"""The one shape in which the API tells what is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse

LONGEST_VALUE = 100
CODES = {
    400: "bad_request", 401: "unauthorized", 403: "closed", 404: "not_found", 405: "method_not_allowed", 409: "conflict",
    413: "too_large", 415: "not_json", 422: "invalid", 429: "too_soon", 500: "failed", 503: "unavailable",
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One field that cannot be used."""

    field: str
    message: str
    value: Any = None  # Any: what was sent, where it is short

    def as_json(self) -> dict[str, Any]:  # Any: JSON
        """Give field, message, and the value if it is one."""
        return {"field": self.field, "message": self.message, "value": _short(self.value)}


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 -- it is what the caller is told
    """An answer other than what was asked for."""

    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    more: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON

    def response(self) -> JSONResponse:
        """Make the answer: {"error": {"code", "message", ...}}."""
        code = CODES.get(self.status, str(self.status))
        error: dict[str, Any] = {"code": code, "message": self.message, **self.more}  # Any: JSON
        if self.faults:
            error["details"] = [fault.as_json() for fault in self.faults]
        return JSONResponse({"error": error}, self.status, dict(self.headers))


def _short(value: Any) -> Any:  # Any: JSON
    """Give back what was sent if it is short and can stand in JSON."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "..."
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) > 2**64:
        return "a very large number"
    return value if isinstance(value, int | float | bool) else None
