"""The log of a company's reading room: who opened, liked, kept and commented on which article."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feedscore.population import Bool, Int64, UInt8
from feedscore.posts import UNKNOWN_DWELL_MS, EventKind, Instants, PostEvents, Posts

from .csv_rows import read_rows

PATTERN = "deskdrop/*.csv.gz"
OPENED_MS = 2_000
"""The log does not tell how long an article was open: each counts as read, with the least time that counts."""
KINDS = {
    "VIEW": EventKind.VIEW,
    "LIKE": EventKind.LIKE,
    "COMMENT CREATED": EventKind.COMMENT,
    "BOOKMARK": EventKind.SHARE,
    "FOLLOW": EventKind.SHARE,
}
"""Keeping and following an article are the strongest that people do with it there, as sharing is with us."""
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Log:
    """Events in order of time, without exact duplicates; articles by their places in `articles`."""

    at: Instants
    user: Int64
    """Ids: any 64-bit number."""
    article: Int64
    """Places."""
    kind: UInt8
    """`EventKind`."""
    articles: Int64
    """Ids, ascending: any 64-bit number."""
    first_at: Instants
    """When each article was first touched, which stands for its publication."""
    duplicates: int

    def __len__(self) -> int:
        return len(self.at)

    def between(self, start: np.datetime64, stop: np.datetime64) -> Bool:
        """Tell which events happened from `start` to before `stop`."""
        return np.asarray((self.at >= start) & (self.at < stop))

    def events(self, rows: Bool, *, opened: EventKind) -> PostEvents:
        """Give some events as the kernels take them, with views as the kind that is given."""
        kind = np.where(self.kind[rows] == EventKind.VIEW, opened, self.kind[rows]).astype(np.uint8)
        return PostEvents(
            user_ids=self.user[rows],
            post_ids=self.articles[self.article[rows]],
            kinds=kind,
            occurred_at=self.at[rows],
            dwell_ms=np.where(kind == EventKind.VIEW, OPENED_MS, UNKNOWN_DWELL_MS).astype(np.int32),
        )

    def posts(self) -> Posts:
        """Give the articles as the kernels take them: each stands for its own creator, and is about nothing."""
        n = len(self.articles)
        return Posts(
            ids=self.articles,
            author_ids=self.articles,
            created_at=self.first_at,
            content_types=np.zeros(n, np.uint8),
            topic_offsets=np.zeros(n + 1, np.int64),
            topics=np.empty(0, np.uint32),
        )

    def readers(self, rows: Bool) -> Int64:
        """Count the distinct users who did anything with each article, among some events."""
        _, user = np.unique(self.user[rows], return_inverse=True)
        pairs = np.unique(np.stack([self.article[rows], user]), axis=1)
        return np.bincount(pairs[0], minlength=len(self.articles))


def read_log(file: Path) -> Log:
    """Read a CSV file (plain or gzip) of any order; rows of an unknown type are an error that names it."""
    rows = [
        (int(row["timestamp"]), int(row["personId"]), int(row["contentId"]), int(KINDS[row["eventType"]]))
        for row in read_rows(file)
    ]
    distinct = np.array(sorted(set(rows)), np.int64).reshape(-1, 4)
    articles, article = np.unique(distinct[:, 2], return_inverse=True)
    at = (distinct[:, 0] * 1_000_000).astype("datetime64[us]")
    first = np.full(len(articles), np.iinfo(np.int64).max)
    np.minimum.at(first, article, at.astype(np.int64))
    return Log(
        at=at,
        user=np.ascontiguousarray(distinct[:, 1]),
        article=article.astype(np.int64),
        kind=distinct[:, 3].astype(np.uint8),
        articles=articles,
        first_at=first.astype("datetime64[us]"),
        duplicates=len(rows) - len(distinct),
    )
