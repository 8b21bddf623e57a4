"""Small made data in the formats of the public ones."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

SNAPSHOT_COLUMNS = ("date", "id", "position", "score", "num_comments", "created")
LOG_COLUMNS = ("timestamp", "eventType", "contentId", "personId", "sessionId", "userRegion", "userCountry")
MIDNIGHT = 1_704_067_200
"""2024-01-01 in seconds since 1970 UTC."""


def write_snapshots(folder: Path, rows: Sequence[tuple[int, str, int, int, int, float]]) -> Path:
    """Write rows of (hour of 2024-01-01, id, position, score, comments, hour in which it was created)."""
    file = folder / "snapshots.csv"
    told = [
        (f"2024-01-{1 + hour // 24:02}T{hour % 24:02}", post, position, score, comments, MIDNIGHT + created * 3_600)
        for hour, post, position, score, comments, created in rows
    ]  # fmt: skip
    return _write(file, SNAPSHOT_COLUMNS, told)


def write_log(folder: Path, rows: Sequence[tuple[float, str, int, int]]) -> Path:
    """Write rows of (days since 2024-01-01, type, article, person)."""
    told = [
        (MIDNIGHT + int(day * 86_400), kind, article, person, 1, "", "")
        for day, kind, article, person in rows
    ]
    return _write(folder / "log.csv", LOG_COLUMNS, told)


def _write(file: Path, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(columns)
        writer.writerows(rows)
    return file
