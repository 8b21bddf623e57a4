"""The command that shows what ran on each day, also of runs that have long been removed."""

from __future__ import annotations

from typing import Annotated

import typer
from psycopg.rows import dict_row

from ..settings import load_settings
from .choice import job_names
from .options import AsJson
from .output import print_json, print_table, say, span
from .workplace import open_database

# What analytics-rollup has summed up, the newest days first.
DAILY = """
SELECT * FROM feed.job_run_daily
WHERE (%(job)s::text IS NULL OR job = %(job)s)
  AND day > (SELECT max(day) FROM feed.job_run_daily) - %(days)s::int
ORDER BY day DESC, job
"""
COLUMNS = (
    "Day", "Job", "Runs", "Failed", "Items", "Written", "Time p50", "p95", "Wait p50", "p95",
)  # fmt: skip


def daily(
    job: Annotated[str | None, typer.Option(help="Only this job.", autocompletion=job_names)] = None,
    days: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="How many days.")] = 14,
    as_json: AsJson = False,
) -> None:
    """Show what ran on each day, summed up by analytics-rollup; days are those of UTC."""
    with (
        open_database(load_settings()) as database,
        database.connection() as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        found = cursor.execute(DAILY, {"job": job, "days": days}).fetchall()
    if as_json:
        print_json(found)
    elif not found:
        say("Nothing is summed up yet; `orchestrator run analytics-rollup` does it.")
    else:
        print_table(
            COLUMNS,
            [
                (
                    str(row["day"]), row["job"],
                    *(f"{row[name]:,}" for name in ("runs", "failed", "items_processed", "rows_written")),
                    *(_span(row[f"{what}_{share}_ms"]) for what in ("duration", "wait") for share in ("p50", "p95")),
                )
                for row in found
            ],
            right=set(COLUMNS[2:]),
        )  # fmt: skip


def _span(duration_ms: float | None) -> str:
    return span(None if duration_ms is None else round(duration_ms))
