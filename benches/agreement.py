"""Every peer's answer is checked before it is timed: no figure stands for a wrong result."""

from __future__ import annotations

import numpy as np

from feedscore import MatchLists, Population

from .peers.columns import Answer, Columns, K

SCORE_TOLERANCE = 1e-5
"""Peers compute in float32 and in another order of additions than we do."""


def as_answer(lists: MatchLists, population: Population, columns: Columns, k: int = K) -> Answer:
    """Lay our lists out as the peers do, a row for each of the people in `columns`."""
    row_of = np.searchsorted(columns.ids, population.ids[lists.viewers])
    sizes = np.diff(lists.offsets)
    slot = np.arange(len(lists.candidates)) - np.repeat(lists.offsets[:-1], sizes)
    row = np.repeat(row_of, sizes)
    best, scores = np.full((len(columns), k), -1, np.int64), np.zeros((len(columns), k), np.float32)
    best[row, slot] = np.searchsorted(columns.ids, lists.candidate_ids)
    scores[row, slot] = lists.scores
    return Answer(best, scores, 0)


def check(ours: Answer, theirs: Answer, name: str) -> None:
    """Raise AssertionError unless scores are close, and ids equal wherever neighbours are well apart."""
    ours_filled, theirs_filled = ours.best >= 0, theirs.best >= 0
    assert (ours_filled == theirs_filled).all(), (
        f"{name}: {np.count_nonzero((ours_filled != theirs_filled).any(axis=1))} lists differ in length"
    )
    off = np.abs(ours.scores - theirs.scores)
    assert off.max(initial=0) <= SCORE_TOLERANCE, f"{name}: scores differ by up to {off.max()}"
    gap = -np.diff(ours.scores.astype(np.float64), axis=1)
    apart = np.ones(ours.best.shape, bool)
    apart[:, 1:] &= gap > 2 * SCORE_TOLERANCE
    apart[:, :-1] &= gap > 2 * SCORE_TOLERANCE
    apart[:, -1] = False  # who comes after the last is not in the list
    wrong = apart & (ours.best != theirs.best)
    assert not wrong.any(), f"{name}: {np.count_nonzero(wrong)} well separated ids differ"
