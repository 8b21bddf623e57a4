"""The job in a process of its own: `python -m benches.job_run JOB`, on the database that the settings name.

Prints, as JSON, the time of the whole job (reading, kernel, writing, committed; not Python's start)
and the peak of memory.
"""

from __future__ import annotations

import json
import sys

from orchestrator.cli.workplace import open_database
from orchestrator.jobs import registry
from orchestrator.plan import make_plan
from orchestrator.runner import run_plan
from orchestrator.settings import load_settings

from .populations import NOW
from .timing import Times, peak_rss_mb


def main(name: str) -> None:
    """Run the job alone, without its needs."""
    settings, times = load_settings(), Times()
    step = next(step for step in make_plan(registry, [name]) if step.job.name == name)
    with open_database(settings) as database:
        result = times.measure(lambda: run_plan(database, settings, [step], now=NOW))
    record = result.records[0]
    assert not result.exit_code, record.error
    told = {
        "wall_s": times.best_s,
        "cpu_s": times.best_cpu_s,
        "peak_mb": peak_rss_mb(),
        "written": record.metadata,
    }
    print(json.dumps(told, default=str))


if __name__ == "__main__":
    main(sys.argv[1])
