"""Where a refresher stands: everybody in memory, as of which runs, and what is owed to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import psycopg
import structlog

from feedscore.population import Int64

from ..jobs.matching.live import LivePopulation
from ..jobs.matching.live_lists import fetch_listing, fetch_live_lists
from ..jobs.matching.match_scores import NAME, VERSION
from ..jobs.matching.people import load_people, midnight, with_rarity
from ..jobs.matching.population_store import Base, BaseKey, base_key, read_base, write_base
from ..jobs.matching.vocabulary import VocabularyError
from ..settings import Settings
from .waiting import users_named

log = structlog.get_logger()
OVERLAP = timedelta(minutes=5)
"""Events that were worked off shortly before columns were read are looked at again: reading takes a while."""
# The last run over all lists, and when it began and ended: what was refreshed meanwhile, it may have overwritten.
LAST_LISTS = """
SELECT id, started_at, finished_at FROM feed.job_run
WHERE job = %s AND scope = 'all' AND status = 'SUCCESS' ORDER BY id DESC LIMIT 1
"""
MEANWHILE = """
SELECT DISTINCT u.id FROM feed.event_outbox AS e CROSS JOIN LATERAL (VALUES (e.user_id), (e.other_id)) AS u(id)
WHERE u.id IS NOT NULL AND e.processed_at BETWEEN %s AND %s
"""


@dataclass(frozen=True)
class Epoch:
    """Of which runs everybody's columns and lists are."""

    key: BaseKey
    last_lists: int


@dataclass
class Standing:
    """Everybody, and what is still to be made good."""

    live: LivePopulation
    epoch: Epoch
    owed: Int64
    """Ids of viewers whose lists have to be looked at with the next refresh, whatever it is about."""
    again: list[int]
    """Users whose refresh may have been overwritten."""


def is_out_of_date(connection: psycopg.Connection, standing: Standing, now: datetime) -> bool:
    """Tell whether a new day has begun, or a run over everybody has ended, since everybody was read."""
    return _epoch(connection, midnight(now)) != standing.epoch


def read_everybody(
    connection: psycopg.Connection, settings: Settings, now: datetime, again: Sequence[int] = (),
    *, anew: bool = False,
) -> Standing:  # fmt: skip
    """Read everybody and their lists; what changed while nobody looked is owed.

    The columns are mapped from the files of the data folder where these are of today and of the last runs, and
    whoever has had an event since is read again; else, or `anew`, they are read from the database, and written there.
    """
    as_of, folder = midnight(now), settings.data_dir.expanduser().resolve() / "population"
    epoch = _epoch(connection, as_of)
    live = None if anew else _from_files(connection, settings, as_of, read_base(folder, epoch.key))
    if live is None:
        base = _from_database(connection, as_of)
        epoch = _epoch(
            connection, as_of
        )  # the first who reads everybody may have counted how rare things are
        write_base(folder, base, epoch.key)
        live = LivePopulation(base.people, as_of, settings.match, VERSION)
    fetch_live_lists(connection, live, VERSION)
    again = sorted({*again, *_refreshed_meanwhile(connection)})
    named = np.array(sorted({*users_named(connection, now), *again}), np.int64)
    return Standing(live, epoch, fetch_listing(connection, named), again)


def _from_files(
    connection: psycopg.Connection, settings: Settings, as_of: datetime, base: Base | None
) -> LivePopulation | None:
    if base is None:
        return None
    live = LivePopulation(base.people, as_of, settings.match, VERSION)
    since = np.array(users_named(connection, base.taken_at - OVERLAP), np.int64)
    try:
        if len(since):
            live.update(connection, since)
    except VocabularyError:
        return None
    log.info("everybody was mapped from files", people=len(live.ids), read_again=len(since))
    return live


def _from_database(connection: psycopg.Connection, as_of: datetime) -> Base:
    _, taken_at = base_key(connection, as_of)
    people = load_people(connection, as_of)
    if people.population.interest_people is None:
        people = with_rarity(connection, people, as_of.date())
    log.info("everybody was read", people=len(people.population), rows=people.rows_scanned)
    return Base(people, taken_at)


def _epoch(connection: psycopg.Connection, as_of: datetime) -> Epoch:
    span = connection.execute(LAST_LISTS, (NAME,)).fetchone()
    return Epoch(base_key(connection, as_of)[0], span[0] if span else 0)


def _refreshed_meanwhile(connection: psycopg.Connection) -> list[int]:
    """Name the users of events that were worked off while all lists were last computed."""
    span = connection.execute(LAST_LISTS, (NAME,)).fetchone()
    return [row[0] for row in connection.execute(MEANWHILE, span[1:])] if span else []
