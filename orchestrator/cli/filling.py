"""What `town` and `import` share: the counter on stderr while tables fill, and the report at the end."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import psycopg
from rich.console import Console

from ..db.engine import Database
from ..errors import DatabaseError
from ..source.fill import Progress, fill
from ..source.rows import TableRows
from .output import print_json, print_table, say, span


def fill_database(database: Database, tables: Iterable[TableRows], *, replace: bool) -> dict[str, int]:
    """Write the rows in one transaction, with a counter on stderr, and tell how many each table got."""
    try:
        with database.connection() as connection, _counter() as progress:
            return fill(connection, tables, progress, replace=replace)
    except psycopg.Error as error:
        raise DatabaseError(f"nothing was written: {error}".strip()) from None


def report(
    rows: Mapping[str, int],
    seconds: float,
    facts: Mapping[str, Any],
    *,
    as_json: bool,  # Any: JSON
) -> None:
    """Print how many rows each table got, and the other facts."""
    if as_json:
        print_json({**facts, "rows": dict(rows), "total": sum(rows.values()), "seconds": round(seconds, 3)})
        return
    print_table(
        ("table", "rows"), [(f"app.{name}", f"{count:,}") for name, count in rows.items()], right=("rows",)
    )
    say(f"{sum(rows.values()):,} rows in {span(1000 * seconds)}")


@contextlib.contextmanager
def _counter() -> Iterator[Progress | None]:
    """Show the rows as they are written, where stderr is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    done: Counter[str] = Counter()
    with Console(stderr=True, highlight=False).status("writing") as status:

        def progress(table: str, rows: int) -> None:
            done[table] += rows
            status.update(f"app.{table}: {done[table]:,} rows, {sum(done.values()):,} in all")

        yield progress
