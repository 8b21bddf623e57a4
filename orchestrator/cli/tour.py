"""The first look around: a town for an empty embedded database, and what was found in it for one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

from ..db.engine import Database
from ..source.town import make_town, write_town
from . import affinity, feed, trending
from .output import print_table, remark, say

PEOPLE = 5_000
SEED = 1
SHOWN = 8
SHOWN_TRENDING = 5
SHOWN_LIKINGS = 5
ANYBODY = "SELECT EXISTS (SELECT FROM app.users)"
# Somebody with a name and a choice of candidates: the one whose best candidate fits best, of those who have done
# something, if there are any.
EXAMPLE = """
SELECT u.id, u.display_name, extract(year FROM age(u.birth_date))::int, u.gender
FROM feed.match_list AS l JOIN app.users AS u ON u.id = l.viewer_id
LEFT JOIN feed.affinity_profile AS a ON a.user_id = l.viewer_id
WHERE u.display_name IS NOT NULL AND cardinality(l.candidate_ids) > 0
ORDER BY least(coalesce(a.actions, 0), 50) DESC, least(cardinality(l.candidate_ids), 20) DESC,
  l.scores[1] DESC, u.id LIMIT 1
"""
BEST = """
SELECT m.candidate_user_id, u.display_name, extract(year FROM age(u.birth_date))::int, u.gender,
  m.score, m.tier, m.reasons
FROM feed.match_score AS m JOIN app.users AS u ON u.id = m.candidate_user_id
WHERE m.viewer_user_id = %s ORDER BY m.score DESC, m.candidate_user_id LIMIT %s
"""


@dataclass(frozen=True)
class Person:
    """Somebody to show."""

    id: int
    name: str | None
    age: int | None
    gender: str | None

    def __str__(self) -> str:
        """Say who it is: name, age and gender."""
        return ", ".join(
            str(part) for part in (self.name or "(no name)", self.age, self.gender) if part is not None
        )


def furnish(database: Database, now: datetime) -> None:
    """Fill an empty embedded database with a made-up town; leave any other alone."""
    if not database.is_embedded:
        return
    with database.connection() as connection:
        if connection.execute(ANYBODY).fetchone() == (True,):
            return
        remark(f"The database is empty: making up a town of {PEOPLE:,} people.")
        write_town(connection, make_town(PEOPLE, SEED, now))


def show_example(database: Database, now: datetime) -> None:
    """Print what is trending, then one person's suggestions, likings and feed, and what to try next."""
    with database.connection() as connection:
        _show_trending(connection, now)
        found = connection.execute(EXAMPLE).fetchone()
        if not found:
            say("\nNobody has suggestions; `orchestrator source check` may tell why.")
            return
        person = Person(*found)
        best = _show_suggestions(connection, person)
        _show_affinity(connection, person)
        _show_feed(connection, person, now)
    say("\nTry next:")
    for command in (
        f"suggest {person.id}",
        *(f"explain {person.id} {other}" for other in best[:1]),
        f"affinity {person.id}",
        f"feed {person.id}",
        "trending",
        "runs",
        "list",
        "--help",
    ):
        say(f"  python -m orchestrator {command}")


def _show_trending(connection: psycopg.Connection, now: datetime) -> None:
    posts = trending.fetch_trending(connection, SHOWN_TRENDING)
    posts = posts or trending.fetch_trending(connection, SHOWN_TRENDING, everything=True)
    if posts:
        say()
        trending.show(posts, now)


def _show_suggestions(connection: psycopg.Connection, person: Person) -> list[int]:
    """Print the best suggestions, and give who they are."""
    best = connection.execute(BEST, (person.id, SHOWN)).fetchall()
    say()
    print_table(
        ("User", "Name", "Score", "Tier", "Why"),
        [
            (str(user), str(Person(user, *about)), f"{score:.3f}", tier, ", ".join(reasons))
            for user, *about, score, tier, reasons in best
        ],
        right={"User", "Score"},
        title=f"The best suggestions for {person}, user {person.id}",
    )
    return [row[0] for row in best]


def _show_affinity(connection: psycopg.Connection, person: Person) -> None:
    found = affinity.fetch_affinity(connection, person.id)
    if found:
        say()
        affinity.show(found, SHOWN_LIKINGS)


def _show_feed(connection: psycopg.Connection, person: Person, now: datetime) -> None:
    items = feed.segment_of(connection, person.id, 1)
    if items:
        say()
        feed.show(f"The feed of {person}, user {person.id}", items[:SHOWN], now)
