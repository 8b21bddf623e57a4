"""What RQ calls in a work horse: do the run of this number, then let loose what waited for it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import structlog

from ..db.engine import Database
from ..jobs import registry
from ..log import set_up_logging
from ..runner import Stop, run_queued
from ..settings import load_settings
from .broker import connect
from .dispatch import dispatch
from .tick import tick

log = structlog.get_logger()


def execute(run_id: int) -> None:
    """Do an enqueued run; how it ended stands in its row. A message that came twice does nothing."""
    settings = load_settings()
    set_up_logging(settings.log_level, terminal=sys.stderr.isatty())
    stop = Stop()
    with Database(settings) as database, stop.on_signals():
        record = run_queued(database, settings, registry, run_id, now=datetime.now(UTC), stop=stop)
        if record:
            log.info(
                "run ended", run=record.id, job=record.job, scope=record.scope, status=record.status,
                items=record.items_processed, items_per_s=record.items_per_s,
            )  # fmt: skip
        if not stop.requested:
            dispatch(database, connect(settings))


def tick_once() -> None:
    """Do one tick of the clock, and hand out what it made ready."""
    settings = load_settings()
    with Database(settings) as database:
        tick(database, settings, registry)
        dispatch(database, connect(settings))
