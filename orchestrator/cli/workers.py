"""The commands that bring up workers and clock."""

from __future__ import annotations

import contextlib
import fcntl
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from ..db.engine import Database
from ..errors import AlreadyRunningError, UsageError
from ..jobs import registry
from ..log import set_up_logging
from ..queue.broker import QUEUES, check, connect
from ..queue.children import Child
from ..queue.clock import keep_ticking
from ..queue.embedded_redis import EmbeddedRedis
from ..queue.supervise import Supervisor
from ..queue.worker import work
from ..settings import Settings, load_settings
from ..triggers.resident import keep_refreshing
from .output import remark
from .workplace import open_database

ALL_QUEUES = ",".join(QUEUES)
Count = Annotated[int, typer.Option(metavar="N", min=1, max=256, help="Worker processes.")]
Queues = Annotated[str, typer.Option(metavar="NAMES", help="Queues to serve, the first one first.")]


def worker(queues: Queues = ALL_QUEUES, count: Count = 1) -> None:
    """Run workers: they take runs from the queues until told to stop.

    SIGTERM or Ctrl-C lets each run finish its batch and gives the rest back, to be gone on with elsewhere.
    """
    names, settings = _names(queues), load_settings()
    with open_database(settings) as database:
        check(connect(settings), settings)
        Supervisor(settings, database, [*_workers(names, count), _refresher()]).run()


def worker_process(queues: Queues = ALL_QUEUES) -> None:
    """Be one worker process, without a supervisor."""
    work(load_settings(), _names(queues))


def clock() -> None:
    """Run the clock: it enqueues what the schedule says, each slot once, however many clocks run."""
    settings = load_settings()
    check(connect(settings), settings)
    keep_ticking(settings, registry)


def clock_process() -> None:
    """Be the clock of a supervisor."""
    keep_ticking(load_settings(), registry)


def refresher() -> None:
    """Run the refresher: it turns events into changed lists within moments; one acts at a time, others stand by."""
    settings, stop = load_settings(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with open_database(settings) as database:
        keep_refreshing(database, settings, registry, stop)


def up(count: Count = 2) -> None:
    """Bring everything up: Postgres and Redis where none are given, workers and the clock; Ctrl-C ends it all."""
    settings = load_settings()
    set_up_logging("INFO", terminal=sys.stderr.isatty())
    with _only_one(settings), open_database(settings) as database, _redis(settings) as embedded:
        check(connect(settings), settings)
        children = [*_workers(QUEUES, count), _refresher(), Child("clock", ["clock-process"])]
        if settings.api_token:  # without one nobody could do anything there
            children.append(Child("http", ["serve-process"]))
        _announce(database, settings, embedded, count)
        Supervisor(settings, database, children, embedded).run()
    remark("All ended.")


def _workers(names: Sequence[str], count: int) -> list[Child]:
    command = ["worker-process", "--queues", ",".join(names)]
    environment = {"FEEDSCORE_WORKERS_HERE": str(count)}  # a shard takes its worker's share of the cores
    return [Child(f"worker {n}", command, environment) for n in range(1, count + 1)]


def _refresher() -> Child:
    return Child("refresher", ["refresher"])


def _names(queues: str) -> list[str]:
    names = [name.strip() for name in queues.split(",") if name.strip()]
    unknown = [name for name in names if name not in QUEUES]
    if unknown or not names:
        raise UsageError(f"--queues: must be some of {', '.join(QUEUES)} (got {queues!r})")
    return names


@contextlib.contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Hold the data folder: two `up` with one folder would be two servers on one set of files."""
    folder = settings.data_dir.expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunningError(f"`up` is running already with the data folder {folder}") from None
        yield


@contextlib.contextmanager
def _redis(settings: Settings) -> Iterator[EmbeddedRedis | None]:
    if settings.redis_url:
        yield None
        return
    embedded = EmbeddedRedis(settings)
    embedded.start()
    try:
        yield embedded
    finally:
        embedded.stop()


def _announce(database: Database, settings: Settings, embedded: EmbeddedRedis | None, count: int) -> None:
    postgres = "embedded" if database.is_embedded else database.address
    broker = f"embedded, {embedded.socket}" if embedded else "as configured"
    remark(
        f"Postgres: {postgres}. Redis: {broker}. {count} workers, the refresher"
        f" and the clock (times in {settings.time_zone})."
    )
    if not settings.api_token:
        remark("HTTP API: off; set FEEDSCORE_API_TOKEN to have it.")
    remark("In another terminal: `python -m orchestrator enqueue all`, `status`, `runs`. Ctrl-C ends all.")
