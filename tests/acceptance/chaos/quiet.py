"""One quiet process, `python -m tests.acceptance.chaos.quiet URL JOB=TIME ...`: runs jobs one by one, as of these times."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.runner import RunStatus, run_job
from orchestrator.settings import Settings


def main(url: str, *asked: str) -> int:
    settings = Settings(database_url=SecretStr(url), data_dir=Path("unused"))
    with Database(settings) as database:
        for name, _, time in (one.partition("=") for one in asked):
            record = run_job(database, settings, registry[name], now=datetime.fromisoformat(time))
            if record.status is not RunStatus.SUCCESS:
                sys.stderr.write(f"{name}, undisturbed, is {record.status}: {record.error}\n")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
