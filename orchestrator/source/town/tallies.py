"""What an application keeps beside the stream of events: counts on posts, and lists of hides and reports."""

from __future__ import annotations

import numpy as np

from feedscore.population import Int32, Int64
from feedscore.posts import EventKind

from .activity import EventChunk
from .relations import Pairs

LISTED = (EventKind.LIKE, EventKind.UNLIKE, EventKind.HIDE, EventKind.REPORT)


class Tallies:
    """Counts while events go by; holds 16 bytes for each like, unlike, hide and report, and 8 for each post.

    Events of unknown people or posts do not count, nor do events told again.
    """

    def __init__(self, people: int, posts: int) -> None:
        self._people = people
        self._posts = posts
        self._counted = {kind: np.zeros(posts, np.int32) for kind in (EventKind.COMMENT, EventKind.SHARE)}
        # Of each kind: user and post as one number, and microseconds since 1970.
        self._listed: dict[EventKind, list[tuple[Int64, Int64]]] = {kind: [] for kind in LISTED}

    def add(self, chunk: EventChunk) -> None:
        """Count the events of a chunk."""
        events = chunk.events
        known = (events.user_ids <= self._people) & (events.post_ids <= self._posts) & ~chunk.repeated
        for kind in self._counted:
            chosen = events.post_ids[known & (events.kinds == kind)] - 1
            self._counted[kind] += np.bincount(chosen, minlength=self._posts).astype(np.int32)
        for kind, parts in self._listed.items():
            chosen = np.flatnonzero(known & (events.kinds == kind))
            pair = (events.user_ids[chosen] - 1) * self._posts + events.post_ids[chosen] - 1
            parts.append((pair, events.occurred_at[chosen].astype(np.int64)))

    @property
    def comments(self) -> Int32:
        """Comments on each post."""
        return self._counted[EventKind.COMMENT]

    @property
    def shares(self) -> Int32:
        """Shares of each post."""
        return self._counted[EventKind.SHARE]

    def likes(self) -> Int32:
        """Count the people who like each post: once each, and nobody who ever took it back."""
        liked, _ = self._all(EventKind.LIKE)
        taken_back, _ = self._all(EventKind.UNLIKE)
        still = np.setdiff1d(liked, taken_back)
        return np.bincount(still % self._posts, minlength=self._posts).astype(np.int32)

    def pairs(self, kind: EventKind) -> Pairs:
        """List who hid or reported which post, each pair once, at its first time, by user and post."""
        pair, at = self._all(kind)
        order = np.lexsort((at, pair))
        first = order[np.unique(pair[order], return_index=True)[1]]
        return Pairs(pair[first] // self._posts, pair[first] % self._posts, at[first] / 1e6)

    def _all(self, kind: EventKind) -> tuple[Int64, Int64]:
        nothing = np.empty(0, np.int64)
        parts = [(nothing, nothing), *self._listed[kind]]
        return np.concatenate([pair for pair, _ in parts]), np.concatenate([at for _, at in parts])
