"""Do popularity and velocity tell where posts will stand an hour later? On hourly snapshots of a front page.

    python -m benches.quality.reddit_hourly PATH [--write docs/quality.md]

PATH is the file, or the folder of the data sets; where it is absent, the evaluation is skipped.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feedscore.population import Bool, Float64, Int64

from .auc import Estimate, resampled_mean, resamples
from .command import Evaluation
from .ranking import highest, recall, spearman
from .reddit_events import History
from .reddit_signals import CLIMB, FITTED, RISE, STILL, VELOCITY, YOUTH, signals, trends
from .reddit_snapshots import PATTERN, Snapshot, read_snapshots

RESAMPLES = 10_000
SEED = 1
TOP = 10
HOURS_PER_DAY = 24
COMMAND = "python -m benches.quality.reddit_hourly PATH --write docs/quality.md"


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a ranking did, one figure for each hour; NaN where there is none."""

    both: Float64
    """Rank correlation with the position an hour later, over the posts in both snapshots."""
    known: Float64
    """The same over posts that were there an hour before too, so that their last hour was seen."""
    top: Float64
    """Share of the ten uppermost of an hour later among our ten."""


def evaluate(snapshots: Sequence[Snapshot]) -> tuple[Int64, dict[str, Outcome]]:
    """Judge all rankings at every hour with a snapshot before and after it: the hours, and how each ranking did."""
    history, at = History(), {snapshot.hour: snapshot for snapshot in snapshots}
    hours: list[int] = []
    figures: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for snapshot in snapshots:
        history.add(snapshot)
        before, after = at.get(snapshot.hour - 1), at.get(snapshot.hour + 1)
        if before is None or after is None:
            continue
        hours.append(snapshot.hour)
        found = trends(snapshot, history.events(snapshot.post))
        for name, values in signals(snapshot, found).items():
            figures[name].append(_judge(values, snapshot, before, after))
    outcomes = {name: Outcome(*np.array(rows).T) for name, rows in figures.items()}
    return np.array(hours, np.int64), outcomes


def _judge(
    values: Float64, snapshot: Snapshot, before: Snapshot, after: Snapshot
) -> tuple[float, float, float]:
    later = after.rows_of(snapshot.post)
    both = later >= 0
    known = both & (before.rows_of(snapshot.post) >= 0)
    wanted = frozenset(after.post[after.position <= TOP].tolist())
    return (
        _agreement(values, later, after, both),
        _agreement(values, later, after, known),
        recall(snapshot.post[highest(values, TOP)], wanted),
    )


def _agreement(values: Float64, later: Int64, after: Snapshot, rows: Bool) -> float:
    return spearman(values[rows], -after.position[later[rows]].astype(np.float64))


def section(snapshots: Sequence[Snapshot], resample_count: int) -> str:
    """Write the table and how it came about."""
    hours, outcomes = evaluate(snapshots)
    if not len(hours):
        return f"No hour has a snapshot before and after it.\n\nTo repeat: `{COMMAND}`"
    day = hours // HOURS_PER_DAY
    times = resamples(len(np.unique(day)), resample_count, SEED)
    gaps = np.diff([snapshot.hour for snapshot in snapshots])
    lines = [
        f"{len(snapshots)} snapshots, {int((gaps[gaps > 1] - 1).sum())} hours missing between them;"
        f" {len(hours)} hours judged. Mean hourly Spearman correlation with the position one hour later, and the"
        f" share of the ten uppermost then that are among the ten ranked first now. In brackets the middle 95% of"
        f" {resample_count:,} bootstrap resamples of whole days ({len(times[0])}).",
        "",
        "| ranked by | posts in both snapshots | of these, there an hour before too | ten uppermost |",
        "|---|---|---|---|",
    ]
    for name, outcome in outcomes.items():
        cells = (str(Estimate.of(resampled_mean(part, day, times))) for part in vars(outcome).values())
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines.append("")
    lines += [
        f"{_short(ours).capitalize()} minus {_short(other)}: {_difference(outcomes, ours, other, day, times)}.  "
        for ours, others in ((RISE, (CLIMB, VELOCITY, YOUTH, FITTED, STILL)), (CLIMB, (VELOCITY, YOUTH)))
        for other in others
    ]
    middle = np.median(hours)
    for ours in (RISE, CLIMB):
        halves = (outcomes[ours].both[rows].mean() for rows in (hours < middle, hours >= middle))
        first, second = (f"{value:.3f}" for value in halves)
        lines.append(
            f"{_short(ours).capitalize()} in the first half of the hours {first}, in the second {second}.  "
        )
    lines.append("")
    return "\n".join([*lines, f"To repeat: `{COMMAND}`"])


def _short(name: str) -> str:
    return name.partition(":")[0]


def _difference(outcomes: dict[str, Outcome], ours: str, other: str, day: Int64, times: Float64) -> str:
    pairs = zip(vars(outcomes[ours]).values(), vars(outcomes[other]).values(), strict=True)
    return "; ".join(str(Estimate.of(resampled_mean(one - two, day, times))) for one, two in pairs)


EVALUATION = Evaluation(
    heading="reddit hourly",
    about="Evaluate popularity and velocity on hourly snapshots.",
    data="hourly snapshots",
    pattern=PATTERN,
    resamples=RESAMPLES,
    section=lambda file, count: section(read_snapshots(file), count),
)
main = EVALUATION.main

if __name__ == "__main__":
    sys.exit(main())
