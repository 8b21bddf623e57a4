"""Private messages between people who matched; some fall silent for weeks and then revive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import Bool, Float64, Int64

from .people import SECONDS_PER_DAY
from .phrases import MESSAGES
from .relations import Pairs
from .streams import Part, stream

TALKING = 0.6
"""Share of matches that write at all."""
MEAN_MESSAGES = 14.0
MEDIAN_GAP_S, GAP_SPREAD = 1_500.0, 2.2
FIRST_WITHIN_DAYS = 1.5
SILENT_DAYS = 21.0
REVIVED, REVIVED_MESSAGES, REVIVED_DAYS = 0.08, 3, 2.0
"""Share of the conversations, silent for three weeks, that go on in the last two days, and with how much."""
OFF_THE_RECORD, WITHOUT_TEXT = 0.03, 0.02


@dataclass(frozen=True, eq=False)
class Letters:
    """Messages in order of time."""

    sender: Int64
    recipient: Int64
    """Rows of `People`."""
    at: Float64
    """Seconds since 1970 UTC."""
    off_the_record: Bool
    text: Int64
    """Place in MESSAGES; -1 = NULL."""


def make_letters(matches: Pairs, seed: int, now: float) -> Letters:
    """Let most matches talk: from a few words to hundreds, in turns."""
    random = stream(seed, Part.MESSAGES)
    talking = np.flatnonzero(random.random(len(matches)) < TALKING)
    count = np.ceil(random.standard_exponential(len(talking)) ** 1.5 * MEAN_MESSAGES).astype(np.int64) + 1
    opening = matches.at[talking] + random.random(len(talking)) * FIRST_WITHIN_DAYS * SECONDS_PER_DAY
    gaps = random.lognormal(np.log(MEDIAN_GAP_S), GAP_SPREAD, int(count.sum()))
    first = np.cumsum(count) - count
    total = np.cumsum(gaps)
    elapsed = total - np.repeat(total[first] if len(first) else total, count)
    match = np.repeat(talking, count)
    at = np.repeat(opening, count) + elapsed
    match, at = match[at <= now], at[at <= now]
    again = _revived(random, match, at, now)
    match = np.concatenate([match, np.repeat(again, REVIVED_MESSAGES)])
    sooner = random.random(len(again) * REVIVED_MESSAGES) * REVIVED_DAYS * SECONDS_PER_DAY
    at = np.concatenate([at, now - sooner])
    order = np.argsort(at, kind="stable")
    match, at = match[order], at[order]
    eager = np.append(random.beta(4.0, 4.0, len(matches)), 0.5)[match]
    forth = random.random(len(match)) < eager
    text = random.integers(0, len(MESSAGES), len(match))
    text[random.random(len(match)) < WITHOUT_TEXT] = -1
    return Letters(
        np.where(forth, matches.one[match], matches.other[match]),
        np.where(forth, matches.other[match], matches.one[match]),
        np.floor(at * 1e3) / 1e3,
        random.random(len(match)) < OFF_THE_RECORD,
        text,
    )


def _revived(random: np.random.Generator, match: Int64, at: Float64, now: float) -> Int64:
    """Choose some of the matches that were last heard of weeks ago."""
    order = np.lexsort((at, match))
    last = order[np.flatnonzero(np.diff(match[order], append=-1))]
    silent = match[last[at[last] < now - (SILENT_DAYS + REVIVED_DAYS) * SECONDS_PER_DAY]]
    return silent[random.random(len(silent)) < REVIVED]
