"""Read the ratings that can be used, and count those that cannot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import psycopg

from feedscore.population import Float64, Int64

from ...db.columns import fetch
from ..grouped import owners
from ..ids import distinct, fetch_users, rows_of
from .ratings import Ratings, is_valid

ATTRIBUTE = "coalesce(array_position(%(attributes)s::text[], attribute::text), 0)::int4"
"""The place of the attribute among those of the vectors, from 1, overall last; 0 = none of them."""
# Ratings as they come, a row a rater.
RATINGS = """
SELECT rater_id, array_agg(rated_id), array_agg({attribute}), array_agg(coalesce(value, 'NaN'))
FROM app.ratings WHERE {scope} GROUP BY rater_id
"""
# The same, each rater, rated and attribute once: the latest rating, of several at one time the largest.
LATEST_RATINGS = """
SELECT rater_id, array_agg(rated_id), array_agg({attribute}), array_agg(coalesce(value, 'NaN')) FROM (
  SELECT DISTINCT ON (rater_id, rated_id, attribute) rater_id, rated_id, attribute, value FROM app.ratings
  WHERE {scope} ORDER BY rater_id, rated_id, attribute, created_at DESC NULLS LAST, value DESC) AS latest
GROUP BY rater_id
"""
EVERYBODY = "rater_id IS NOT NULL AND rated_id IS NOT NULL"
OF_THESE = "rated_id = ANY (%(rated)s) AND rater_id IS NOT NULL"
# The profiles that named people rated.
RATED_BY = (
    "SELECT DISTINCT rated_id FROM app.ratings WHERE rater_id = ANY (%(users)s) AND rated_id IS NOT NULL"
)
KINDS = {"rater": "int8", "rated": "int8[]", "attribute": "int4[]", "value": "float4[]"}


def concerned(connection: psycopg.Connection, users: Int64) -> Int64:
    """Name the users and the profiles they rated: whose ratings it takes to compute the users' rows."""
    rated = fetch(connection, RATED_BY, {"id": "int8"}, {"users": users}).int64("id")
    return np.union1d(users, rated)


def fetch_ratings(
    connection: psycopg.Connection,
    attributes: tuple[str, ...],
    rated: Int64 | None,
    rows_per_chunk: int,
) -> tuple[Int64, Ratings, dict[str, int]]:
    """Read all ratings, or those of some profiles: the people, the valid ratings, and what was left out.

    The people are everybody, or of some profiles those who rated or were rated.
    """
    scope = EVERYBODY if rated is None else OF_THESE
    params: dict[str, object] = {
        "attributes": [*attributes, "overall"],
        "rated": rated if rated is not None else np.empty(0, np.int64),
    }
    query = {"scope": scope, "attribute": ATTRIBUTE}
    found = _fetch(connection, RATINGS.format(**query), params, rows_per_chunk)
    scanned = len(found.value)
    if _has_repetition(found):
        found = _fetch(connection, LATEST_RATINGS.format(**query), params, rows_per_chunk)
    among = None if rated is None else distinct(np.concatenate([rated, found.rater, found.rated]))
    people = fetch_users(connection, among)
    known = rows_of(people, found.rater)[1] & rows_of(people, found.rated)[1]
    in_range, on_axis = is_valid(found.rater, found.rated, found.value), found.attribute > 0
    valid = known & in_range & on_axis
    ratings = Ratings(
        rater=rows_of(people, found.rater[valid])[0],
        rated=rows_of(people, found.rated[valid])[0],
        attribute=found.attribute[valid] - 1,
        value=found.value[valid],
        people=len(people),
        attributes=len(attributes),
    )
    told = {
        "rows_scanned": scanned,
        "ratings_repeated": scanned - len(found.value),
        "ratings_of_nobody": int((~known).sum()),
        "ratings_invalid": int((known & ~in_range).sum()),
        "ratings_of_no_attribute": int((known & in_range & ~on_axis).sum()),
    }
    return people, ratings, told


@dataclass(frozen=True, eq=False)
class Given:
    """Ratings as they are stored, one an entry."""

    rater: Int64
    rated: Int64
    attribute: Int64
    """Place of the attribute, from 1; 0 = none of those asked for."""
    value: Float64


def _fetch(
    connection: psycopg.Connection, query: str, params: dict[str, object], rows_per_chunk: int
) -> Given:
    found = fetch(connection, query, KINDS, params, rows_per_chunk=rows_per_chunk)
    return Given(
        owners(found, "rater", "rated"),
        found.int64_lists("rated")[0],
        found.int32_lists("attribute")[0].astype(np.int64),
        found.float32_lists("value")[0].astype(np.float64),
    )


def _has_repetition(found: Given) -> bool:
    """Tell whether a rater rated a profile's attribute twice, which only a view without a key can show."""
    order = np.lexsort((found.attribute, found.rated, found.rater))
    same = found.attribute[order][1:] > 0
    for column in (found.rater, found.rated, found.attribute):
        same &= column[order][1:] == column[order][:-1]
    return bool(same.any())
