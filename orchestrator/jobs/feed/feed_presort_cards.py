"""Match cards: who of a viewer's matches, conversations and suggestions takes a slot in the feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from feedscore.population import Bool, Float32, Float64, Int32, Int64

from ..ids import rows_of
from .feed_presort_lists import are_listed, offsets_of, places_within
from .feed_presort_people import People
from .feed_presort_viewers import Viewers


class ItemKind(IntEnum):
    """What stands at a slot of a feed; cards in the order in which they are preferred."""

    POST = 0
    NEW_MATCH = 1
    REVIVED_CONVERSATION = 2
    SUGGESTION = 3


@dataclass(frozen=True, eq=False)
class Candidates:
    """People who might stand on cards of one kind, in any order."""

    kind: ItemKind
    rows: Int64
    """Row of the viewer."""
    others: Int64
    """Id of the other person."""
    order: Float64
    """Smaller comes first; ties: the smaller id."""
    scores: Float32
    """Match score of a suggestion, else 0."""


@dataclass(frozen=True, eq=False)
class Cards:
    """The cards of some viewers, in the order of their slots, as CSR."""

    offsets: Int64
    kinds: Int32
    user_ids: Int64
    scores: Float32


def choose_cards(people: People, viewers: Viewers, candidates: Sequence[Candidates], max_cards: int) -> Cards:
    """Choose at most `max_cards` for each viewer: by kind, then by order, each person once.

    Nobody stands on a card who is the viewer, is not active, or is kept apart from the viewer; a suggestion
    also wants both visible.
    """
    rows = np.concatenate([one.rows for one in candidates])
    others = np.concatenate([one.others for one in candidates])
    order = np.concatenate([one.order for one in candidates])
    scores = np.concatenate([one.scores for one in candidates])
    kinds = np.repeat([one.kind for one in candidates], [len(one.rows) for one in candidates])
    users = viewers.users
    fits = people.are_active(others) & (others != viewers.ids[rows])
    fits &= ~are_listed(users.excluded_author_offsets, users.excluded_authors, rows, others)
    both_visible = people.are_public(others) & people.are_public(viewers.ids)[rows]
    fits &= (kinds != ItemKind.SUGGESTION) | both_visible
    chosen = np.flatnonzero(fits)
    chosen = chosen[np.lexsort((others[chosen], order[chosen], kinds[chosen], rows[chosen]))]
    places, _ = rows_of(people.active_ids, others[chosen])
    chosen = chosen[_first_of_each(rows[chosen] * len(people.active_ids) + places)]
    chosen = chosen[places_within(rows[chosen]) < max_cards]
    return Cards(
        offsets_of(np.bincount(rows[chosen], minlength=len(viewers.ids))),
        kinds[chosen].astype(np.int32),
        others[chosen],
        scores[chosen],
    )


def _first_of_each(keys: Int64) -> Bool:
    """Tell which of the keys have not come before."""
    first = np.zeros(len(keys), bool)
    first[np.unique(keys, return_index=True)[1]] = True
    return first
