"""From chosen interests to one ascending set a person; pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import MAX_INTERESTS_PER_PERSON, Float64, Int64

from ..ids import distinct


@dataclass(frozen=True, eq=False)
class InterestSets:
    """The interests of n people as CSR: those of person i stand at `offsets[i]:offsets[i + 1]`."""

    offsets: Int64
    """(n + 1,)"""
    interest: Int64
    """Rows of the known interests, ascending and unique within a person."""

    @property
    def sizes(self) -> Int64:
        """(n,) how many interests each person has."""
        return np.diff(self.offsets)


def interest_sets(person: Int64, interest: Int64, *, people: int, interests: int) -> InterestSets:
    """Collect (person, interest) pairs, given as rows in any order and with repetitions, into sets."""
    keys = distinct(person * interests + interest)
    sizes = np.bincount(keys // max(interests, 1), minlength=people)
    return InterestSets(np.concatenate([[0], np.cumsum(sizes)]), keys % max(interests, 1))


def keep_newest(
    sets: InterestSets,
    person: Int64,
    interest: Int64,
    chosen_at: Float64,
    keep: int = MAX_INTERESTS_PER_PERSON,
) -> InterestSets:
    """Cut the sets of more than `keep` interests to those chosen last; ties keep the smaller interest.

    `person`, `interest` and `chosen_at` (seconds) hold, in any order, every choice of the people whose sets
    are too large.
    """
    newest_first = np.lexsort((interest, -chosen_at, person))
    person, interest = person[newest_first], interest[newest_first]
    dropped: list[Int64] = []
    for row in np.flatnonzero(sets.sizes > keep):
        mine = interest[np.searchsorted(person, row) : np.searchsorted(person, row, "right")]
        _, first_seen = np.unique(mine, return_index=True)
        start, stop = sets.offsets[row], sets.offsets[row + 1]
        kept = mine[np.sort(first_seen)[:keep]]
        dropped.append(start + np.flatnonzero(~np.isin(sets.interest[start:stop], kept)))
    gone = np.concatenate([np.empty(0, np.int64), *dropped])
    sizes = np.minimum(sets.sizes, keep)
    return InterestSets(np.concatenate([[0], np.cumsum(sizes)]), np.delete(sets.interest, gone))
