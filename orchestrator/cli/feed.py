"""The command that shows one segment of somebody's feed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated

import psycopg
import typer
from psycopg.rows import class_row

from ..errors import ParameterError
from ..settings import load_settings
from .options import AsJson
from .output import age, print_json, print_table, say
from .workplace import open_database

PREVIEW = 60
"""Characters of a post that are shown."""
# What stands at the slots of a segment, as it may be shown now.
SEGMENT = """
SELECT i.slot, i.card, i.post_id, i.user_id, u.display_name AS name, p.content_type, p.created_at, p.body,
  coalesce(f.topics, '{}') AS topics, i.score, i.computed_at
FROM feed.feed_page(%s, %s) AS i
LEFT JOIN app.users AS u ON u.id = i.user_id
LEFT JOIN app.posts AS p ON p.id = i.post_id
LEFT JOIN feed.post_feature AS f ON f.post_id = i.post_id
ORDER BY i.slot
"""
# A person, and how many segments are stored for them.
READER = """
SELECT u.display_name, u.is_active, (SELECT count(*) FROM feed.feed_presorted AS s WHERE s.user_id = u.id)
FROM app.users AS u WHERE u.id = %s
"""


@dataclass(frozen=True)
class Item:
    """What stands at a slot: a post, or a card about a person."""

    slot: int
    card: str
    post_id: int | None
    user_id: int
    """The author, or the person on the card."""
    name: str | None
    content_type: str | None
    created_at: datetime | None
    body: str | None
    topics: list[str]
    score: float
    computed_at: datetime


def feed(
    user: Annotated[int, typer.Argument(metavar="USER", help="Id of the person who reads.")],
    segment: Annotated[int, typer.Option(metavar="N", min=1, help="Which segment, from 1.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Show somebody's feed: what stands at each slot, of whom, how old, on what, and its score."""
    now = datetime.now(UTC)
    with open_database(load_settings()) as database, database.connection() as connection:
        reader = connection.execute(READER, (user,)).fetchone()
        if not reader:
            raise ParameterError(f"no such user in app.users: {user}")
        name, active, segments = reader
        items = segment_of(connection, user, segment)
    why_none = None if items else _why_none(user, segment, active=active, segments=segments)
    if as_json:
        print_json({
            "user": user, "name": name, "segment": segment, "segments": segments,
            "items": [asdict(item) for item in items], "why_none": why_none,
        })  # fmt: skip
    elif items:
        show(f"Segment {segment} of {segments} of the feed of {_called(name, user)}", items, now)
    else:
        say(f"Nothing to show to {_called(name, user)}: {why_none}.")


def segment_of(connection: psycopg.Connection, user: int, segment: int) -> list[Item]:
    """Read what stands at the slots of a segment, as it may be shown now."""
    with connection.cursor(row_factory=class_row(Item)) as cursor:
        return cursor.execute(SEGMENT, (user, segment)).fetchall()


def _why_none(user: int, segment: int, *, active: bool, segments: int) -> str:
    if segments >= segment:
        return "everything in this segment was deleted, hidden, blocked or reported since it was sorted"
    if segments:
        return f"the feed has {segments} segment{'s'[: segments > 1]}"
    if not active:
        return "not active, and only active people get a feed"
    return (
        "no feed is stored, so it was not sorted yet, or there is no post of the last days to show;"
        f" run: python -m orchestrator run feed-presort --user-id {user}"
    )


def _called(name: str | None, user: int) -> str:
    return f"{name or '(no name)'} (user {user})"


def show(title: str, items: list[Item], now: datetime) -> None:
    """Print what stands at the slots as a table."""
    print_table(
        ("Slot", "What", "Post", "Who", "Type", "Age", "Score", "Topics", "Text"),
        [
            (
                str(item.slot),
                item.card.replace("_", " "),
                "" if item.post_id is None else str(item.post_id),
                _called(item.name, item.user_id),
                item.content_type or "",
                "" if item.created_at is None else age(now - item.created_at),
                f"{item.score:.3f}" if item.post_id is not None or item.score else "",
                ", ".join(item.topics),
                preview(item.body),
            )
            for item in items
        ],
        right={"Slot", "Post", "Age", "Score"},
        title=title,
    )


def preview(body: str | None) -> str:
    """Give the beginning of a text as one line."""
    line = " ".join((body or "")[: 20 * PREVIEW].split())
    return line if len(line) <= PREVIEW else line[: PREVIEW - 1] + "…"
