"""NumPy in blocks of 64 viewers: one GEMM for both cosines, one for the interests, masks, argpartition."""

from __future__ import annotations

import numpy as np

from .columns import Answer, Columns, K

BLOCK = 64


def numpy_blocked(c: Columns, viewers: np.ndarray | None = None) -> Answer:
    """List the best of everybody, or of the given positions (to estimate the whole from a part)."""
    rows = np.arange(len(c)) if viewers is None else viewers
    best = np.full((len(rows), K), -1, np.int64)
    scores = np.zeros((len(rows), K), np.float32)
    eligible = 0
    held = np.unpackbits(c.interests.view(np.uint8), axis=1, bitorder="little").astype(np.float32)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        chord2 = _chord2(c, block)
        score = _scores(c, block, chord2, held)
        passes = _passes(c, block, chord2)
        eligible += int(passes.sum())
        score[~passes] = -1
        k = min(K, len(c) - 1)
        top = np.sort(np.argpartition(-score, k, axis=1)[:, :k], axis=1)
        found = np.take_along_axis(score, top, 1)
        order = np.argsort(-found, axis=1, kind="stable")
        top, found = np.take_along_axis(top, order, 1), np.take_along_axis(found, order, 1)
        best[start : start + len(block), :k] = np.where(found >= 0, top, -1)
        scores[start : start + len(block), :k] = np.maximum(found, 0)
    return Answer(best, scores, eligible)


def _chord2(c: Columns, block: np.ndarray) -> np.ndarray:
    here, there = c.place[block], c.place
    total = np.zeros((len(block), len(there)))
    for axis in range(3):
        total += (here[:, axis, None] - there[None, :, axis]) ** 2
    return total


def _passes(c: Columns, block: np.ndarray, chord2: np.ndarray) -> np.ndarray:
    passes = ~(chord2 > np.minimum(c.reach[block, None], c.reach[None, :]))  # NaN, an unknown place, passes
    passes &= (c.seeks[block, None] & c.gender_bit[None, :]) != 0
    passes &= (c.seeks[None, :] & c.gender_bit[block, None]) != 0
    passes &= (c.age[None, :] >= c.low[block, None]) & (c.age[None, :] <= c.high[block, None])
    passes &= (c.age[block, None] >= c.low[None, :]) & (c.age[block, None] <= c.high[None, :])
    passes[np.arange(len(block)), block] = False
    for row, viewer in enumerate(block):
        passes[row, c.excluded[c.excluded_offsets[viewer] : c.excluded_offsets[viewer + 1]]] = False
    return passes


def _scores(c: Columns, block: np.ndarray, chord2: np.ndarray, held: np.ndarray) -> np.ndarray:
    s = c.settings
    score = c.viewer_vector[block] @ c.candidate_vector.T
    score += c.base
    shared = held[block] @ held.T
    union = c.interest_count[block, None] + c.interest_count[None, :] - shared
    score += np.float32(s.interests_weight) * shared / np.maximum(union, 1)
    near = chord2.astype(np.float32)
    distance = np.sqrt(near) * (1 + near * np.float32(1 / (24 * 6371.0088**2)))
    nearness = np.exp(distance * np.float32(-1 / s.proximity_scale_km))
    score += np.float32(s.proximity_weight) * np.nan_to_num(nearness, nan=s.proximity_unknown)
    both = np.bitwise_count(c.goals[block, None] & c.goals[None, :]).astype(np.float32)
    total = c.goal_count[block, None] + c.goal_count[None, :] - both
    known = (c.goal_count[block, None] > 0) & (c.goal_count[None, :] > 0)
    score += np.float32(s.goals_weight) * np.where(known, both / np.maximum(total, 1), np.float32(0.5))
    age = c.age.astype(np.float32)
    fit = 1 - np.abs(age[None, :] - c.middle[block, None]) * c.slope[block, None]
    fit -= np.abs(age[block, None] - c.middle[None, :]) * c.slope[None, :]
    ranged = c.ranged[block, None] & c.ranged[None, :]
    score += np.float32(s.age_fit_weight) * np.where(ranged, np.maximum(fit, 0), np.float32(0.5))
    for row, viewer in enumerate(block):
        entries = slice(c.hidden_offsets[viewer], c.hidden_offsets[viewer + 1])
        score[row, c.hidden[entries]] *= c.hidden_multiplier[entries]
    return np.asarray(score, dtype=np.float32)
