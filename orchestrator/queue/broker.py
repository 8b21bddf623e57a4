"""The one door to Redis and RQ: connections, queues, and messages that hold nothing but a run's number."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError
from redis.retry import Retry

from ..db.pending import Handout
from ..errors import BrokerError, FeedscoreError
from ..settings import Settings, load_settings

with contextlib.suppress(FeedscoreError):  # the command itself tells what is wrong with the settings
    os.environ.setdefault("RQ_KEY_PREFIX", load_settings().redis_prefix)  # RQ reads it when it is imported

from rq import Queue, Worker
from rq.serializers import JSONSerializer

QUEUES = ("high", "medium", "low")
"""In the order in which workers look into them."""
EXECUTE = "orchestrator.queue.execute.execute"
NO_TIMEOUT = -1
"""A run says itself that it lives; how long it may take is its job's affair."""
KEPT_FAILURES_S = 3600
MAX_SOCKET_PATH = 100
PASSING = (redis.ConnectionError, redis.TimeoutError, BusyLoadingError)
"""Errors of a Redis that may come back."""


def socket_of(settings: Settings) -> Path:
    """Name the socket of the embedded Redis."""
    return settings.data_dir.expanduser().resolve() / "redis" / "redis.sock"


def connect(settings: Settings, *, patient: bool = False) -> redis.Redis:
    """Open the Redis of the settings; a patient connection waits about two minutes for one that went away."""
    retry = Retry(ExponentialBackoff(cap=5, base=0.2), 30 if patient else 2)
    address = settings.redis_url.get_secret_value() if settings.redis_url else f"unix://{socket_of(settings)}"
    try:
        return redis.Redis.from_url(
            address,
            retry=retry,
            retry_on_error=list(PASSING),
            socket_connect_timeout=5,
            health_check_interval=15,
        )
    except ValueError as error:
        raise BrokerError(f"setting redis_url cannot be read as an address: {error}") from None


def check(connection: redis.Redis, settings: Settings) -> None:
    """Raise BrokerError, saying what to do, unless Redis answers."""
    try:
        connection.ping()
    except redis.RedisError as error:
        hint = (
            "set FEEDSCORE_REDIS_URL right, or start that server"
            if settings.redis_url
            else "start the embedded one with: python -m orchestrator up"
        )
        raise BrokerError(f"cannot reach Redis ({type(error).__name__}): {hint}") from None


def queues(connection: redis.Redis, names: Sequence[str] = QUEUES) -> list[Queue]:
    """Give the queues of these names, in this order."""
    return [Queue(name, connection=connection, serializer=JSONSerializer) for name in names]


def count_workers(connection: redis.Redis) -> int:
    """Count the workers that Redis knows, on all machines."""
    return int(Worker.count(connection=connection))


def push(connection: redis.Redis, handouts: Sequence[Handout]) -> None:
    """Send the workers the numbers of these runs."""
    by_name = {queue.name: queue for queue in queues(connection)}
    for handout in handouts:
        by_name[handout.queue].enqueue_call(
            EXECUTE,
            args=(handout.id,),
            job_id=handout.message_id,
            timeout=NO_TIMEOUT,
            result_ttl=0,
            failure_ttl=KEPT_FAILURES_S,
            description=f"{handout.job}, run {handout.id}",
        )


def lost(connection: redis.Redis, handouts: Sequence[Handout]) -> list[Handout]:
    """Tell which of these messages wait in no queue any more: gone, or taken by a worker that died with them."""
    waiting = {message for queue in queues(connection) for message in queue.get_job_ids()}
    return [one for one in handouts if one.message_id not in waiting]
