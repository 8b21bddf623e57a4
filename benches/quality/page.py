"""Sections of a Markdown page that a program writes, between marks that people leave alone."""

from __future__ import annotations

from pathlib import Path


def replace_section(file: Path, name: str, told: str) -> None:
    """Put the section of a name between its marks in a file; at the end of one that has none."""
    start, end = f"<!-- {name}: start -->", f"<!-- {name}: end -->"
    text = file.read_text("utf-8") if file.exists() else ""
    before, found, rest = text.partition(start)
    after = rest.partition(end)[2] if found else ""
    file.write_text(f"{before}{start}\n{told}\n{end}{after or chr(10)}", "utf-8")
