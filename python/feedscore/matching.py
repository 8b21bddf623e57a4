"""The reusable index that answers who suits whom."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import _native
from .arrays import check_array, check_threads
from .population import Float32, MatchLists, MatchSettings, Population, UInt32, UInt64

DEFAULT_SETTINGS = MatchSettings()

COLUMNS: dict[str, tuple[type[np.generic], int]] = {
    "ids": (np.int64, 1),
    "active": (np.bool_, 1),
    "age": (np.uint8, 1),
    "gender": (np.uint8, 1),
    "seeking": (np.uint64, 1),
    "min_age": (np.int16, 1),
    "max_age": (np.int16, 1),
    "placed": (np.bool_, 1),
    "latitude": (np.float64, 1),
    "longitude": (np.float64, 1),
    "max_distance_km": (np.float32, 1),
    "traits": (np.float32, 2),
    "interest_offsets": (np.int64, 1),
    "interest_codes": (np.uint16, 1),
    "goals": (np.uint64, 1),
    "goal_count": (np.uint8, 1),
    "rating_quality": (np.float32, 1),
    "rated": (np.bool_, 1),
    "rating_preference": (np.float32, 2),
    "rating_attributes": (np.float32, 2),
    "days_since_joined": (np.float32, 1),
    "excluded_offsets": (np.int64, 1),
    "excluded_rows": (np.uint32, 1),
    "hidden_offsets": (np.int64, 1),
    "hidden_rows": (np.uint32, 1),
    "hidden_days": (np.float32, 1),
}
"""The dtype and the number of dimensions of each column of a population."""


def simd_paths() -> list[str]:
    """List the instruction sets that the kernel can use on this machine, best first."""
    return _native.simd_paths()


def _check_columns(population: Population) -> None:
    for name, (dtype, dimensions) in COLUMNS.items():
        check_array(name, getattr(population, name), dtype, dimensions)
    for name in ("interest_people", "goal_people"):
        if getattr(population, name) is not None:
            check_array(name, getattr(population, name), np.int64, 1)
    n = len(population)
    for name in ("traits", "rating_preference", "rating_attributes"):
        if len(getattr(population, name)) != n:
            raise ValueError(f"len({name}) = {len(getattr(population, name))}: must be {n} for {n} people")
    if population.rating_preference.shape != population.rating_attributes.shape:
        raise ValueError(
            f"rating_preference.shape = {population.rating_preference.shape}: "
            f"must be that of rating_attributes, {population.rating_attributes.shape}"
        )


class MatchIndex:
    """A population prepared for match scoring: built once, asked for any viewers, from any thread.

    The index copies what it needs. `simd` is one of `simd_paths()`, None for the best; the results are the same.
    TypeError or ValueError name the column, or the setting, that is not as `Population` and `MatchSettings` say.
    """

    order: UInt32
    """The rows of everybody who can have a list, in the order that is cheapest to score: neighbours together."""

    def __init__(
        self, population: Population, settings: MatchSettings = DEFAULT_SETTINGS, *, simd: str | None = None
    ) -> None:
        _check_columns(population)
        self._ids = population.ids.copy()
        self._built = len(population)
        self._native = _native.MatchIndex(population, settings, simd)
        self.order = self._native.order()

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def nbytes(self) -> int:
        """The memory of the index, in bytes."""
        return self._native.nbytes() + self._ids.nbytes

    def top(
        self,
        viewers: UInt32 | None = None,
        *,
        k: int = 200,
        threads: int = 0,
        progress: Callable[[int], object] | None = None,
        facts: bool = True,
    ) -> MatchLists:
        """List the k best eligible candidates of each viewer, best first, the lists in the order asked for.

        `viewers` are rows, by default `order`; who cannot be matched gets an empty list. `threads` is 0 for one a
        core. The interpreter is free meanwhile; about five times a second signals are looked at and `progress`
        is called with the number of viewers done: what either raises ends the run and comes out here.
        Without `facts`, that column of the lists stays empty.
        """
        asked = self._viewers(viewers)
        if k < 1:
            raise ValueError(f"k = {k}: must be 1 or more")
        most = max(1, min(k, len(self._ids)))
        room, ids = len(asked) * most, self._ids
        candidates, scores = np.empty(room, np.uint32), np.empty(room, np.float32)
        packed = np.empty(room if facts else 0, np.int64)
        offsets = self._native.top(asked, most, check_threads(threads), progress, candidates, scores, packed)
        found = int(offsets[-1])
        candidates.resize(found, refcheck=False)
        scores.resize(found, refcheck=False)
        packed.resize(found if facts else 0, refcheck=False)
        if progress is not None:
            progress(len(asked))
        return MatchLists(
            viewers=asked,
            offsets=offsets,
            candidates=candidates,
            scores=scores,
            facts=packed,
            ids=ids,
        )

    def count_eligible(self, viewers: UInt32 | None = None, *, threads: int = 0) -> UInt64:
        """Count the candidates that pass all hard filters with each viewer; rows, by default `order`."""
        return self._native.count_eligible(self._viewers(viewers), check_threads(threads))

    def seen_by(self, candidates: UInt32, thresholds: Float32) -> UInt32:
        """List the viewers who may see one of the candidates with a score of at least their own threshold.

        All are rows, the viewers ascending; `thresholds` has one for each row, -inf = anybody who may be seen.
        """
        check_array("candidates", candidates, np.uint32, 1)
        check_array("thresholds", thresholds, np.float32, 1)
        return self._native.seen_by(candidates, thresholds)

    def amend(self, rows: UInt32, people: Population, *, total: int) -> None:
        """Put `people` in the place of the people in `rows`, ascending, of the population the index was built of.

        Rows from the number of people on are new; `total` is the number with them. Each call has all that has changed
        since the index was built. Sparse columns of `people` name rows of the whole population. How rare interests and
        goals are stays as it was; an interest that was unknown is a ValueError, and so is any other fault. Costs about
        1 us for each of `rows`, and a little at each call of `top`: build a new index when they are thousands. `order`
        stays what it was.
        """
        check_array("rows", rows, np.uint32, 1)
        _check_columns(people)
        self._native.amend(rows, people, total)
        ids = np.zeros(total, np.int64)
        ids[: self._built] = self._ids[: self._built]
        ids[rows] = people.ids
        self._ids = ids  # lists that were made before keep theirs

    def _viewers(self, viewers: UInt32 | None) -> UInt32:
        if viewers is None:
            return self.order
        check_array("viewers", viewers, np.uint32, 1)
        return viewers
