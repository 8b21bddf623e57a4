"""Rows of a CSV file, plain or gzip."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path


def read_rows(file: Path) -> Iterator[dict[str, str]]:
    """Give the rows of a file in UTF-8 by the names in its first line."""
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def find_file(path: Path, pattern: str) -> Path | None:
    """Give the file itself, or the first that fits the pattern in a folder of data sets; None where there is none."""
    if path.is_file():
        return path
    return next(iter(sorted(path.glob(pattern))), None)
