"""The tables, against what one quiet process computes from the same data for the same moments, in a copy of the database."""

from __future__ import annotations

import subprocess
import sys

import psycopg
from sqlalchemy.engine import make_url

from orchestrator.jobs import registry
from orchestrator.plan import make_plan
from orchestrator.runner import RunStatus

from ..running import Running
from ..written_rows import rows_of, tables_of
from .checks import Finding

COPY = "undisturbed"
LAST = """
SELECT DISTINCT ON (job) job, status, as_of FROM feed.job_run WHERE scope = 'all' AND id > %s ORDER BY job, id DESC
"""


def check_tables(running: Running, url: str, since_run: int) -> Finding:
    """Every table of every job holds what the quiet process computes; runs after `since_run` count."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {COPY}".encode())
        last = {job: (status, as_of) for job, status, as_of in connection.execute(LAST, (since_run,))}
    with psycopg.connect(
        make_url(url).set(database="postgres").render_as_string(hide_password=False), autocommit=True
    ) as admin:
        admin.execute(f"CREATE DATABASE {COPY} TEMPLATE feedscore".encode())
    copy = make_url(url).set(database=COPY).render_as_string(hide_password=False)
    faults: list[str] = []
    steps = make_plan(registry, ["all"])
    tables = [table for step in steps for table in tables_of(step.job)]
    with psycopg.connect(copy) as connection:
        connection.execute(f"TRUNCATE {', '.join(tables)}".encode())
    asked = []
    for step in steps:
        status, as_of = last.get(step.job.name, ("never run", None))
        if status == RunStatus.SUCCESS and as_of is not None:
            asked.append(f"{step.job.name}={as_of.isoformat()}")
        else:
            faults.append(f"the last run of {step.job.name} over everybody is {status}")
    done = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.quiet", copy],
        input=f"0 {' '.join(asked)}\n", env=running.environment, check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        faults.append(done.stderr[-2000:])
    rows = 0
    for table in tables:
        ours, theirs = _rows(url, table), _rows(copy, table)
        rows += len(ours)
        if ours != theirs:
            some = [
                f"{name} {row[:300]}"
                for name, own in (("here", ours - theirs), ("there", theirs - ours))
                for row in sorted(own)[:2]
            ]
            faults.append(
                f"{table}: {len(ours - theirs)} rows differ of {len(ours)}, undisturbed {len(theirs)}: {some}"
            )
    return Finding(f"{rows:,} rows of {len(tables)} tables equal an undisturbed recomputation", faults)


def _rows(url: str, table: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute(f"SELECT r::text FROM ({rows_of(table)}) AS r".encode())}
