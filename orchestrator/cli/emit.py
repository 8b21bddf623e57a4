"""The command that tells of an event, as the application would."""

from __future__ import annotations

from typing import Annotated

import typer

from ..settings import load_settings
from ..triggers.events import Event, EventName, emit
from .options import AsJson
from .output import print_json, say
from .workplace import open_database


def emit_event(
    kind: Annotated[EventName, typer.Argument(metavar="EVENT", help=f"One of {', '.join(EventName)}.")],
    user_id: Annotated[
        int, typer.Option("--user-id", "--userId", metavar="N", help="Whom it happened to, or who did it.")
    ],
    other_id: Annotated[int | None, typer.Option(metavar="N", help="The other user.")] = None,
    post_id: Annotated[int | None, typer.Option(metavar="N", help="The post.")] = None,
    moved_km: Annotated[
        float | None, typer.Option(metavar="KM", help="How far, of location.changed.")
    ] = None,
    idempotency_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="A second event with it is none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell of an event: what it touches is refreshed by the workers within moments.

    \b
    Examples:
      orchestrator emit quiz.submitted --user-id 8
      orchestrator emit user.blocked --user-id 8 --other-id 17
    """
    event = Event(kind=kind, user_id=user_id, other_id=other_id, post_id=post_id, moved_km=moved_km)
    with open_database(load_settings()) as database, database.connection() as connection:
        number = emit(connection, event, idempotency_key=idempotency_key)
    if as_json:
        print_json({"event": number, "is_new": number is not None})
    else:
        say(f"Event {number}." if number is not None else "There is an event with this key already.")
