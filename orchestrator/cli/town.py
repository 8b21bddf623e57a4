"""The command that fills an empty application with a synthetic town."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from ..settings import load_settings
from ..source.fill import check_room
from ..source.town import make_town
from ..source.town.activity import EVENTS_PER_PERSON
from ..source.town.posts import POSTS_PER_PERSON
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
        "--as-of",
        formats=["%Y-%m-%d"],
        help="The day (UTC) at whose start the town stands; today, with events up to this minute.",
    ),
]
Events = Annotated[
    int | None, typer.Option(metavar="N", help=f"Events with posts; {EVENTS_PER_PERSON} a person.")
]
Posts = Annotated[
    int | None, typer.Option(metavar="N", help=f"Posts of 90 days; {POSTS_PER_PERSON} a person.")
]
Replace = Annotated[bool, typer.Option("--replace", help="First remove what the application's tables hold.")]


def town(
    people: People = 2_000,
    seed: Seed = 1,
    events: Events = None,
    posts: Posts = None,
    as_of: AsOf = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Fill the application's tables with a town of made-up people.

    Cities and their sizes are real (USA, from GeoNames); everybody in them is invented. Tables that hold
    rows are left alone unless --replace is given; views of an application are never written to.

    \b
    Examples:
      orchestrator town --people 100000 --seed 1
      orchestrator town --people 100000 --seed 1 --events 20000000 --posts 500000
    """
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    day = (as_of or minute).replace(hour=0, minute=0, tzinfo=UTC)
    until = day if as_of else minute
    with open_database(load_settings()) as database:
        with database.connection() as connection:
            check_room(connection, replace=replace)  # before the long work
        started = time.perf_counter()
        made = make_town(people, seed, day, events=events, posts=posts, until=until)
        if not as_json:
            remark(f"A town of {people:,} people, made in {time.perf_counter() - started:.1f} s.")
        rows = fill_database(database, tables(made), replace=replace)
    seconds = time.perf_counter() - started
    facts = {"people": people, "seed": seed, "as_of": f"{day:%Y-%m-%d}", "until": until.isoformat()}
    report(rows, seconds, facts, as_json=as_json)
