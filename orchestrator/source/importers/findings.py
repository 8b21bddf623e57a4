"""What an importer could not use as it stood: each case named, counted, and never guessed about."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import structlog

MOST_NAMED = 5
"""Cases named one by one, of each sort; the rest is only counted."""

log = structlog.get_logger()


class Findings:
    """Names each fault with file, line, field and value as a warning, up to a cap a sort; counts all."""

    def __init__(self, most_named: int = MOST_NAMED) -> None:
        self.rows_skipped: Counter[str] = Counter()
        """Sort of fault -> rows that were left out because of it."""
        self.values_skipped: Counter[str] = Counter()
        """Sort of fault -> values that were left out while the rest of the row was kept."""
        self.repaired: Counter[str] = Counter()
        """Sort of repair -> values it was applied to."""
        self._most_named = most_named

    def skip_row(self, file: Path, line: int, field: str, value: str, reason: str) -> None:
        """Take note of a row that cannot be used."""
        if self._is_named(self.rows_skipped, field, reason):
            log.warning("row skipped", **_spelled(file, line, field, value, reason))

    def skip_value(self, file: Path, line: int, field: str, value: str, reason: str) -> None:
        """Take note of a value that cannot be used, in a row that can."""
        if self._is_named(self.values_skipped, field, reason):
            log.warning("value skipped", **_spelled(file, line, field, value, reason))

    def repair(self, sort: str) -> None:
        """Take note of a value that was repaired, by a rule that the importer's docstring states."""
        self.repaired[sort] += 1

    def _is_named(self, counts: Counter[str], field: str, reason: str) -> bool:
        """Count a case, and tell whether it is among those that are named one by one."""
        sort = f"{field}: {reason}"
        counts[sort] += 1
        if 0 < self._most_named == counts[sort] - 1:
            log.warning("further ones are only counted", field=field, reason=reason)
        return counts[sort] <= self._most_named


def _spelled(file: Path, line: int, field: str, value: str, reason: str) -> dict[str, str | int]:
    return {"file": str(file), "line": line, "field": field, "value": value[:100], "reason": reason}
