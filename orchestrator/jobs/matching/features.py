"""The part of the population that other jobs have computed: quiz vectors, interest sets, ratings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from feedscore.population import MAX_INTEREST_CODES, Bool, Float32, Float64, Int64, UInt16

from ...db.columns import Columns
from ...errors import SourceError
from ..ids import distinct, rows_of


@dataclass(frozen=True, eq=False)
class Interests:
    """Interest sets as codes, in CSR, and what each code stands for."""

    offsets: Int64
    codes: UInt16
    ids: Int64
    """The interest of each code, ascending."""
    slugs: tuple[str, ...]
    """The slug of each code."""


@dataclass(frozen=True, eq=False)
class RatedColumns:
    """How people are rated."""

    quality: Float32
    rated: Bool
    attributes: Float32
    """(n, A) beside the global means; 0 where not rated."""


def vectors(ids: Int64, found: Columns, name: str, dimensions: int, told: Counter[str]) -> Float32:
    """Spread stored vectors over the people; zeros where none is of this length and finite."""
    result = np.zeros((len(ids), dimensions), np.float32)
    values, offsets = found.blobs(name)
    rows, known = rows_of(ids, found.int64("user_id"))
    fits = np.asarray(np.diff(offsets) == 4 * dimensions)
    told[f"{name}_of_other_axes"] += int((known & ~fits).sum())
    if not dimensions or not fits.any():
        return result
    stored = values.view("<f4") if fits.all() else values[np.repeat(fits, np.diff(offsets))].view("<f4")
    stored = stored.reshape(-1, dimensions)
    finite = np.isfinite(stored).all(axis=1)
    kept = known[fits]
    result[rows_of(ids, found.int64("user_id")[fits][kept])[0]] = np.where(finite[:, None], stored, 0)[kept]
    told[f"{name}_not_finite"] += int((kept & ~finite).sum())
    del rows
    return result


def named_interests(sets: Columns, known: Columns) -> tuple[Int64, tuple[str, ...]]:
    """List the interests that anybody has, ascending, and their slugs; SourceError if more than 65,535."""
    used = distinct(sets.int64_lists("interest_ids")[0])
    slug_rows, listed = rows_of(known.int64("id"), used)
    used = used[listed]
    if len(used) > MAX_INTEREST_CODES:
        raise SourceError(
            f"app.user_interests has {len(used)} different interests,"
            f" match scores have {MAX_INTEREST_CODES} codes"
        )
    slugs = known.optional_texts("slug")
    return used, tuple(slugs[i] or "" for i in slug_rows)


def interests(
    ids: Int64, sets: Columns, used: Int64, slugs: tuple[str, ...], told: Counter[str]
) -> Interests:
    """Give the interests that people have their codes: the places in `used`, which ascends."""
    items, offsets = sets.int64_lists("interest_ids")
    holders = rows_of(ids, sets.int64("user_id"))[1]
    codes, exists = rows_of(used, items)
    person = np.repeat(np.arange(sets.rows), np.diff(offsets))
    told["interests_gone"] += int((~exists).sum())
    row_of = np.full(sets.rows, -1, np.int64)
    row_of[holders] = rows_of(ids, sets.int64("user_id"))[0]
    rows = row_of[person[exists]]
    codes, rows = codes[rows >= 0], rows[rows >= 0]
    order = np.argsort(rows * (MAX_INTEREST_CODES + 1) + codes, kind="stable")
    sizes = np.bincount(rows, minlength=len(ids))
    return Interests(
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        codes[order].astype(np.uint16),
        used,
        slugs,
    )


def ratings(ids: Int64, found: Columns, prior: float, means: Float64, told: Counter[str]) -> RatedColumns:
    """Spread what people are rated over the people; who is not rated has the prior and no attributes."""
    result = RatedColumns(
        np.full(len(ids), prior, np.float32),
        np.zeros(len(ids), bool),
        np.zeros((len(ids), len(means)), np.float32),
    )
    rows, known = rows_of(ids, found.int64("user_id"))
    result.quality[rows] = np.clip(np.nan_to_num(found.float32("quality")[known], nan=prior), 0, 1)
    result.rated[rows] = found.int32("overall_count")[known] > 0
    items, offsets = found.float32_lists("attribute_means")
    fits = np.asarray(np.diff(offsets) == len(means))
    told["ratings_of_other_axes"] += int((known & ~fits).sum())
    if len(means) and fits.any():
        stored = items[np.repeat(fits, np.diff(offsets))].reshape(-1, len(means))
        kept = known[fits]
        centred = np.nan_to_num(stored.astype(np.float64) - means, nan=0.0, posinf=0.0, neginf=0.0)
        result.attributes[rows_of(ids, found.int64("user_id")[fits][kept])[0]] = centred[kept]
    return result
