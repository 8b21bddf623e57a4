"""From sums of users to lists of the strongest, in NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .population import Bool, Float32, Float64, Int32, Int64

if TYPE_CHECKING:
    from .affinity_sums import AffinityTally

LEAST_NET = 1e-9
"""Of a sum of weights less than this part is nothing: the rounding of what was added and taken off."""


@dataclass(frozen=True, eq=False)
class Lists:
    """The strongest keys of each user, CSR."""

    offsets: Int64
    keys: Int64
    weights: Float32


def starts(*columns: Int64) -> Int64:
    """Tell where a new combination starts in sorted columns."""
    n = len(columns[0])
    new = np.ones(n, np.bool_)
    if n:
        new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return np.flatnonzero(new)


def row_of(ids: Int64, wanted: Int64) -> tuple[Int64, Bool]:
    """Find the row of each wanted id among ascending ids, and whether it is there; elsewhere the row means nothing."""
    row = np.searchsorted(ids, wanted)
    known = row < len(ids)
    known[known] = ids[row[known]] == wanted[known]
    return row, known


def list_strongest(tally: AffinityTally, users: Int64, all_users: int, reached: Int32, k: int) -> Lists:
    """List what each user likes on balance, weighed by rarity relative to the strongest; ties by the smaller key."""
    row, net, liked = _nets(tally, users)
    raw = net * np.log(1.0 + max(all_users, 1) / (1.0 + reached[liked]))
    largest = np.zeros(len(users))
    np.maximum.at(largest, row, raw)
    weights, keys = (raw / largest[row]).astype(np.float32), tally.keys[liked]
    order = np.lexsort((keys, -weights, row))
    row, keys, weights = row[order], keys[order], weights[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    listed = place < k
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row[listed], minlength=len(users)))]).astype(
        np.int64
    )
    return Lists(offsets, keys[listed], weights[listed])


def exploration(creators: AffinityTally, users: Int64) -> Float32:
    """Entropy over what each user likes on balance, by the logarithm of its number; 0 for one creator or none."""
    row, net, _ = _nets(creators, users)
    count = np.bincount(row, minlength=len(users))
    total = np.bincount(row, net, minlength=len(users))
    share = net / total[row]
    entropy = np.bincount(row, -share * np.log(share), minlength=len(users))
    return np.where(count > 1, np.clip(entropy / np.log(np.maximum(count, 2)), 0, 1), 0).astype(np.float32)


def _nets(tally: AffinityTally, users: Int64) -> tuple[Int64, Float64, Int64]:
    """Give row of the user, net weight and row of the tally of what each of the users likes on balance."""
    row, known = row_of(users, tally.users)
    net = tally.positive - tally.negative
    liked = np.flatnonzero(known & (net > LEAST_NET * tally.positive))
    return row[liked], net[liked], liked
