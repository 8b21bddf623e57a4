"""POST /api/events: what the application tells has changed goes into the outbox, committed before it is answered."""

from __future__ import annotations

from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from ..errors import ParameterError
from ..triggers.events import Event, EventName, emit
from .problems import Problem
from .service import Here

MOST_EVENTS = 1_000
KEY = r"^[\x21-\x7e]{1,200}$"
# The event that has a key, and what it says.
KEPT = """
SELECT id, kind, user_id, other_id, post_id FROM feed.event_outbox WHERE idempotency_key = %s
"""
router = APIRouter(tags=["events"])
Id = Annotated[int, Field(strict=True, ge=-(2**63), le=2**63 - 1)]


class EventBody(BaseModel):
    """Something that happened in the application."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: EventName
    user_id: Id = Field(description="Whom it happened to, or who did it.")
    other_id: Id | None = Field(default=None, description="The other user: blocked, rated, matched, ...")
    post_id: Id | None = None
    moved_km: Annotated[float, Field(strict=True, ge=0, le=50_000, allow_inf_nan=False)] | None = Field(
        default=None, description="Of location.changed: how far; left out = not told."
    )
    idempotency_key: Annotated[str, Field(pattern=KEY)] | None = Field(
        default=None, description="A second event with the same key is none; before the header of this name."
    )

    @model_validator(mode="after")
    def _is_an_event(self) -> EventBody:
        try:
            self.event()
        except ParameterError as error:
            raise ValueError(str(error)) from None
        return self

    def event(self) -> Event:
        """Give the event."""
        return Event(**self.model_dump(exclude={"idempotency_key"}))


class Recorded(BaseModel):
    """An event that stands in the outbox."""

    id: int
    duplicate: bool
    """Whether there was one with this key already: then it is that one's number."""


class RecordedAll(BaseModel):
    """Events that stand in the outbox, in the order in which they came."""

    events: list[Recorded]


def _how_many(body: Any) -> str:  # Any: JSON
    return "many" if isinstance(body, list) else "one"


Many = Annotated[list[EventBody], Field(min_length=1, max_length=MOST_EVENTS)]
OneOrMany = Annotated[
    Annotated[EventBody, Tag("one")] | Annotated[Many, Tag("many")], Discriminator(_how_many)
]


@router.post("/events", status_code=202)
def post_events(
    body: OneOrMany, here: Here, response: Response, idempotency_key: Annotated[str | None, Header(pattern=KEY)] = None
) -> Recorded | RecordedAll:  # fmt: skip
    """Tell of one event, or of a list of up to 1,000: all are recorded, or none.

    With the header Idempotency-Key a second request is answered with the numbers of the first (200, `duplicate`).
    """
    many = isinstance(body, list)
    with here.database.connection() as connection:
        recorded = [
            _record(connection, one, one.idempotency_key or _key_of(idempotency_key, place if many else None))
            for place, one in enumerate(body if isinstance(body, list) else [body])
        ]
    if all(one.duplicate for one in recorded):
        response.status_code = 200
    return RecordedAll(events=recorded) if many else recorded[0]


def _key_of(header: str | None, place: int | None) -> str | None:
    return header if header is None or place is None else f"{header}#{place}"


def _record(connection: psycopg.Connection, body: EventBody, key: str | None) -> Recorded:
    event = body.event()
    number = emit(connection, event, idempotency_key=key)
    if number is not None:
        return Recorded(id=number, duplicate=False)
    row = connection.execute(KEPT, (key,)).fetchone()
    if row is None:  # done and forgotten between the two statements
        raise Problem(
            503, "the event of this key has just been forgotten: send it again", {"Retry-After": "1"}
        )
    kept, *said = row
    if said != [event.kind, event.user_id, event.other_id, event.post_id]:
        raise Problem(409, f"the idempotency key {key} is that of another event, number {kept}")
    return Recorded(id=kept, duplicate=True)
