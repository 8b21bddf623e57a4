"""The quiz questions that can be used, and the axes they measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg

from feedscore.population import MAX_TRAITS, Float64, Int64

from ...db.columns import fetch
from ...errors import SourceError

# Every question once: a view without a key may repeat one, then the first by its other columns counts.
QUESTIONS = """
SELECT DISTINCT ON (id) id, trait, key, scale_min, scale_max FROM app.quiz_questions WHERE id IS NOT NULL
ORDER BY id, trait, key, scale_min, scale_max
"""
KINDS = {"id": "int8", "trait": "text?", "key": "int2?", "scale_min": "float4?", "scale_max": "float4?"}


@dataclass(frozen=True, eq=False)
class Questions:
    """The usable questions, by ascending id, one an entry."""

    ids: Int64
    trait: Int64
    """Axis that the question measures, or -1 where it has none."""
    key: Float64
    scale_min: Float64
    scale_max: Float64
    traits: tuple[str, ...]
    """The axes, in order."""
    ignored: int
    """Questions with a key other than 1 and -1, an empty scale, or no trait."""


def fetch_questions(connection: psycopg.Connection, axes: Sequence[str] = ()) -> Questions:
    """Read the questions; the axes are the given ones, or all traits in alphabetical order (by code point).

    SourceError if there are more than 64 traits.
    """
    found = fetch(connection, QUESTIONS, KINDS)
    names = [(name or "").strip() and name for name in found.optional_texts("trait")]
    key, low, high = (
        np.asarray(column, np.float64)
        for column in (found.int16("key"), found.float32("scale_min"), found.float32("scale_max"))
    )
    usable = np.array([bool(name) for name in names], bool) & (np.abs(key) == 1) & (high > low)
    usable &= np.isfinite(low) & np.isfinite(high)
    traits = tuple(axes) or tuple(
        sorted({name for name, kept in zip(names, usable, strict=True) if kept and name})
    )
    if len(traits) > MAX_TRAITS:
        raise SourceError(
            f"app.quiz_questions.trait has {len(traits)} different traits,"
            f" a quiz vector has {MAX_TRAITS} places"
        )
    place = {trait: i for i, trait in enumerate(traits)}
    axis = np.array([place.get(name or "", -1) for name in names], np.int64)
    return Questions(
        found.int64("id")[usable], axis[usable], key[usable], low[usable], high[usable], traits,
        int(found.rows - usable.sum()),
    )  # fmt: skip
