"""Posts of 25 communities, as content features takes them, and what is known about them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feedscore.population import Bool, Float64, Int64

from .csv_rows import read_rows

PATTERN = "reddit_top/posts_25_subs.csv*"
LABEL = re.compile(r"nsf[wl]", re.IGNORECASE)
"""The word that authors put into a title to say what `over_18` says."""


@dataclass(frozen=True, eq=False)
class RedditPosts:
    """n posts in the order of the file."""

    text: list[str]
    """Title and text."""
    community: Int64
    """(n,) place in `communities`."""
    communities: tuple[str, ...]
    score: Float64
    """(n,) votes up minus votes down."""
    comments: Float64
    has_link: Bool
    """(n,) a picture, film or page is what is posted."""
    over_18: Bool
    """(n,) not safe for work, as authors and moderators say."""

    def __len__(self) -> int:
        return len(self.text)

    @property
    def masked(self) -> list[str]:
        """The texts without the word that is the label."""
        return [LABEL.sub(" ", text) for text in self.text]


def read_posts(file: Path) -> RedditPosts:
    """Read the posts that name their community."""
    rows = [row for row in read_rows(file) if row["subreddit"]]
    names = sorted({row["subreddit"] for row in rows})
    return RedditPosts(
        text=[f"{row['title']}\n{row['selftext']}" for row in rows],
        community=np.array([names.index(row["subreddit"]) for row in rows], np.int64),
        communities=tuple(names),
        score=np.array([float(row["score"]) for row in rows]),
        comments=np.array([float(row["num_comments"]) for row in rows]),
        has_link=np.array([row["is_self"] == "False" for row in rows]),
        over_18=np.array([row["over_18"] == "True" for row in rows]),
    )
