"""Hand ready runs to the workers, and again those whose messages were lost."""

from __future__ import annotations

import redis
import structlog

from ..db.engine import Database
from ..db.pending import Handout, hand_out_again, overdue, take_ready
from .broker import PASSING, lost, push

log = structlog.get_logger()
AT_ONCE = 500
OVERDUE_S = 20.0


def dispatch(database: Database, connection: redis.Redis) -> int:
    """Send the workers all runs that are ready, and tell how many.

    What could not be sent, because Redis is away, stays in Postgres and is sent by a later call.
    """
    sent = 0
    while True:
        with database.connection() as own:
            handouts = take_ready(own, AT_ONCE)
        if not handouts:
            return sent
        try:
            push(connection, handouts)
        except PASSING as error:
            _take_back(database, handouts)
            log.warning("runs wait for Redis", runs=len(handouts), reason=str(error))
            return sent
        sent += len(handouts)


def find_lost(database: Database, connection: redis.Redis) -> int:
    """Let runs be handed out again whose messages Redis has lost, and tell how many."""
    with database.connection() as own:
        waiting = overdue(own, OVERDUE_S)
    try:
        missing = lost(connection, waiting) if waiting else []
    except PASSING:
        return 0  # it may still know them when it is back
    _take_back(database, missing)
    return len(missing)


def _take_back(database: Database, handouts: list[Handout]) -> None:
    with database.connection() as own:
        hand_out_again(own, [handout.id for handout in handouts])
