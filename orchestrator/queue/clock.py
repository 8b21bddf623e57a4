"""The clock: rq-scheduler as the source of ticks, made to survive what would end or double it.

What rq-scheduler keeps in Redis is one entry, the next tick. It may be lost, doubled or late, and nothing comes of
it: the schedule stands in Postgres (`tick`). While Redis is away the clock ticks by itself.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
import warnings
from types import FrameType

import redis
import structlog

from ..db.engine import Database
from ..errors import FeedscoreError
from ..registry import Registry
from ..settings import Settings
from .broker import PASSING, connect, queues
from .tick import provide_schedules, tick

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of rq-scheduler about itself
    from rq_scheduler import Scheduler

log = structlog.get_logger()
TICK = "orchestrator.queue.execute.tick_once"
NEXT_TICK = "tick"
TICK_INTERVAL_S = 15
MESSAGE_TTL_S = 60
"""A tick that nobody took by then is stale: the next one does its work."""


class Clock(Scheduler):  # type: ignore[misc]  # rq-scheduler has no types
    """Pushes a tick to the workers every few seconds; as many clocks as one likes, one of them at a time."""

    def __init__(self, connection: redis.Redis, prefix: str, interval_s: float = TICK_INTERVAL_S) -> None:
        super().__init__(queue_name="high", connection=connection, interval=interval_s, name=uuid.uuid4().hex)
        # rq-scheduler's own names are the same for all who share a Redis.
        self.redis_scheduler_namespace_prefix = f"{prefix}:clock_instance:"
        self.scheduler_key = f"{prefix}:clock"
        self.scheduler_lock_key = f"{prefix}:clock_lock"
        self.scheduled_jobs_key = f"{prefix}:clock:ticks"
        self._stopped = threading.Event()

    def enqueue_jobs(self) -> list[str]:
        """Push a tick if one is due, under a new id, and set the time of the next."""
        now = time.time()
        due = self.connection.zrangebyscore(self.scheduled_jobs_key, 0, now)
        if not due and self.connection.zcard(self.scheduled_jobs_key):
            return []
        message = f"tick-{uuid.uuid4().hex}"
        queues(self.connection, ["high"])[0].enqueue_call(
            TICK,
            job_id=message,
            ttl=MESSAGE_TTL_S,
            result_ttl=0,
            failure_ttl=MESSAGE_TTL_S,
            description="tick",
        )
        # Second: a clock that dies in between lets a tick come twice, not never.
        self.connection.zadd(self.scheduled_jobs_key, {NEXT_TICK: now + self._interval})
        return [message]

    def beat(self) -> None:
        """Do one round: push a tick if one is due and no other clock does it."""
        if self.acquire_lock():
            try:
                self.enqueue_jobs()
            finally:
                self.remove_lock()

    def stop(self) -> None:
        """Let `keep_ticking` return."""
        self._stopped.set()

    def wait(self, seconds: float) -> bool:
        """Wait; True if the clock was stopped meanwhile."""
        return self._stopped.wait(seconds)


def keep_ticking(settings: Settings, registry: Registry, *, interval_s: float = TICK_INTERVAL_S) -> None:
    """Tick until SIGTERM or SIGINT; an outage of Redis or Postgres is waited out."""
    clock = Clock(connect(settings), settings.redis_prefix, interval_s)

    def take(number: int, frame: FrameType | None) -> None:
        del number, frame
        clock.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, take)
    provided = False
    with Database(settings) as database:
        while True:
            try:
                if not provided:
                    provide_schedules(database, settings, registry)
                    provided = True
                clock.beat()
            except PASSING as error:
                log.warning("Redis is away, the clock ticks by itself", reason=str(error), pid=os.getpid())
                _tick_here(database, settings, registry)
            except Exception as error:  # a clock that ends is worse than one that complains
                log.error("the clock could not tick", reason=f"{type(error).__name__}: {error}")
            if clock.wait(min(interval_s, TICK_INTERVAL_S) / 3):
                return


def _tick_here(database: Database, settings: Settings, registry: Registry) -> None:
    try:
        tick(database, settings, registry)
    except Exception as error:  # Postgres is away too
        reason = str(error) if isinstance(error, FeedscoreError) else f"{type(error).__name__}: {error}"
        log.error("the clock could not tick", reason=reason)
