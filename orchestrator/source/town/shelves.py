"""Shelves of posts in order of time, from which people take one by its appeal and its age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import Float32, Float64, Int64

from .timeline import WINDOW_DAYS

TIME_BITS = 33
"""Milliseconds of 90 days fit."""
NOTHING = -1


@dataclass(frozen=True, eq=False)
class Shelves:
    """Posts on shelves, those of shelf i at `offsets[i]:offsets[i + 1]` in order of time."""

    post: Int64
    key: Int64
    """(m,) shelf and milliseconds since the start of the 90 days, as one ascending number."""
    offsets: Int64
    bound: Float64
    """(m + 1,) the sum of appeal before each."""

    def take(self, random: np.random.Generator, shelf: Int64, at_ms: Int64, days: Float64 | float) -> Int64:
        """Take a post from each shelf that stood there `at_ms`, NOTHING where the draw goes too far back.

        A post is taken with a chance that grows with its appeal and fades with age: by e in `days` days.
        """
        stop = np.searchsorted(self.key, shelf << TIME_BITS | at_ms, side="right")
        start = self.offsets[shelf]
        a_day = (self.bound[self.offsets[shelf + 1]] - self.bound[start]) / WINDOW_DAYS
        goal = self.bound[stop] - random.standard_exponential(len(shelf)) * a_day * days
        place = np.searchsorted(self.bound, goal, side="right") - 1
        there = (goal >= self.bound[start]) & (stop > start)
        place = np.clip(place, start, np.maximum(stop - 1, start))
        return np.where(there, self.post[np.minimum(place, len(self.post) - 1)], NOTHING)


def fill_shelves(shelf: Int64, post: Int64, created_ms: Int64, appeal: Float32, shelves: int) -> Shelves:
    """Put posts, in order of time, on their shelves; a post may stand on several."""
    order = np.argsort(shelf, kind="stable")
    shelf, post = shelf[order], post[order]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(shelf, minlength=shelves))]).astype(np.int64)
    bound = np.concatenate([[0.0], np.cumsum(appeal[post], dtype=np.float64)])
    return Shelves(post, shelf << TIME_BITS | created_ms[post], offsets, bound)
