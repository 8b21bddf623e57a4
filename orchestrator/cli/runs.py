"""The commands that show the history of runs."""

from __future__ import annotations

from typing import Annotated

import typer

from ..db.runs import find_run, list_runs
from ..db.wholes import parts_of, standings
from ..errors import UsageError
from ..runner import RunStatus
from ..settings import load_settings
from .choice import job_names
from .daily import daily
from .options import AsJson
from .output import moment, print_json, print_table, say, span
from .run_report import print_runs
from .workplace import open_database

app = typer.Typer(
    help="Show past and present runs; `runs show ID` tells all about one, `runs daily` sums up days."
)
app.command("daily")(daily)


@app.callback(invoke_without_command=True)
def history(
    context: typer.Context,
    job: Annotated[str | None, typer.Option(help="Only runs of this job.", autocompletion=job_names)] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many, the newest first.")] = 20,
    status: Annotated[
        RunStatus | None, typer.Option(case_sensitive=False, help="Only runs that ended so.")
    ] = None,
    parts: Annotated[bool, typer.Option("--parts", help="Also the parts of runs that are split.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show past and present runs, the newest first; `runs show ID` tells all about one."""
    if context.invoked_subcommand:
        return
    with open_database(load_settings()) as database, database.connection() as connection:
        records = list_runs(connection, job=job, status=status, parts=parts, limit=limit)
        wholes = standings(connection, [record.id for record in records if record.shards])
    if as_json:
        print_json([record.as_json() for record in records])
    elif records:
        print_runs(records, history=True, standings=wholes)
    else:
        say("No runs yet." if not (job or status) else "No such runs.")


@app.command("show")
def show(
    run_id: Annotated[int, typer.Argument(metavar="ID", help="The number of the run.")],
    as_json: AsJson = False,
) -> None:
    """Tell all about one run."""
    with open_database(load_settings()) as database, database.connection() as connection:
        record = find_run(connection, run_id)
        parts = parts_of(connection, run_id)
    if not record:
        raise UsageError(f"there is no run {run_id}; `orchestrator runs` shows those there are")
    if as_json:
        print_json({**record.as_json(), "parts": [part.as_json() for part in parts]})
        return
    told = {
        **record.as_json(),
        "as_of": moment(record.as_of),
        "started_at": moment(record.started_at),
        "heartbeat_at": moment(record.heartbeat_at),
        "finished_at": moment(record.finished_at),
        "duration": span(record.duration_ms),
        "parameters": ", ".join(f"{name}={value}" for name, value in record.parameters.items()),
        "metadata": ", ".join(f"{name}={value}" for name, value in record.metadata.items()),
    }
    told.pop("duration_ms")
    print_table(
        ("Field", "Value"), [(name, "" if value is None else str(value)) for name, value in told.items()]
    )
    if parts:
        say()
        print_runs(parts, history=True)
