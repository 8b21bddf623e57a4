"""Lists laid end to end (CSR), and some of their rows in another order."""

from __future__ import annotations

import numpy as np

from feedscore.population import Int64


def pick(offsets: Int64, rows: Int64) -> tuple[Int64, Int64]:
    """Give the places of all items of these rows, and the offsets of the rows among them."""
    sizes = (offsets[1:] - offsets[:-1])[rows]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return np.arange(starts[-1]) + np.repeat(offsets[rows] - starts[:-1], sizes), starts
