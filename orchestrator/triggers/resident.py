"""Keep a refresher going: one for a database at a time, woken by each event, through every outage."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime

import psycopg
import sqlalchemy.exc
import structlog

from ..db.engine import Database
from ..db.locks import is_locked, try_lock
from ..errors import FeedscoreError
from ..registry import Registry
from ..settings import Settings
from .refresher import Refresher

log = structlog.get_logger()
LOCK = ("refresher", "all")
LISTEN = "LISTEN feedscore_events"
POLL_S = 0.5
"""Events are looked for so often even if no word of them comes."""
STAND_BY_S = 1.0
AFTER_AN_OUTAGE_S = 1.0


def refresher_lives(connection: psycopg.Connection) -> bool:
    """Tell whether some process is in charge of events."""
    return is_locked(connection, *LOCK)


def keep_refreshing(
    database: Database, settings: Settings, registry: Registry, stop: threading.Event
) -> None:
    """Work off events as they come, until told to stop; while another process does, stand by.

    The lock goes with the connection: whoever stands by takes over as soon as the server misses this process.
    """
    while not stop.is_set():
        try:
            with contextlib.closing(database.dedicated()) as own:
                _serve(own, Refresher(database, settings, registry), stop)
        except (FeedscoreError, psycopg.Error, sqlalchemy.exc.DBAPIError, OSError) as error:
            log.error("will be tried again", reason=f"{type(error).__name__}: {error}")
            stop.wait(AFTER_AN_OUTAGE_S)


def _serve(own: psycopg.Connection, refresher: Refresher, stop: threading.Event) -> None:
    while not try_lock(own, *LOCK):
        if stop.wait(STAND_BY_S):
            return
    own.execute(LISTEN)
    log.info("events are worked off as they come")
    while not stop.is_set():
        if not refresher.work_off(own, datetime.now(UTC)):
            for _ in own.notifies(timeout=POLL_S, stop_after=1):
                pass
