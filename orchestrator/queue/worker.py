"""The RQ worker: forks a work horse for each run, and passes a request to stop on to it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence

import redis
from rq import Worker

from ..settings import Settings
from .broker import QUEUES, connect, queues

# Much shorter than RQ's defaults, under which a killed worker is not missed for minutes.
WORKER_TTL_S = 60
MAINTENANCE_INTERVAL_S = 30
MONITORING_INTERVAL_S = 10


class RunWorker(Worker):
    """A worker whose shutdown lets the run at hand finish its batch, give itself back, and go on elsewhere."""

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
