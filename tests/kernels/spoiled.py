"""Columns gone wrong in every way that needs no knowledge of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

AnyArray = NDArray[Any]  # Any: whatever a column holds
FAULTS = 5


def spoil(column: AnyArray, fault: int, r: np.random.Generator) -> AnyArray:
    """Spoil a column: other bits, too short, too long, another order, or another dtype; `fault` is 0 to 4."""
    if fault == 0:
        return np.frombuffer(r.bytes(column.nbytes), column.dtype).reshape(column.shape)
    if fault == 1:
        return column[: r.integers(0, len(column) + 1)].copy()
    if fault == 2:
        return np.concatenate([column, column])
    if fault == 3:
        return np.asarray(r.permutation(column))
    with np.errstate(invalid="ignore"):  # infinity as a whole number
        return column.astype(
            r.choice([kind for kind in ("f4", "i8", "u2", "?", "O") if kind != column.dtype])
        )
