"""The attributes that profiles are rated on, in the order of all rating arrays, and their global means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import psycopg

from feedscore.population import MAX_RATING_ATTRIBUTES

from ...errors import SourceError
from .ratings import GlobalMeans

# The attributes that anybody was rated on; by code point, whatever the collation of the database.
NAMES = """
SELECT attribute FROM app.ratings WHERE attribute <> 'overall' AND attribute ~ '[^[:space:]]'
GROUP BY attribute ORDER BY attribute COLLATE "C"
"""
# The axes of the stored arrays, in order; overall comes first.
AXES = "SELECT attribute, mean, ratings FROM feed.rating_attribute ORDER BY position"


@dataclass(frozen=True, eq=False)
class RatingAxes:
    """The attributes besides overall, in order, and the means over all ratings given."""

    names: tuple[str, ...]
    means: GlobalMeans


def fetch_names(connection: psycopg.Connection) -> tuple[str, ...]:
    """Read the attributes in alphabetical order; SourceError if there are more than 16."""
    names = tuple(row[0] for row in connection.execute(NAMES))
    if len(names) > MAX_RATING_ATTRIBUTES:
        raise SourceError(
            f"app.ratings.attribute has {len(names)} different attributes besides overall,"
            f" a rating vector has {MAX_RATING_ATTRIBUTES} places"
        )
    return names


def fetch_axes(connection: psycopg.Connection) -> RatingAxes | None:
    """Read the stored axes, or None if ratings-aggregate has not run yet."""
    rows = connection.execute(AXES).fetchall()
    if not rows:
        return None
    (_, overall, overall_count), attributes = rows[0], rows[1:]
    return RatingAxes(
        tuple(row[0] for row in attributes),
        GlobalMeans(
            overall,
            overall_count,
            np.array([row[1] for row in attributes], np.float64),
            np.array([row[2] for row in attributes], np.int64),
        ),
    )
