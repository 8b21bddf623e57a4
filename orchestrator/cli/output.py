"""Where commands print: data on stdout, everything else on stderr; plain text unless it is a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH_OF_A_PIPE = 10_000  # a pipe has no edge: nothing is cut or wrapped for it


def console_on(stream: TextIO) -> Console:
    """Make a console for this stream as it is now; NO_COLOR is honoured."""
    if stream.isatty():
        return Console(file=stream, highlight=False)
    return Console(file=stream, highlight=False, width=WIDTH_OF_A_PIPE, no_color=True, force_terminal=False)


def say(text: str = "", style: str = "") -> None:
    """Print a line of text on stdout."""
    console_on(sys.stdout).print(Text(text, style=style))


def remark(text: str, style: str = "") -> None:
    """Print a line on stderr: what is for people and not part of the data."""
    console_on(sys.stderr).print(Text(text, style=style))


def print_json(value: Any) -> None:  # Any: whatever JSON can hold
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    *,
    right: Collection[str] = (),
    title: str = "",
) -> None:
    """Print a table on stdout, without lines; `right` names the columns that are numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold", title=title or None, title_justify="left")
    for name in columns:
        numeric = name in right
        table.add_column(name, justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    console = console_on(sys.stdout)
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def moment(time: datetime | None) -> str:
    """Write a time as people read it, in UTC."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if time else ""


def span(milliseconds: float | None) -> str:
    """Write a duration as people read it: 420 ms, 3.1 s, 0:12:04."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 100_000:
        return f"{milliseconds / 1000:.1f} s"
    return str(timedelta(seconds=round(milliseconds / 1000)))


def age(since: timedelta) -> str:
    """Write how old a post is as people read it: 12 min, 7 h, 3 d."""
    minutes = max(0, int(since / timedelta(minutes=1)))
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 72 * 60 else f"{minutes // (24 * 60)} d"


def size(count: float) -> str:
    """Write a number of bytes as people read it: 512 B, 1.4 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
