"""The reusable index that answers who suits whom."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import reference
from .population import MatchLists, MatchSettings, Population, UInt32

DEFAULTS = MatchSettings()


class MatchIndex:
    """A population prepared for match scoring: built once, asked for any viewers."""

    def __init__(
        self, population: Population, settings: MatchSettings = DEFAULTS, *, simd: str | None = None
    ) -> None:
        self._population, self._settings = population, settings
        eligible = population.active & (population.age >= reference.ADULT_AGE)
        self.order: UInt32 = np.flatnonzero(eligible).astype(np.uint32)
        self.nbytes = 0

    def __len__(self) -> int:
        return len(self._population)

    def top(
        self,
        viewers: UInt32 | None = None,
        *,
        k: int = 200,
        threads: int = 0,
        progress: Callable[[int], object] | None = None,
    ) -> MatchLists:
        """List the k best eligible candidates of each viewer, best first."""
        rows = self.order if viewers is None else viewers
        return reference.match_top(self._population, self._settings, rows, k)
