"""The command that shows what one person likes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated

import psycopg
import typer

from feedscore import AffinitySettings

from ..jobs.feed.affinity_events import Reading, count_actions
from ..settings import load_settings
from .options import AsJson
from .output import moment, print_json, print_table, remark, say
from .workplace import open_database

# A profile as it may be shown, creators with their names.
PROFILE = """
SELECT a.user_id, u.display_name,
  ARRAY(SELECT jsonb_build_array(c.value -> 'creator_id', n.display_name, c.value -> 'weight')
    FROM jsonb_array_elements(a.top_creators) WITH ORDINALITY AS c(value, place)
    LEFT JOIN app.users AS n ON n.id = (c.value ->> 'creator_id')::bigint ORDER BY c.place),
  ARRAY(SELECT jsonb_build_array(t.value -> 'topic', t.value -> 'weight')
    FROM jsonb_array_elements(a.top_topics) WITH ORDINALITY AS t(value, place) ORDER BY t.place),
  a.content_type_prefs, a.engagement_velocity, a.exploration_factor, a.actions, a.computed_at, a.algorithm_version
FROM feed.user_affinity AS a LEFT JOIN app.users AS u ON u.id = a.user_id WHERE a.user_id = %s
"""


@dataclass(frozen=True)
class Creator:
    """Somebody whose posts the user likes."""

    id: int
    name: str | None
    weight: float


@dataclass(frozen=True)
class Topic:
    """What the posts are about that the user likes."""

    topic: str
    weight: float


@dataclass(frozen=True)
class Affinity:
    """What one person likes, the strongest first."""

    user_id: int
    name: str | None
    creators: list[Creator]
    topics: list[Topic]
    content_types: dict[str, float]
    engagement_velocity: float
    exploration_factor: float
    actions: int
    computed_at: datetime
    algorithm_version: str


def affinity(
    user: Annotated[int, typer.Argument(metavar="USER", help="Id of the person.")], as_json: AsJson = False
) -> None:
    """Show what somebody likes: creators, topics and types of posts, and how strongly."""
    settings, now = load_settings(), datetime.now(UTC)
    with open_database(settings) as database, database.connection() as connection:
        found = fetch_affinity(connection, user)
        why_none = None if found else _why_none(connection, settings.affinity, now, user)
    if as_json:
        print_json({"profile": asdict(found) if found else None, "why_none": why_none})
    elif found:
        show(found)
    else:
        say(f"No affinity profile of user {user}: {why_none}.")


def fetch_affinity(connection: psycopg.Connection, user: int) -> Affinity | None:
    """Read the stored profile of one person, if there is one."""
    row = connection.execute(PROFILE, (user,)).fetchone()
    if row is None:
        return None
    user_id, name, creators, topics, types, *rest = row
    return Affinity(
        user_id, name, [Creator(*one) for one in creators], [Topic(*one) for one in topics],
        dict(sorted(types.items(), key=lambda item: (-item[1], item[0]))), *rest,
    )  # fmt: skip


def show(found: Affinity, limit: int | None = None) -> None:
    """Print a profile, of each list at most `limit`."""
    say(f"What {found.name or '(no name)'} (user {found.user_id}) likes, from {found.actions:,} actions")
    print_table(
        ("User", "Creator", "Weight"),
        [(str(one.id), one.name or "(no name)", f"{one.weight:.3f}") for one in found.creators[:limit]],
        right={"User", "Weight"},
    )
    say()
    if found.topics:
        topics = [(one.topic, f"{one.weight:.3f}") for one in found.topics[:limit]]
        print_table(("Topic", "Weight"), topics, right={"Weight"})
        say()
    say(
        f"{', '.join(f'{share:.0%} {name}' for name, share in found.content_types.items())};"
        f" {found.engagement_velocity:.1f} actions a day;"
        f" exploration {found.exploration_factor:.2f} (0 = one creator, 1 = many alike)"
    )
    remark(f"Computed {moment(found.computed_at)} UTC.")


def _why_none(connection: psycopg.Connection, settings: AffinitySettings, now: datetime, user: int) -> str:
    counted = count_actions(Reading(connection, settings, now), user)
    needed, days = f"{settings.min_actions:g}", f"{settings.window_days:g}"
    if counted < settings.min_actions:
        return f"{counted} actions of the last {days} days count, {needed} are needed"
    return (
        f"not computed yet, though {counted} actions of the last {days} days count;"
        f" run: python -m orchestrator run affinity --user-id {user}"
    )
