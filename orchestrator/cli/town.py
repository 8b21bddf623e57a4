"""The command that fills an empty application with a synthetic town."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from ..settings import load_settings
from ..source.fill import check_room
from ..source.town import make_town
from ..source.town.tables import tables
from .filling import fill_database, report
from .options import AsJson
from .output import remark
from .workplace import open_database

People = Annotated[int, typer.Option(metavar="N", help="People in the town.")]
Seed = Annotated[int, typer.Option(metavar="S", help="Same people, seed and date: the same town.")]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of", formats=["%Y-%m-%d"], help="The day (UTC) at whose start the town stands; today."
    ),
]
Replace = Annotated[bool, typer.Option("--replace", help="First remove what the application's tables hold.")]


def town(
    people: People = 2_000,
    seed: Seed = 1,
    as_of: AsOf = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Fill the application's tables with a town of made-up people.

    Cities and their sizes are real (USA, from GeoNames); everybody in them is invented. Tables that hold
    rows are left alone unless --replace is given; views of an application are never written to.

    \b
    Example:
      orchestrator town --people 100000 --seed 1
    """
    day = (as_of or datetime.now(UTC)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    with open_database(load_settings()) as database:
        with database.connection() as connection:
            check_room(connection, replace=replace)  # before the long work
        started = time.perf_counter()
        made = make_town(people, seed, day)
        if not as_json:
            remark(f"A town of {people:,} people, made in {time.perf_counter() - started:.1f} s.")
        rows = fill_database(database, tables(made), replace=replace)
    seconds = time.perf_counter() - started
    report(rows, seconds, {"people": people, "seed": seed, "as_of": f"{day:%Y-%m-%d}"}, as_json=as_json)
