"""What became of encounters: likes and passes, matches, hides, blocks and reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import Bool, Float64, Int64, UInt8

from .character import Character
from .encounters import Encounters
from .streams import Part, stream
from .words import REPORT_REASONS

DECIDED = 0.8
ANSWERED = 0.35
"""Share of likes that the other side gets to decide about too."""
LIKED_BACK = 0.55
HIDES, BLOCKS, REPORTS = 0.03, 0.006, 0.003
BLOCKS_AFTER_REPORT = 0.6


@dataclass(frozen=True, eq=False)
class Pairs:
    """Ordered pairs of rows of `People`, each once, ascending, with the time of each."""

    one: Int64
    other: Int64
    at: Float64

    def __len__(self) -> int:
        return len(self.one)


@dataclass(frozen=True, kw_only=True, eq=False)
class Relations:
    """What people did about each other."""

    decisions: Pairs
    liked: Bool
    """For each decision: like, or pass."""
    matches: Pairs
    """Both liked; `one` is the smaller row, `at` the later like."""
    hides: Pairs
    blocks: Pairs
    reports: Pairs
    report_reason: UInt8
    """For each report, place in REPORT_REASONS."""


def make_relations(encounters: Encounters, character: Character, seed: int, now: float) -> Relations:
    """Decide what became of each encounter."""
    random = stream(seed, Part.RELATIONS)
    m, n = len(encounters.viewer), len(character.appeal)
    charm = character.appeal[encounters.candidate] + 0.5 * character.kindness[encounters.viewer]
    liked = random.random(m) < 1 / (1 + np.exp(0.4 - charm))
    pairs = Pairs(encounters.viewer, encounters.candidate, encounters.at)
    decided = random.random(m) < DECIDED
    first, first_liked = _only(pairs, decided), liked[decided]
    asked = _only(first, first_liked & (random.random(len(first)) < ANSWERED))
    answers, answer_liked = _answers(random, asked, now)
    decisions, likes = _join(first, first_liked, answers, answer_liked, n)
    reported = random.random(m) < REPORTS
    blocked = (random.random(m) < BLOCKS) | (reported & (random.random(m) < BLOCKS_AFTER_REPORT))
    reports = _only(pairs, reported)
    return Relations(
        decisions=decisions,
        liked=likes,
        matches=_matches(_only(decisions, likes), n),
        hides=_only(pairs, ~liked & (random.random(m) < HIDES)),
        blocks=_only(pairs, blocked),
        reports=reports,
        report_reason=random.integers(0, len(REPORT_REASONS), len(reports)).astype(np.uint8),
    )


def _answers(random: np.random.Generator, asked: Pairs, now: float) -> tuple[Pairs, Bool]:
    """Let the liked ones decide in turn."""
    at = np.floor(asked.at + random.random(len(asked)) * (now - asked.at))
    return Pairs(asked.other, asked.one, at), random.random(len(asked)) < LIKED_BACK


def _join(first: Pairs, first_liked: Bool, then: Pairs, then_liked: Bool, n: int) -> tuple[Pairs, Bool]:
    """Collect two sets of decisions; where both hold a pair, the first one's counts."""
    one, other = np.concatenate([first.one, then.one]), np.concatenate([first.other, then.other])
    _, kept = np.unique(one * n + other, return_index=True)
    at, liked = np.concatenate([first.at, then.at]), np.concatenate([first_liked, then_liked])
    return Pairs(one[kept], other[kept], at[kept]), liked[kept]


def _matches(likes: Pairs, n: int) -> Pairs:
    """Find the pairs that liked each other."""
    forth, back = likes.one * n + likes.other, likes.other * n + likes.one
    _, here, there = np.intersect1d(forth, back, assume_unique=True, return_indices=True)
    once = likes.one[here] < likes.other[here]
    here, there = here[once], there[once]
    return Pairs(likes.one[here], likes.other[here], np.maximum(likes.at[here], likes.at[there]))


def _only(pairs: Pairs, chosen: Bool) -> Pairs:
    return Pairs(pairs.one[chosen], pairs.other[chosen], pairs.at[chosen])
