"""From counts to events: what was added between two sights of a post becomes likes and comments of strangers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from feedscore.population import Float64, Int64
from feedscore.posts import UNKNOWN_DWELL_MS, EventKind, PostEvents, Posts

from .reddit_snapshots import Snapshot

AUTHOR = -1
"""Nobody among the strangers, who are numbered from 0."""


@dataclass(eq=False)
class _Story:
    """What became of one post so far; times are seconds since 1970."""

    last_at: float
    counted: dict[EventKind, int] = field(default_factory=lambda: {EventKind.LIKE: 0, EventKind.COMMENT: 0})
    at: dict[EventKind, list[Float64]] = field(
        default_factory=lambda: {EventKind.LIKE: [], EventKind.COMMENT: []}
    )


class History:
    """The events of all posts up to the latest snapshot told.

    Every point of score is a like, and every comment a comment, each of another person. What is new since the last
    sight of a post, or since it was created, is spread evenly over that time, however many hours are
    missing. A score that fell adds nothing until it is above its highest again.
    """

    def __init__(self) -> None:
        self._stories: dict[int, _Story] = {}

    def add(self, snapshot: Snapshot) -> None:
        """Take in the next snapshot."""
        now = snapshot.hour * 3_600.0
        for post, score, comments, created_at in zip(
            snapshot.post.tolist(),
            snapshot.score.tolist(),
            snapshot.comments.tolist(),
            snapshot.created_at.tolist(),
            strict=True,
        ):
            story = self._stories.setdefault(post, _Story(min(created_at, now - 60.0)))
            for kind, count in ((EventKind.LIKE, score), (EventKind.COMMENT, comments)):
                new = max(count - story.counted[kind], 0)
                spread = story.last_at + (np.arange(new) + 0.5) / max(new, 1) * (now - story.last_at)
                story.at[kind].append(spread)
                story.counted[kind] += new
            story.last_at = now

    def events(self, posts: Int64) -> PostEvents:
        """Give all events of some posts."""
        parts = [
            (post, kind, np.concatenate([np.empty(0), *self._stories[post].at[kind]]))
            for post in posts.tolist()
            for kind in (EventKind.LIKE, EventKind.COMMENT)
        ]
        sizes = [len(at) for _, _, at in parts]
        seconds = np.concatenate([np.empty(0), *(at for _, _, at in parts)])
        return PostEvents(
            user_ids=np.concatenate([np.empty(0, np.int64), *(np.arange(size) for size in sizes)]),
            post_ids=np.repeat(np.array([post for post, _, _ in parts], np.int64), sizes),
            kinds=np.repeat(np.array([kind for _, kind, _ in parts], np.uint8), sizes),
            occurred_at=np.rint(seconds * 1e6).astype("datetime64[us]"),
            dwell_ms=np.full(len(seconds), UNKNOWN_DWELL_MS, np.int32),
        )


def posts_of(snapshot: Snapshot) -> Posts:
    """Give the posts of a snapshot as the kernels take them, all by one author and about nothing."""
    n = len(snapshot)
    return Posts(
        ids=snapshot.post,
        author_ids=np.full(n, AUTHOR, np.int64),
        created_at=np.rint(snapshot.created_at * 1e6).astype("datetime64[us]"),
        content_types=np.zeros(n, np.uint8),
        topic_offsets=np.zeros(n + 1, np.int64),
        topics=np.empty(0, np.uint32),
    )
