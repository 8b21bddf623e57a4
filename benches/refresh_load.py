"""Events at a steady rate, and the time from the commit of each to that of the lists that changed with it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import psycopg

from orchestrator.db.engine import Database

from .refresh_deeds import act

LOOK_EVERY_S = 0.004
"""Times are told too long by half of this, on average."""
DONE = "SELECT id FROM feed.event_outbox WHERE id = ANY (%s) AND processed_at IS NOT NULL"


@dataclass
class Load:
    """What was sent, and how long each took to be seen."""

    latency_ms: list[float] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    late: int = 0
    """Events that were sent over 50 ms after their time: then the driver, too, was slow."""


def send(database: Database, people: int, rate: float, seconds: float, first_new: int, seed: int = 1) -> Load:
    """Send events at their times whatever becomes of them, and wait until all are seen.

    An event is marked in the transaction that writes its lists, so whoever sees the mark sees these.
    """
    load, r = Load(), np.random.default_rng(seed)
    waiting: dict[int, float] = {}
    kinds: dict[int, str] = {}
    total, begun = int(rate * seconds), time.perf_counter()
    writer, reader = database.dedicated(), database.dedicated()
    writer.autocommit = False
    sent = 0
    while sent < total or waiting:
        due = begun + sent / rate
        if sent < total and time.perf_counter() >= due:
            load.late += time.perf_counter() - due > 0.05
            number, kind = act(writer, r, people, first_new + sent)
            writer.commit()
            waiting[number], kinds[number] = time.perf_counter(), kind
            sent += 1
        _look(reader, waiting, kinds, load)
        time.sleep(LOOK_EVERY_S)
    writer.close()
    reader.close()
    return load


def _look(reader: psycopg.Connection, waiting: dict[int, float], kinds: dict[int, str], load: Load) -> None:
    if not waiting:
        return
    for (number,) in reader.execute(DONE, (list(waiting),)).fetchall():
        load.latency_ms.append(1000 * (time.perf_counter() - waiting.pop(number)))
        load.kinds.append(kinds.pop(number))
