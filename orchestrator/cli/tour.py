"""The first look around: a town for an empty embedded database, and one person's best suggestions."""

from __future__ import annotations

from datetime import datetime

from ..db.engine import Database
from ..source.town import make_town, write_town
from .output import print_table, remark, say

PEOPLE = 5_000
SEED = 1
SHOWN = 8
ANYBODY = "SELECT EXISTS (SELECT FROM app.users)"
# Somebody with a name and a choice of candidates: the one whose best candidate fits best.
EXAMPLE = """
SELECT u.id, u.display_name, extract(year FROM age(u.birth_date))::int, u.gender
FROM feed.match_list AS l JOIN app.users AS u ON u.id = l.viewer_id
WHERE u.display_name IS NOT NULL AND cardinality(l.candidate_ids) > 0
ORDER BY least(cardinality(l.candidate_ids), 20) DESC, l.scores[1] DESC, u.id LIMIT 1
"""
BEST = """
SELECT m.candidate_user_id, u.display_name, extract(year FROM age(u.birth_date))::int, u.gender,
  m.score, m.tier, m.reasons
FROM feed.match_score AS m JOIN app.users AS u ON u.id = m.candidate_user_id
WHERE m.viewer_user_id = %s ORDER BY m.score DESC, m.candidate_user_id LIMIT %s
"""


def furnish(database: Database, now: datetime) -> None:
    """Fill an empty embedded database with a made-up town; leave any other alone."""
    if not database.is_embedded:
        return
    with database.connection() as connection:
        if connection.execute(ANYBODY).fetchone() == (True,):
            return
        remark(f"The database is empty: making up a town of {PEOPLE:,} people.")
        write_town(connection, make_town(PEOPLE, SEED, now))


def show_example(database: Database) -> None:
    """Print one person's best suggestions, and what to try next."""
    with database.connection() as connection:
        person = connection.execute(EXAMPLE).fetchone()
        if not person:
            say("\nNobody has suggestions; `orchestrator source check` may tell why.")
            return
        best = connection.execute(BEST, (person[0], SHOWN)).fetchall()
    viewer, name, *rest = person
    say()
    print_table(
        ("User", "Name", "Score", "Tier", "Why"),
        [
            (str(user), _called(name, *about), f"{score:.3f}", tier, ", ".join(reasons))
            for user, name, *about, score, tier, reasons in best
        ],
        right={"User", "Score"},
        title=f"The best suggestions for {_called(name, *rest)}, user {viewer}",
    )
    say("\nTry next:")
    for command in (f"suggest {viewer}", f"explain {viewer} {best[0][0]}", "runs", "list", "--help"):
        say(f"  python -m orchestrator {command}")


def _called(name: str | None, age: int | None, gender: str | None) -> str:
    return ", ".join(str(part) for part in (name or "(no name)", age, gender) if part is not None)
