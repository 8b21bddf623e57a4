"""Where a refresher stands: everybody in memory, as of which runs, and what is owed to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import psycopg

from feedscore.population import Int64

from ..jobs.matching.live import LivePopulation
from ..jobs.matching.live_lists import fetch_listing, fetch_live_lists
from ..jobs.matching.match_scores import NAME, VERSION
from ..jobs.matching.people import load_people, midnight, with_rarity
from ..settings import Settings
from .waiting import users_named

# The last run over everybody of those that change everybody's rows.
LAST_RUN = """
SELECT max(id) FROM feed.job_run WHERE scope = 'all' AND status = 'SUCCESS'
  AND job IN ('build-user-traits', 'user-interest-sets', 'ratings-aggregate', 'match-scores')
"""
# When the last one over all lists began and ended: what was refreshed meanwhile, it may have overwritten.
LAST_LISTS = """
SELECT started_at, finished_at FROM feed.job_run
WHERE job = %s AND scope = 'all' AND status = 'SUCCESS' ORDER BY id DESC LIMIT 1
"""
MEANWHILE = """
SELECT DISTINCT u.id FROM feed.event_outbox AS e CROSS JOIN LATERAL (VALUES (e.user_id), (e.other_id)) AS u(id)
WHERE u.id IS NOT NULL AND e.processed_at BETWEEN %s AND %s
"""


@dataclass
class Standing:
    """Everybody, and what is still to be made good."""

    live: LivePopulation
    last_run: int
    """The last run over everybody when they were read."""
    owed: Int64
    """Ids of viewers whose lists have to be looked at with the next refresh, whatever it is about."""
    again: list[int]
    """Users whose refresh may have been overwritten."""


def is_out_of_date(connection: psycopg.Connection, standing: Standing, now: datetime) -> bool:
    """Tell whether a new day has begun, or a run over everybody has ended, since everybody was read."""
    return standing.live.as_of != midnight(now) or _last_run(connection) != standing.last_run


def read_everybody(
    connection: psycopg.Connection, settings: Settings, now: datetime, again: Sequence[int] = ()
) -> Standing:
    """Read everybody and their lists; what changed while nobody looked is owed."""
    as_of, last_run = midnight(now), _last_run(connection)
    people = load_people(connection, as_of)
    if people.population.interest_people is None:
        people = with_rarity(connection, people, as_of.date())
    live = LivePopulation(people, as_of, settings.match, VERSION)
    fetch_live_lists(connection, live, VERSION)
    again = sorted({*again, *_refreshed_meanwhile(connection)})
    named = np.array(sorted({*users_named(connection, now), *again}), np.int64)
    return Standing(live, last_run, fetch_listing(connection, named), again)


def _last_run(connection: psycopg.Connection) -> int:
    row = connection.execute(LAST_RUN).fetchone()
    return int(row[0]) if row and row[0] else 0


def _refreshed_meanwhile(connection: psycopg.Connection) -> list[int]:
    """Name the users of events that were worked off while all lists were last computed."""
    span = connection.execute(LAST_LISTS, (NAME,)).fetchone()
    return [row[0] for row in connection.execute(MEANWHILE, span)] if span else []
