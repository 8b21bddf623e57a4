"""Read a CSV file, plain or gzipped, row by row, with the line on which each row stands."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ...errors import ImportFileError
from .findings import Findings


@dataclass(frozen=True)
class Row:
    """One row of a file, by the names in its header."""

    file: Path
    line: int
    """The line the row ends on, from 1."""
    fields: dict[str, str]

    def __getitem__(self, field: str) -> str:
        return self.fields[field].strip()


def read_rows(file: Path, needed: Iterable[str], findings: Findings) -> Iterator[Row]:
    """Read the rows of a file whose header must have the `needed` names.

    A row with too many or too few fields is skipped. ImportFileError: no such file, not readable, not CSV in
    UTF-8, cut short, or without a needed name.
    """
    if not file.is_file():
        raise ImportFileError(f"{file}: no such file")
    reader = None
    try:
        with _open(file) as text:
            reader = csv.reader(text)
            header = next(reader, [])
            missing = [name for name in needed if name not in header]
            if missing:
                raise ImportFileError(f"{file}: the header lacks {', '.join(missing)}")
            for fields in reader:
                if len(fields) == len(header):
                    yield Row(file, reader.line_num, dict(zip(header, fields, strict=True)))
                elif fields:
                    reason = f"expected {len(header)} fields"
                    findings.skip_row(file, reader.line_num, "number of fields", str(len(fields)), reason)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        line = reader.line_num if reader else 0
        raise ImportFileError(f"{file}: cannot be read after line {line}: {error}") from None


def _open(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")


def find_file(folder: Path, name: str) -> Path:
    """Find `name` in a folder, gzipped or plain; ImportFileError names both places when there is neither."""
    candidates = (folder / f"{name}.gz", folder / name)
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise ImportFileError(f"no such file: {candidates[0]} (nor {candidates[1].name})")
