"""The tables of a run, printed at its end and written to results/ as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass
class Table:
    """Rows under headings; a cell is a number, a text or None."""

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[Any, ...]] = field(default_factory=list)  # Any: what a cell may be
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Lay the table out in columns."""
        cells = [self.headings, *[tuple(_spell(cell) for cell in row) for row in self.rows]]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.headings))]
        lines = [
            "  ".join(
                cell.ljust(w) if i == 0 else cell.rjust(w)
                for i, (cell, w) in enumerate(zip(row, widths, strict=True))
            )
            for row in cells
        ]
        return "\n".join(["", self.title, "-" * len(lines[0]), *lines, *[f"  {note}" for note in self.notes]])


@dataclass
class Goal:
    """One figure that was asked for."""

    name: str
    measured: float
    limit: float
    at_least: bool
    """Whether larger is better."""

    @property
    def is_met(self) -> bool:
        """Whether the figure is on the right side of its limit."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


class Report:
    """What one run measured."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.goals: list[Goal] = []
        self.started = datetime.now(UTC)
        self.warnings: list[str] = []

    def table(self, title: str, *headings: str) -> Table:
        """Find the table of this title, or begin it."""
        return self.tables.setdefault(title, Table(title, headings))

    def goal(
        self, name: str, measured: float, *, at_least: float | None = None, at_most: float | None = None
    ) -> None:
        """Set a figure beside what was asked for."""
        limit = at_least if at_least is not None else at_most
        assert limit is not None
        self.goals.append(Goal(name, measured, limit, at_least is not None))

    def text(self) -> str:
        """Spell all tables and goals."""
        parts = [table.text() for table in self.tables.values()]
        if self.goals:
            goals = Table("Goals", ("goal", "asked", "measured", "met"))
            for goal in self.goals:
                sign = ">=" if goal.at_least else "<="
                goals.rows.append(
                    (goal.name, f"{sign} {_spell(goal.limit)}", goal.measured, "yes" if goal.is_met else "NO")
                )
            parts.append(goals.text())
        parts += [f"\nWARNING: {warning}" for warning in self.warnings]
        return "\n".join(parts)

    def save(self) -> Path:
        """Write everything as JSON, under the time of the run."""
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{self.started:%Y-%m-%dT%H%M%S}.json"
        content = {
            "started": self.started.isoformat(),
            "tables": [asdict(table) for table in self.tables.values()],
            "warnings": self.warnings,
            "goals": [asdict(goal) | {"met": goal.is_met} for goal in self.goals],
        }
        path.write_text(json.dumps(content, indent=1, default=str))
        return path


def _spell(cell: object) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:.3g}" if abs(cell) < 100 else f"{cell:.0f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
