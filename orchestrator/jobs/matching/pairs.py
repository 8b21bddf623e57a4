"""From pairs of ids to one ascending list of rows a viewer; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from feedscore.population import Bool, Int64, UInt32

from ..ids import distinct, rows_of
from .vocabulary import Rows


@dataclass(frozen=True, eq=False)
class PairRows:
    """Pairs of people as rows; `known` tells which of the ids that were given are both of somebody."""

    viewer: Int64
    other: Int64
    known: Bool


def pair_rows(ids: Int64, others: Rows, viewer: Int64, other: Int64) -> PairRows:
    """Find the rows of pairs of ids, the viewers' among `ids`, which ascend, the others' by `others`.

    Pairs with somebody who is gone, or with oneself, are left out.
    """
    _, viewer_known = rows_of(ids, viewer)
    _, other_known = others(other)
    known = viewer_known & other_known & (viewer != other)
    return PairRows(rows_of(ids, viewer[known])[0], others(other[known])[0], known)


def exclusions(people: int, pairs: Iterable[tuple[Int64, Int64]]) -> tuple[Int64, UInt32]:
    """Merge (viewer row, other row) pairs from several sources into CSR: offsets and ascending rows."""
    keys = distinct(
        np.concatenate([np.empty(0, np.int64), *(viewer << 32 | other for viewer, other in pairs)])
    )
    sizes = np.bincount(keys >> 32, minlength=people)
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), keys.astype(np.uint32)
