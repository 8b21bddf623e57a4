"""What can be wrong with an application's tables, as a record that people and machines can read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a fault breaks the contract, or is only worth knowing."""

    ERROR = "error"
    WARNING = "warning"


class FaultKind(StrEnum):
    """What is wrong."""

    MISSING_SCHEMA = "missing-schema"
    MISSING_TABLE = "missing-table"
    MISSING_COLUMN = "missing-column"
    WRONG_TYPE = "wrong-type"
    UNREADABLE = "unreadable"
    MISSING_INDEX = "missing-index"
    MISSING_VALUE = "missing-value"
    DUPLICATE = "duplicate"
    ORPHAN = "orphan"
    IMPOSSIBLE_VALUE = "impossible-value"
    TOO_MANY = "too-many"
    EMPTY = "empty"


@dataclass(frozen=True)
class Fault:
    """One thing that breaks the contract, and what it does to the jobs."""

    table: str
    column: str
    """Empty where the whole table is meant; several columns are joined by ", "."""
    kind: FaultKind
    severity: Severity
    message: str
    effect: str
    """What the jobs do with it, or how it is mended."""
    count: int = 1
    """Rows concerned; 1 where the fault is not about rows."""
    examples: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Name the table and column, such as app.users.latitude."""
        parts = ["app", self.table, self.column if ", " not in self.column else f"({self.column})"]
        return ".".join(part for part in parts if part)
