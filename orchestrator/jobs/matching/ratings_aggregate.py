"""The job ratings-aggregate: what people are rated and what raters prefer, from app.ratings."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from feedscore import Column
from feedscore.population import Bool, Int64

from ...context import DryRun, JobContext, JobParameters
from ...db.replace import Table, replace_rows
from ...registry import Budget, Group, Job
from ..estimate import preview_users
from ..ids import fetch_scope
from ..write import Output, stamps, write_people
from .rating_axes import RatingAxes, fetch_axes, fetch_names
from .rating_rows import concerned, fetch_ratings
from .ratings import (
    GlobalMeans,
    Preferences,
    ProfileRatings,
    global_means,
    preferences,
    profile_ratings,
    quality,
)

VERSION = "1"
READS = ("app.users", "app.ratings")
OVERALL_POSITION = -1
FORGET_AXES = "DELETE FROM feed.rating_attribute"
"""Make room for axes of other names."""


class RatingParameters(JobParameters):
    """What ratings-aggregate can be told."""

    batch_size: int = Field(
        default=20_000, ge=1, description="People in one batch, each committed by itself."
    )


def ratings_aggregate(context: JobContext) -> None:
    """Average the ratings that each profile received, and learn what each rater prefers.

    For named users the stored global means are used; where there are none yet, those of all ratings.
    """
    with context.database.connection() as connection:
        context.run.step("reading ratings")
        scope = fetch_scope(connection, context.parameters.user_id)
        stored = fetch_axes(connection) if scope is not None else None
        names = stored.names if stored else fetch_names(connection)
        only = concerned(connection, scope) if stored and scope is not None else None
        people, ratings, told = fetch_ratings(
            connection, names, only, context.parameters.candidate_batch_size
        )
    context.run.tell(**told)
    means = stored.means if stored else global_means(ratings)
    if not stored:
        _write_axes(context, RatingAxes(names, means))
    profiles = profile_ratings(ratings)
    liked = preferences(ratings, profiles, means)
    named = np.ones(len(people), bool) if scope is None else np.isin(people, scope)
    received = _aggregate_columns(context, people, profiles, means, named & profiles.rated)
    write_people(context, Output("feed.profile_rating_aggregate", received, scope), VERSION)
    preferred = _preference_columns(people, liked, named & (liked.rated_count > 0))
    write_people(context, Output("feed.user_rating_preference", preferred, scope), VERSION)


def _write_axes(context: JobContext, axes: RatingAxes) -> None:
    context.run.check_stop()
    count, means = len(axes.names) + 1, axes.means
    columns = [
        Column("position", "int2", np.arange(OVERALL_POSITION, count - 1, dtype=np.int16)),
        Column("attribute", "text", ["overall", *axes.names]),
        Column("mean", "float8", np.concatenate([[means.overall], means.attributes])),
        Column(
            "ratings",
            "int8",
            np.concatenate([[means.overall_count], means.attribute_counts]).astype(np.int64),
        ),
        *stamps(context, count, VERSION),
    ]
    with context.database.connection() as connection:
        stored = fetch_axes(connection)
        if stored and stored.names != axes.names:
            connection.execute(FORGET_AXES)
        replace_rows(
            connection, Table(name="feed.rating_attribute", key=("position",)), columns, keep_missing=False
        )


def _aggregate_columns(
    context: JobContext, people: Int64, profiles: ProfileRatings, means: GlobalMeans, kept: Bool
) -> list[Column]:
    width = len(means.attributes)
    offsets = np.arange(int(kept.sum()) + 1, dtype=np.int64) * width
    rated = profiles.overall_count > 0
    mean = np.nan_to_num(profiles.overall_mean).astype(np.float32)
    scaled = quality(profiles, means.overall, context.settings.rating_prior_weight).astype(np.float32)
    return [
        Column("user_id", "int8", people[kept]),
        Column("overall_mean", "float4", mean[kept], valid=rated[kept]),
        Column("overall_count", "int4", profiles.overall_count[kept].astype(np.int32)),
        Column("quality", "float4", scaled[kept]),
        Column(
            "attribute_means", "float4[]", profiles.attribute_means[kept].astype(np.float32).ravel(), offsets
        ),
        Column(
            "attribute_counts", "int4[]", profiles.attribute_counts[kept].astype(np.int32).ravel(), offsets
        ),
    ]


def _preference_columns(people: Int64, liked: Preferences, kept: Bool) -> list[Column]:
    vectors = np.ascontiguousarray(liked.vectors[kept], "<f4")
    return [
        Column("user_id", "int8", people[kept]),
        Column("preference", "bytea", vectors.view(np.uint8).reshape(len(vectors), 4 * vectors.shape[1])),
        Column("rated_count", "int4", liked.rated_count[kept].astype(np.int32)),
    ]


def preview(context: JobContext) -> DryRun:
    """Tell how many people's ratings would be read."""
    return preview_users(context, READS)


JOB = Job(
    name="ratings-aggregate",
    group=Group.MATCHING,
    run=ratings_aggregate,
    preview=preview,
    algorithm_version=VERSION,
    budget=Budget(max_rows_scanned=50_000_000, max_rows_written=4_000_000, expected_runtime_s=60),
    parameters=RatingParameters,
    schedule="20 2 * * *",
    examples=("run ratings-aggregate", "run ratings-aggregate --user-id 8"),
    writes=("feed.rating_attribute", "feed.profile_rating_aggregate", "feed.user_rating_preference"),
)
