"""The RQ worker: forks a work horse for each run, and passes a request to stop on to it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence

import redis
from redis.client import Pipeline
from rq import Queue, Worker, worker_registration
from rq.job import Job

from ..settings import Settings
from .broker import QUEUES, connect, queues
from .lifeline import end_with

# Much shorter than RQ's defaults, under which a killed worker is not missed for minutes.
WORKER_TTL_S = 60
MAINTENANCE_INTERVAL_S = 30
MONITORING_INTERVAL_S = 10


class RunWorker(Worker):
    """A worker whose end, asked for or not, lets the run at hand finish its batch, give itself back, and go on elsewhere."""

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Do a run in this process, the fork; a worker that is killed takes it along."""
        if prepare := end_with(self.pid or os.getppid()):
            prepare()
        super().main_work_horse(job, queue)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Say that the worker lives, and who it is, should Redis have been emptied."""
        connection = self.connection if pipeline is None else pipeline
        connection.hset(self.key, mapping={**self.serialize(), "state": self.get_state()})
        worker_registration.register(self, pipeline)
        super().heartbeat(timeout, pipeline)

    def handle_warm_shutdown_request(self) -> None:
        """Ask the run at hand to stop after its batch."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]  # RQ's own
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)


def make_worker(connection: redis.Redis, names: Sequence[str] = QUEUES) -> RunWorker:
    """Make a worker for the queues of these names; the first is served first."""
    return RunWorker(
        queues(connection, names),
        connection=connection,
        serializer="rq.serializers.JSONSerializer",
        worker_ttl=WORKER_TTL_S,
        maintenance_interval=MAINTENANCE_INTERVAL_S,
        job_monitoring_interval=MONITORING_INTERVAL_S,
        log_job_description=False,
    )


def work(settings: Settings, names: Sequence[str] = QUEUES) -> None:
    """Take runs until told to stop."""
    import orchestrator.jobs  # noqa: F401, PLC0415 -- here, before the forks, so that no work horse has to import them

    make_worker(connect(settings, patient=True), names).work(logging_level="WARNING")
