"""Rows for the application's tables, column by column, ready for COPY."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedscore import Column
from feedscore.population import Bool, Float64, Int64
from feedscore.posts import Instants

KINDS = {
    "int16": "int2",
    "int32": "int4",
    "int64": "int8",
    "float32": "float4",
    "float64": "float8",
    "bool": "bool",
}


@dataclass(frozen=True, eq=False)
class TableRows:
    """Rows of one table of schema app; every column has the same length."""

    table: str
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.columns[0])


def values(name: str, array: NDArray[Any], null: Bool | None = None) -> Column:  # Any: one of KINDS
    """Make a column of numbers or truth values, NULL where `null` is True."""
    return Column(name, KINDS[array.dtype.name], array, valid=None if null is None else ~null)


def ids(count: int) -> Column:
    """Number `count` rows from 1, as column id."""
    return values("id", np.arange(1, count + 1, dtype=np.int64))


def times(name: str, seconds: Float64) -> Column:
    """Make a column of moments from seconds since 1970 UTC; NaN becomes NULL."""
    null = np.isnan(seconds)
    moments = np.rint(np.where(null, 0.0, seconds) * 1e6).astype("datetime64[us]")
    return Column(name, "timestamptz", moments, valid=~null)


def moments(name: str, instants: Instants) -> Column:
    """Make a column of moments from datetime64[us] in UTC."""
    return Column(name, "timestamptz", instants)


def dates(name: str, days: NDArray[np.datetime64]) -> Column:
    """Make a column of dates from datetime64[D]; NaT becomes NULL."""
    null = np.isnat(days)
    return Column(name, "date", np.where(null, np.datetime64(0, "D"), days), valid=~null)


def words(name: str, vocabulary: Sequence[str], codes: NDArray[Any]) -> Column:  # Any: integers of any width
    """Make a column of texts from their places in a vocabulary; -1 becomes NULL."""
    null = np.asarray(codes == -1)
    return Column(name, "text", np.where(null, 0, codes).astype(np.int64), valid=~null, vocabulary=vocabulary)


def texts(name: str, spelled: Sequence[str | None]) -> Column:
    """Make a column of texts, each its own; None becomes NULL."""
    return Column(name, "text", spelled)


def word_sets(name: str, vocabulary: Sequence[str], masks: Int64, null: Bool) -> Column:
    """Make a column of text[] from masks over at most 63 words: bit w set = vocabulary[w] is in it."""
    member = masks[:, None] >> np.arange(len(vocabulary)) & 1
    member[null] = 0
    offsets = np.concatenate([[0], np.cumsum(member.sum(axis=1))])
    return Column(name, "text[]", np.nonzero(member)[1], offsets, ~null, vocabulary)
