"""The words that people are described with, and their codes: what everybody settles for those who are read later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from feedscore.population import Bool, Int64

from ...errors import FeedscoreError

Rows = Callable[[Int64], tuple[Int64, Bool]]
"""Ids -> the rows of those that are somebody's, and which those are."""


class VocabularyError(FeedscoreError):
    """A word has come up that would give other people other codes: everybody has to be read anew."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words of everybody."""

    sought: frozenset[str] = frozenset()
    """Genders that somebody asks for."""
    held: frozenset[str] = frozenset()
    """Genders that somebody has."""
    goals: tuple[str, ...] = ()
    """The goal of each bit."""
    lone_goals: Mapping[str, int] = field(default_factory=dict)
    """Goals without a bit, since only one person has them -> that person; empty where all goals have bits."""

    @property
    def genders(self) -> tuple[str, ...]:
        """Genders that have a code, in its order from 1: those that somebody has and somebody asks for."""
        return tuple(sorted(self.sought & self.held))


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of everybody when some are read."""

    vocabulary: Vocabulary
    interest_ids: Int64
    """The interest of each code, ascending."""
    slugs: tuple[str, ...]
    interest_people: Int64
    goal_people: Int64
    rows: Rows
