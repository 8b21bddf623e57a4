"""The events that the application can tell of, and what each must name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import psycopg

from ..errors import ParameterError

EMIT = """
INSERT INTO feed.event_outbox (kind, user_id, other_id, post_id, moved_km, idempotency_key)
VALUES (%(kind)s, %(user_id)s, %(other_id)s, %(post_id)s, %(moved_km)s, %(idempotency_key)s)
ON CONFLICT (idempotency_key) DO NOTHING RETURNING id
"""


class EventName(StrEnum):
    """What happened."""

    USER_CREATED = "user.created"
    PROFILE_UPDATED = "profile.updated"
    PREFERENCES_UPDATED = "preferences.updated"
    QUIZ_SUBMITTED = "quiz.submitted"
    INTERESTS_UPDATED = "interests.updated"
    RATING_CREATED = "rating.created"
    LOCATION_CHANGED = "location.changed"
    USER_BLOCKED = "user.blocked"
    USER_REPORTED = "user.reported"
    USER_HIDDEN = "user.hidden"
    USER_DEACTIVATED = "user.deactivated"
    MATCH_CREATED = "match.created"
    POST_CREATED = "post.created"
    POST_ENGAGED = "post.engaged"
    MEDIA_UPLOADED = "media.uploaded"


ABOUT_ANOTHER = frozenset({
    EventName.RATING_CREATED, EventName.USER_BLOCKED, EventName.USER_REPORTED, EventName.USER_HIDDEN,
    EventName.MATCH_CREATED,
})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event; ParameterError names the field that is missing."""

    kind: EventName
    user_id: int
    """Whom it happened to, or who did it."""
    other_id: int | None = None
    """The other user: blocked, reported, hidden, rated, matched."""
    post_id: int | None = None
    moved_km: float | None = None
    """Of a changed location: how far from the last; None = not told."""

    def __post_init__(self) -> None:
        if self.kind in ABOUT_ANOTHER and self.other_id is None:
            raise ParameterError(f"other_id: {self.kind} must name the other user")
        if self.kind is EventName.POST_CREATED and self.post_id is None:
            raise ParameterError(f"post_id: {self.kind} must name the post")


def emit(connection: psycopg.Connection, event: Event, *, idempotency_key: str | None = None) -> int | None:
    """Put an event into the outbox, in the transaction of the caller, and give its number.

    None if an event with this key is there already. Plain SQL does the same: INSERT INTO feed.event_outbox.
    """
    values = {
        "kind": event.kind, "user_id": event.user_id, "other_id": event.other_id, "post_id": event.post_id,
        "moved_km": event.moved_km, "idempotency_key": idempotency_key,
    }  # fmt: skip
    row = connection.execute(EMIT, values).fetchone()
    return int(row[0]) if row else None
