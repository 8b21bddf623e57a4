"""The terms in which the contract with the application is written: tables, columns, rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .faults import FaultKind, Severity


class ColumnType(StrEnum):
    """A type of the contract, spelled as a cast; what jobs fetch in binary must be exactly of it."""

    BIGINT = "bigint"
    INTEGER = "integer"
    SMALLINT = "smallint"
    REAL = "real"
    DOUBLE = "double precision"
    BOOLEAN = "boolean"
    TEXT = "text"
    TEXTS = "text[]"
    DATE = "date"
    TIME = "timestamptz"

    @property
    def accepted(self) -> frozenset[str]:
        """The types, as format_type names them, that read the same; domains over them do too."""
        alike = {
            ColumnType.TEXT: {"text", "character varying"},
            ColumnType.TEXTS: {"text[]", "character varying[]"},
            ColumnType.TIME: {"timestamp with time zone"},
        }
        return frozenset(alike.get(self, {self.value}))


@dataclass(frozen=True)
class Column:
    """One column that feedscore reads."""

    name: str
    type: ColumnType
    meaning: str
    required: bool = False
    """Whether NULL is refused."""
    default: str | None = None
    """What a view may select for a required column that the application lacks; None = it must know."""


@dataclass(frozen=True)
class Index:
    """A read that takes one person or thing at a time, and so wants an index that begins with `column`."""

    column: str
    read_by: str
    purpose: str


@dataclass(frozen=True)
class Reference:
    """A column whose values are ids of another table's rows; others are orphans."""

    column: str
    table: str
    effect: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True)
class Rule:
    """What one row can show to be wrong: `predicate` is true of a faulty row `t`; it may use %(today)s."""

    columns: tuple[str, ...]
    """Read by the predicate and shown in examples; the first is blamed."""
    predicate: str
    message: str
    effect: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True)
class Search:
    """What takes more than one row to see: a query of one row (place bigint, example text) per fault."""

    column: str
    reads: tuple[str, ...]
    """Every table.column in the query."""
    query: str
    message: str
    effect: str
    kind: FaultKind = FaultKind.IMPOSSIBLE_VALUE


@dataclass(frozen=True)
class Table:
    """One table or view of schema app; without `read_by` no job reads it yet, and only its columns count."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    read_by: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    references: tuple[Reference, ...] = ()
    rules: tuple[Rule, ...] = ()
    searches: tuple[Search, ...] = ()
