"""`python -m tests.acceptance.quiet URL`: for each line `BATCH JOB=TIME ...`, a process that runs these jobs one by one.

Each job is as of its time; BATCH is the number of items in a batch, 0 for that of each job. It prints the id of the
process, and how that ended. They are forks, as those of a worker are, so that starting one takes no time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.log import set_up_logging
from orchestrator.runner import RunStatus, run_job
from orchestrator.settings import Settings


def run(url: str, batch: int, asked: Sequence[str]) -> int:
    settings = Settings(database_url=SecretStr(url), data_dir=Path("unused"))
    with Database(settings) as database:
        for name, _, time in (one.partition("=") for one in asked):
            job = registry[name]
            parameters = job.parameters.model_validate({"batch_size": batch} if batch else {})
            record = run_job(database, settings, job, parameters, now=datetime.fromisoformat(time))
            if record.status is not RunStatus.SUCCESS:
                sys.stderr.write(f"{name} is {record.status}: {record.error}\n")
                return 1
    return 0


def main(url: str) -> int:
    worst = 0
    set_up_logging("ERROR", terminal=False)
    for line in sys.stdin:
        batch, *asked = line.split()
        if (pid := os.fork()) == 0:
            code = 1
            try:
                code = run(url, int(batch), asked)
            finally:
                sys.stderr.flush()
                os._exit(code)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()
        worst = max(worst, abs(code))
    return worst


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
