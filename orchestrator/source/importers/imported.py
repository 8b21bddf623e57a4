"""What an import found, ready to be written."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..rows import TableRows
from .findings import Findings


@dataclass(frozen=True)
class Imported:
    """The rows of the application's tables, and what was found on the way."""

    tables: list[TableRows]
    findings: Findings
    notes: list[str] = field(default_factory=list)
    """What a reader of the data should know: what was made up, repeated or left out."""
