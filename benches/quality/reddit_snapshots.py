"""The front page of a large site, hour by hour: which posts stood where, with how many votes and comments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from feedscore.population import Float64, Int64

from .csv_rows import read_rows

PATTERN = "reddit_hourly/*.csv.gz"


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What stood on the page at the start of an hour, in order of position."""

    hour: int
    """Hours since 1970 UTC."""
    post: Int64
    position: Int64
    """From 1."""
    score: Int64
    """Votes for minus votes against."""
    comments: Int64
    created_at: Float64
    """Seconds since 1970 UTC."""

    def __len__(self) -> int:
        return len(self.post)

    @property
    def age_h(self) -> Float64:
        """Hours since each was created; at least a minute."""
        return np.maximum(self.hour - self.created_at / 3_600, 1 / 60)

    def rows_of(self, posts: Int64) -> Int64:
        """Find the rows of posts, -1 for those that are not here."""
        place = {post: row for row, post in enumerate(self.post.tolist())}
        return np.array([place.get(post, -1) for post in posts.tolist()], np.int64)


def read_snapshots(file: Path) -> list[Snapshot]:
    """Read a CSV file (plain or gzip), in order of time; of two rows of a post in an hour, the upper one counts."""
    hours: dict[int, dict[int, tuple[int, int, int, float]]] = {}
    for row in read_rows(file):
        moment = datetime.strptime(row["date"], "%Y-%m-%dT%H").replace(tzinfo=UTC)
        post = int(row["id"], 36)
        found = (int(row["position"]), int(row["score"]), int(row["num_comments"]), float(row["created"]))
        page = hours.setdefault(int(moment.timestamp()) // 3_600, {})
        page[post] = min(found, page.get(post, found))
    return [_snapshot(hour, hours[hour]) for hour in sorted(hours)]


def _snapshot(hour: int, page: dict[int, tuple[int, int, int, float]]) -> Snapshot:
    ordered = sorted(page.items(), key=lambda item: (item[1][0], item[0]))
    position, score, comments, created = zip(*(found for _, found in ordered), strict=True)
    return Snapshot(
        hour,
        np.array([post for post, _ in ordered], np.int64),
        np.array(position, np.int64),
        np.array(score, np.int64),
        np.array(comments, np.int64),
        np.array(created, np.float64),
    )
