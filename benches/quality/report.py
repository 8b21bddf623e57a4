"""The section of docs/quality.md about the speed dating experiment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feedscore.population import Float64

from .auc import Estimate, auc_by_group, resampled_auc, resampled_mean, resamples
from .outcomes import RATINGS, SCORE, SIMILARITY, Outcome

SEED = 1
LATE = 6
"""From this date of the evening on, five earlier dates can have been rated."""
COMMAND = "python -m benches.quality.speed_dating PATH --write docs/quality.md"


def section(found: Sequence[Outcome], resample_count: int, notes: Sequence[str]) -> str:
    """Write the tables and how they came about."""
    sides = found[0]
    lines = [
        f"{len(sides.label):,} sides of dates, {len(np.unique(sides.viewer))} people,"
        f" {len(np.unique(sides.wave))} evenings. AUC: how often a date with the outcome was scored above one"
        " without, ties counting half; 0.5 is chance. In brackets the middle 95% of"
        f" {resample_count:,} bootstrap resamples of whole evenings.",
    ]
    for outcome in found:
        lines += ["", f"### {outcome.name} ({outcome.label.mean():.1%} of {len(outcome.label):,})", ""]
        lines += _table(outcome, resample_count)
        lines += ["", *_differences(outcome, resample_count)]
    lines += ["", *(f"Note: {note}." for note in notes), f"To repeat: `{COMMAND}`"]
    return "\n".join(lines)


def _table(outcome: Outcome, resample_count: int) -> list[str]:
    late = outcome.only(outcome.order >= LATE)
    times = _times(outcome, resample_count)
    lines = [
        f"| judged | all dates | within one viewer | from the {LATE}th date on |",
        "|---|---|---|---|",
    ]
    for name in outcome.scores:
        every = Estimate.of(_pooled(outcome, name, times))
        later = _later(late, name, resample_count)
        lines.append(f"| {name} | {every} | {_within(outcome, name, times)} | {later} |")
    return lines


def _later(late: Outcome, name: str, resample_count: int) -> str:
    if not len(late.label):
        return "no such dates"
    return str(Estimate.of(_pooled(late, name, _times(late, resample_count))))


def _differences(outcome: Outcome, resample_count: int) -> list[str]:
    times = _times(outcome, resample_count)
    score = _pooled(outcome, SCORE, times)
    return [
        f"{SCORE} minus {other}, all dates: {Estimate.of(score - _pooled(outcome, other, times))}.  "
        for other in (SIMILARITY, RATINGS)
    ]


def _times(outcome: Outcome, resample_count: int) -> Float64:
    return resamples(len(np.unique(outcome.wave)), resample_count, SEED)


def _pooled(outcome: Outcome, name: str, times: Float64) -> Float64:
    return resampled_auc(outcome.label, outcome.scores[name], outcome.wave, times)


def _within(outcome: Outcome, name: str, times: Float64) -> Estimate:
    """Average the AUC of each viewer's own dates, viewers with both outcomes counting the same."""
    viewers, areas = auc_by_group(outcome.label, outcome.scores[name], outcome.viewer)
    wave_of = dict(zip(outcome.viewer.tolist(), outcome.wave.tolist(), strict=True))
    waves = np.array([wave_of[viewer] for viewer in viewers.tolist()], np.int64)
    return Estimate.of(resampled_mean(areas, waves, times))
