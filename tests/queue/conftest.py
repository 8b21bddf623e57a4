"""A few small jobs, a Redis of the test's own, and short ways to enqueue and run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis

from orchestrator.context import JobContext, JobParameters
from orchestrator.db.engine import Database
from orchestrator.db.pending import take_ready
from orchestrator.db.runs import RunRecord, find_run
from orchestrator.plan import make_plan
from orchestrator.queue.broker import connect
from orchestrator.queue.embedded_redis import EmbeddedRedis
from orchestrator.queue.enqueue import Enqueued, enqueue_plan
from orchestrator.registry import Registry
from orchestrator.runner import Stop, run_queued
from orchestrator.settings import Settings
from tests.runner.conftest import plain_job

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
Body = Callable[[JobContext], None]


def nothing(context: JobContext) -> None:
    """Do nothing."""
    context.run.check_stop()


def failing(context: JobContext) -> None:
    """Fail."""
    raise RuntimeError(f"run of {context.now:%Y} cannot be done")


def registry_of(**bodies: tuple[Body, tuple[str, ...]]) -> Registry:
    """Jobs by name (underscores for hyphens), each with its body and needs."""
    return Registry.of(
        plain_job(body, name=name.replace("_", "-"), needs=needs) for name, (body, needs) in bodies.items()
    )


CHAIN = registry_of(first=(nothing, ()), second=(nothing, ("first",)), third=(nothing, ("second",)))


class Desk:
    """Enqueues and runs, as commands and workers do, but here and now."""

    def __init__(self, database: Database, settings: Settings, registry: Registry) -> None:
        self.database, self.settings, self.registry = database, settings, registry

    def enqueue(
        self, *names: str, parameters: Mapping[str, JobParameters] | None = None, **options: Any
    ) -> list[Enqueued]:  # Any: options of enqueue_plan
        steps = make_plan(self.registry, names)
        return enqueue_plan(self.database, self.settings, steps, parameters or {}, now=NOW, **options)

    def run(self, run_id: int, stop: Stop | None = None) -> RunRecord | None:
        return run_queued(self.database, self.settings, self.registry, run_id, now=NOW, stop=stop)

    def ready(self) -> list[int]:
        """Hand out what is ready."""
        with self.database.connection() as connection:
            return [handout.id for handout in take_ready(connection, 1000)]

    def work(self) -> list[int]:
        """Do what is ready until nothing is."""
        done: list[int] = []
        while ready := self.ready():
            for run_id in ready:
                self.run(run_id)
                done.append(run_id)
        return done

    def find(self, run_id: int) -> RunRecord:
        with self.database.connection() as connection:
            record = find_run(connection, run_id)
        assert record is not None
        return record

    def rows(self, query: str, *params: object) -> Sequence[tuple[Any, ...]]:  # Any: what a query gives
        with self.database.connection() as connection:
            return connection.execute(query.encode(), params).fetchall()


@pytest.fixture
def desk(database: Database, settings: Settings) -> Desk:
    """Three jobs, each needing the one before."""
    return Desk(database, settings, CHAIN)


@pytest.fixture(scope="session")
def broker_settings() -> Iterator[Settings]:
    """Settings whose embedded Redis runs."""
    with tempfile.TemporaryDirectory(prefix="feedscore-redis-") as folder:
        settings = Settings(data_dir=Path(folder))
        server = EmbeddedRedis(settings)
        server.start()
        yield settings
        server.stop()


@pytest.fixture
def broker(broker_settings: Settings) -> Iterator[redis.Redis]:
    """An empty Redis."""
    connection = connect(broker_settings)
    connection.flushall()
    yield connection
    connection.close()
