"""A process that runs one job at the time of the tests: `python -m tests.jobs.feed.program URL JOB BATCH_SIZE`."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import SecretStr

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.runner import RunStatus, run_job
from orchestrator.settings import Settings
from tests.jobs.conftest import NOW


def main(url: str, name: str, batch_size: str) -> int:
    settings, job = Settings(database_url=SecretStr(url), data_dir=Path("unused")), registry[name]
    with Database(settings) as database:
        parameters = job.parameters(batch_size=int(batch_size))
        print("begun", flush=True)  # noqa: T201 -- the test reads it
        return int(run_job(database, settings, job, parameters, now=NOW).status is not RunStatus.SUCCESS)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
