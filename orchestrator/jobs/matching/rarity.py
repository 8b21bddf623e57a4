"""How many people have each interest and each goal, counted once a day: what a list tells first hangs on it.

Were it counted anew whenever somebody's interests change, the order of reasons in lists all over would change with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import psycopg

from feedscore import Population
from feedscore.population import MAX_GOALS, Int64

from ..ids import rows_of

# The one row there is.
STORED = "SELECT interest_ids, interest_people, goals, goal_people FROM feed.match_rarity"
# The first run over everybody of a day counts; all others of that day, and whoever comes between, take its numbers.
COUNT_ONCE_A_DAY = """
INSERT INTO feed.match_rarity AS r (counted_on, interest_ids, interest_people, goals, goal_people)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (singleton) DO UPDATE SET counted_on = excluded.counted_on, interest_ids = excluded.interest_ids,
  interest_people = excluded.interest_people, goals = excluded.goals, goal_people = excluded.goal_people
WHERE r.counted_on <> excluded.counted_on
"""


@dataclass(frozen=True, eq=False)
class Rarity:
    """How many people have what."""

    interest_ids: Int64
    """Ascending."""
    interest_people: Int64
    goals: dict[str, int]

    def of(self, population: Population, interest_ids: Int64, goals: tuple[str, ...]) -> Population:
        """Give the same people with these counts; what nobody had when it was counted is the rarest."""
        people = np.zeros(len(interest_ids), np.int64)
        places, known = rows_of(self.interest_ids, interest_ids)
        people[known] = self.interest_people[places]
        goal_people = np.zeros(MAX_GOALS, np.int64)
        goal_people[: len(goals)] = [self.goals.get(goal, 0) for goal in goals]
        return replace(population, interest_people=people, goal_people=goal_people)


def fetch_rarity(connection: psycopg.Connection) -> Rarity | None:
    """Read what was counted last, or None if nothing ever was."""
    row = connection.execute(STORED).fetchone()
    if not row:
        return None
    return Rarity(
        np.array(row[0], np.int64), np.array(row[1], np.int64), dict(zip(row[2], row[3], strict=True))
    )


def settle_rarity(
    connection: psycopg.Connection,
    population: Population,
    interest_ids: Int64,
    goals: tuple[str, ...],
    day: date,
) -> Population:
    """Count everybody's interests and goals, unless that was done for this day, and give them with what counts."""
    interest_people = np.bincount(population.interest_codes, minlength=len(interest_ids))
    bits = (population.goals[:, None] >> np.arange(len(goals), dtype=np.uint64)) & np.uint64(1)
    connection.execute(
        COUNT_ONCE_A_DAY,
        (day, interest_ids.tolist(), interest_people.tolist(), list(goals), bits.sum(axis=0).tolist()),
    )
    counted = fetch_rarity(connection)
    assert counted is not None  # noqa: S101 -- it was just written
    return counted.of(population, interest_ids, goals)
