"""The commands that import real people from public data sets."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ..settings import load_settings
from ..source.fill import check_room
from ..source.importers.composite import import_composite
from ..source.importers.imported import Imported
from ..source.importers.speed_dating import import_speed_dating
from .filling import fill_database, report
from .options import AsJson
from .output import remark, say
from .workplace import open_database

app = typer.Typer(no_args_is_help=True, help="Import real people from public data sets.")


class Quiz(StrEnum):
    """Where quiz answers come from."""

    BIG5 = "big5"


class Interests(StrEnum):
    """Where sets of interests come from."""

    DEEZER = "deezer"


class Cities(StrEnum):
    """Where places come from."""

    GEO = "geo"


Source = Annotated[Path, typer.Argument(metavar="PATH", help="The file, or the folder of the data sets.")]
Folder = Annotated[Path, typer.Argument(metavar="PATH", help="The folder of the data sets.")]
Replace = Annotated[bool, typer.Option("--replace", help="First remove what the application's tables hold.")]
WithDecisions = Annotated[
    bool,
    typer.Option(
        "--with-decisions", help="Import likes, passes and matches: these pairs are then never suggested."
    ),
]
QuizSource = Annotated[Quiz, typer.Option("--quiz", help="Where quiz answers come from.")]
InterestSource = Annotated[Interests, typer.Option("--interests", help="Where interests come from.")]
CitySource = Annotated[Cities, typer.Option("--cities", help="Where places come from.")]
People = Annotated[
    int | None, typer.Option(metavar="N", help="How many people; above the quiz, answers repeat.")
]
Seed = Annotated[int, typer.Option(metavar="S", help="Draws which parts make a person.")]


@app.command("speed-dating")
def speed_dating(
    path: Source, with_decisions: WithDecisions = False, replace: Replace = False, as_json: AsJson = False
) -> None:
    """Import the speed dating experiment: people, quiz, interests, and the ratings they gave each other.

    Rows and values that cannot be used are named on stderr, left out and counted.
    """
    now = datetime.now(UTC)
    read = partial(import_speed_dating, path, now, with_decisions=with_decisions)
    _import(read, replace=replace, as_json=as_json)


@app.command("composite")
def composite(
    path: Folder,
    quiz: QuizSource = Quiz.BIG5,
    interests: InterestSource = Interests.DEEZER,
    cities: CitySource = Cities.GEO,
    people: People = None,
    seed: Seed = 1,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Import people put together from real quiz answers, real sets of interests and real places.

    Preferences, names and times are made up. Rows and values that cannot be used are named on stderr, left
    out and counted.
    """
    del quiz, interests, cities  # one source each for now; the options say so by their choices
    read = partial(import_composite, path, datetime.now(UTC), people=people, seed=seed)
    _import(read, replace=replace, as_json=as_json)


def _import(read: Callable[[], Imported], *, replace: bool, as_json: bool) -> None:
    with open_database(load_settings()) as database:
        with database.connection() as connection:
            check_room(connection, replace=replace)  # before the long work
        started = time.perf_counter()
        imported = read()
        rows = fill_database(database, imported.tables, replace=replace)
    findings = imported.findings
    sorts = {
        "rows_skipped": findings.rows_skipped,
        "values_skipped": findings.values_skipped,
        "values_repaired": findings.repaired,
    }
    facts = {**{name: dict(counts) for name, counts in sorts.items()}, "notes": imported.notes}
    report(rows, time.perf_counter() - started, facts, as_json=as_json)
    if not as_json:
        _tell(sorts, imported.notes)


def _tell(sorts: Mapping[str, Counter[str]], notes: Sequence[str]) -> None:
    for name, counts in sorts.items():
        say(f"{counts.total():,} {name.replace('_', ' ')}")
        for reason, count in counts.most_common():
            say(f"  {count:,}  {reason}")
    for note in notes:
        remark(f"Note: {note}.")
