"""Do popularity and affinity tell what people will read? On the log of a company's reading room.

    python -m benches.quality.deskdrop PATH [--write docs/quality.md]

PATH is the file, or the folder of the data sets; where it is absent, the evaluation is skipped.
"""

from __future__ import annotations

import sys

import numpy as np

from feedscore.population import Float64

from .auc import Estimate, resampled_mean, resamples
from .command import Evaluation
from .deskdrop_days import LAST_TWO, OPEN, TOP, WITHIN, next_days
from .deskdrop_log import PATTERN, Log, read_log
from .deskdrop_weeks import (
    BOTH,
    COLUMNS,
    LATEST,
    LIKE_ALL,
    LIKE_PROFILE,
    OFTEN,
    OWN,
    POPULAR,
    PROFILE,
    next_weeks,
)

RESAMPLES = 2_000
SEED = 1
COMMAND = "python -m benches.quality.deskdrop PATH --write docs/quality.md"


def days_section(log: Log, resample_count: int) -> list[str]:
    """Write the table about tomorrow's articles; resampled by calendar weeks, as days in a row are alike."""
    days, overlaps = next_days(log)
    week = days.astype("datetime64[W]").astype(np.int64)
    times = resamples(len(np.unique(week)), resample_count, SEED)
    lines = [
        f"### Tomorrow's {TOP} most read articles",
        "",
        f"{len(days)} days; share of the {TOP} articles that most people touch on the next day that are among the {TOP}"
        f" ranked first at midnight. In brackets the middle 95% of {resample_count:,} bootstrap resamples of whole"
        f" weeks ({len(times[0])}).",
        "",
        "| ranked by | share found |",
        "|---|---|",
    ]
    lines += [
        f"| {name} | {Estimate.of(resampled_mean(found, week, times))} |" for name, found in overlaps.items()
    ]
    lines.append("")
    lines += [
        f"{one} minus {LAST_TWO}: "
        f"{Estimate.of(resampled_mean(overlaps[one] - overlaps[LAST_TWO], week, times))}.  "
        for one in (OPEN, WITHIN)
    ]
    return lines


def weeks_section(log: Log, resample_count: int) -> list[str]:
    """Write the table about next week's articles of each reader; resampled by readers."""
    found = next_weeks(log)
    times = resamples(len(np.unique(found.user)), resample_count, SEED)

    def estimates(figures: Float64) -> list[str]:
        return [str(Estimate.of(resampled_mean(column, found.user, times))) for column in figures.T]

    lines = [
        "### Next week's articles of each reader",
        "",
        f"{len(found.user):,} weeks of {len(times[0]):,} readers with a profile. Recall: the share of the articles that"
        " the reader touches in the week that are among the 10 or 50 ranked first at its beginning; of all, of those"
        " that the reader touched in the 90 days before, and of the others, which are new to the reader."
        f" {found.existed['all']:.1%} of all and {found.existed['new']:.1%} of the new ones existed by then: nothing can"
        " find more. AUC: how often, of the new ones that existed and that anybody touches in the week, one that the"
        " reader touches is ranked above one that the reader does not. In brackets the middle 95% of"
        f" {resample_count:,} bootstrap resamples of readers.",
        "",
        f"| ranked by | {' | '.join(COLUMNS)} |",
        f"|---{'|---' * len(COLUMNS)}|",
    ]
    for name, figures in found.figures.items():
        cells = estimates(figures)
        if name in OWN:
            cells[3:] = ["-"] * 3
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines.append("")
    for one, other in ((PROFILE, LATEST), (PROFILE, OFTEN), (LIKE_PROFILE, LIKE_ALL), (BOTH, POPULAR)):
        cells = estimates(found.figures[one] - found.figures[other])
        told = zip(COLUMNS, cells, strict=True) if one not in OWN else [(COLUMNS[2], cells[2])]
        lines.append(f"{one} minus {other}: {'; '.join(f'{column} {cell}' for column, cell in told)}.  ")
    return lines


def section(log: Log, resample_count: int) -> str:
    """Write all parts."""
    return "\n".join([
        f"{len(log):,} events of {len(np.unique(log.user)):,} people with {len(log.articles):,} articles, from"
        f" {log.at[0].astype('datetime64[D]')} to {log.at[-1].astype('datetime64[D]')} ({log.duplicates} rows told twice"
        " left out).",
        "", *days_section(log, resample_count),
        "", *weeks_section(log, resample_count),
        "", f"To repeat: `{COMMAND}`",
    ])  # fmt: skip


EVALUATION = Evaluation(
    heading="deskdrop",
    about="Evaluate popularity and affinity on the log of a reading room.",
    data="log of the reading room",
    pattern=PATTERN,
    resamples=RESAMPLES,
    section=lambda file, count: section(read_log(file), count),
)
main = EVALUATION.main

if __name__ == "__main__":
    sys.exit(main())
