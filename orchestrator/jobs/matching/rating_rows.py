"""Read the ratings that can be used, and count those that cannot."""

from __future__ import annotations

import numpy as np
import psycopg

from feedscore.population import Int64

from ...db.columns import Columns, fetch
from ..ids import rows_of
from .ratings import Ratings, is_valid

ATTRIBUTE = "coalesce(array_position(%(attributes)s::text[], attribute::text), 0)::int4"
"""The place of the attribute among those of the vectors, from 1, overall last; 0 = none of them."""
# Ratings as they come.
RATINGS = "SELECT rater_id, rated_id, {attribute}, value FROM app.ratings WHERE {scope}"
# The same, each rater, rated and attribute once: the latest rating, of several at one time the largest.
LATEST_RATINGS = """
SELECT DISTINCT ON (rater_id, rated_id, attribute) rater_id, rated_id, {attribute}, value FROM app.ratings
WHERE {scope} ORDER BY rater_id, rated_id, attribute, created_at DESC NULLS LAST, value DESC
"""
EVERYBODY = "rater_id IS NOT NULL AND rated_id IS NOT NULL"
OF_THESE = "rated_id = ANY (%(rated)s) AND rater_id IS NOT NULL"
# The profiles that named people rated.
RATED_BY = (
    "SELECT DISTINCT rated_id FROM app.ratings WHERE rater_id = ANY (%(users)s) AND rated_id IS NOT NULL"
)
KINDS = {"rater": "int8", "rated": "int8", "attribute": "int4", "value": "float4?"}


def concerned(connection: psycopg.Connection, users: Int64) -> Int64:
    """Name the users and the profiles they rated: whose ratings it takes to compute the users' rows."""
    rated = fetch(connection, RATED_BY, {"id": "int8"}, {"users": users}).int64("id")
    return np.union1d(users, rated)


def fetch_ratings(
    connection: psycopg.Connection,
    users: Int64,
    attributes: tuple[str, ...],
    rated: Int64 | None,
    rows_per_chunk: int,
) -> tuple[Int64, Ratings, dict[str, int]]:
    """Read all ratings, or those of some profiles: the people, the valid ratings, and what was left out.

    `users` are the ids of everybody, ascending; the people are those of them who occur, or everybody.
    """
    scope = EVERYBODY if rated is None else OF_THESE
    params = {"attributes": [*attributes, "overall"], "rated": rated if rated is not None else users[:0]}
    query = {"scope": scope, "attribute": ATTRIBUTE}
    found = fetch(connection, RATINGS.format(**query), KINDS, params, rows_per_chunk=rows_per_chunk)
    scanned = found.rows
    if _has_repetition(found):
        found = fetch(
            connection, LATEST_RATINGS.format(**query), KINDS, params, rows_per_chunk=rows_per_chunk
        )
    people = users
    if rated is not None:
        people = np.intersect1d(users, np.concatenate([rated, found.int64("rater"), found.int64("rated")]))
    _, rater_known = rows_of(people, found.int64("rater"))
    _, rated_known = rows_of(people, found.int64("rated"))
    known = rater_known & rated_known
    value = found.float32("value").astype(np.float64)
    in_range = is_valid(found.int64("rater"), found.int64("rated"), value)
    on_axis = found.int32("attribute") > 0
    valid = known & in_range & on_axis
    ratings = Ratings(
        rater=rows_of(people, found.int64("rater")[valid])[0],
        rated=rows_of(people, found.int64("rated")[valid])[0],
        attribute=found.int32("attribute")[valid].astype(np.int64) - 1,
        value=value[valid],
        people=len(people),
        attributes=len(attributes),
    )
    told = {
        "rows_scanned": scanned,
        "ratings_repeated": scanned - found.rows,
        "ratings_of_nobody": int((~known).sum()),
        "ratings_invalid": int((known & ~in_range).sum()),
        "ratings_of_no_attribute": int((known & in_range & ~on_axis).sum()),
    }
    return people, ratings, told


def _has_repetition(found: Columns) -> bool:
    """Tell whether a rater rated a profile's attribute twice, which only a view without a key can show."""
    order = np.lexsort((found.int32("attribute"), found.int64("rated"), found.int64("rater")))
    same = np.ones(max(len(order) - 1, 0), bool)
    for column in (found.int64("rater"), found.int64("rated"), found.int32("attribute")):
        same &= column[order][1:] == column[order][:-1]
    return bool((same & (found.int32("attribute")[order][1:] > 0)).any())
