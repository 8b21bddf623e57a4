"""The commands about the application's tables: views to fill in, and the check of a live database."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text

from ..db.engine import Database
from ..errors import ExitCode
from ..settings import load_settings
from ..source.check import breaks_contract, check_source
from ..source.faults import Fault, FaultKind, Severity
from ..source.template import PLACEHOLDER, template
from .output import print_json, print_table, say

app = typer.Typer(no_args_is_help=True, help="The application's tables: views to fill in, and their check.")

COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


@app.command("template")
def print_template(
    schema: Annotated[str, typer.Option(help="The schema of your tables.")] = PLACEHOLDER,
    without: Annotated[
        list[str] | None, typer.Option(help="A table that you have nothing for; repeat for several.")
    ] = None,
) -> None:
    """Print CREATE VIEW statements over your own tables, to fill in and run once with psql."""
    typer.echo(template(schema, without or ()))


@app.command("check")
def check(
    tolerate: Annotated[
        list[FaultKind] | None,
        typer.Option(metavar="KIND", help="Count faults of this kind as warnings; repeat for several."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Test the database against the contract, name every fault, and exit with 1 if one is an error."""
    today = datetime.now(UTC).date()
    with Database(load_settings()) as database:
        with database.connection() as connection:
            faults = check_source(connection, today, tolerated=tolerate or ())
        address = database.address
    if as_json:
        print_json(_document(faults, address))
    else:
        _print_text(faults, address)
    if breaks_contract(faults):
        raise typer.Exit(ExitCode.FAILED)


def _document(faults: Sequence[Fault], address: str) -> dict[str, object]:
    return {
        "database": address,
        "ok": not breaks_contract(faults),
        **_totals(faults),
        "faults": [asdict(fault) | {"place": fault.place} for fault in faults],
    }


def _print_text(faults: Sequence[Fault], address: str) -> None:
    if sys.stdout.isatty() and faults:
        columns = ("where", "what", "rows", "such as", "effect")
        print_table(columns, [_as_row(fault) for fault in faults], right=("rows",))
    else:
        for fault in faults:
            say(_as_line(fault))
    totals = _totals(faults)
    verdict = "breaks the contract" if breaks_contract(faults) else "keeps the contract"
    say(f"{address} {verdict}; errors: {totals['errors']}, warnings: {totals['warnings']}")


def _totals(faults: Sequence[Fault]) -> dict[str, int]:
    errors = sum(fault.severity == Severity.ERROR for fault in faults)
    return {"errors": errors, "warnings": len(faults) - errors}


def _as_line(fault: Fault) -> str:
    line = f"{fault.severity}  {fault.kind}  {fault.place}  {fault.message}"
    if fault.examples:
        line += f"  (rows: {fault.count:,}, such as {'; '.join(fault.examples)})"
    return f"{line}  {fault.effect}"


def _as_row(fault: Fault) -> list[str | Text]:
    return [
        Text(fault.place, style=COLOURS[fault.severity]),
        f"{fault.kind}: {fault.message}",
        f"{fault.count:,}" if fault.examples else "",
        "\n".join(fault.examples),
        Text(fault.effect, style="dim"),
    ]
