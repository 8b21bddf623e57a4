"""The job content-features: feed.content_feature, feed.topic and feed.term_frequency from app.posts."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import psycopg
from pydantic import Field

from feedscore import Column, TextModel, Texts
from feedscore.population import Float32, Int64
from feedscore.text_lexicon import LEXICON_VERSION, STOP_WORDS_VERSION

from ...context import Batch, BatchResult, DryRun, JobContext, JobParameters
from ...db.columns import Columns
from ...db.replace import Table, replace_rows
from ...errors import ParameterError
from ...registry import Budget, Group, Job
from ..estimate import rows_in
from ..write import digest, stamps
from .content_corpus import term_frequencies
from .content_embedding import unknown
from .content_extras import Extra, Extras, Parts, find_extras, load_parts
from .content_quality import quality
from .content_sentiment import sentiment_of
from .content_sql import bodies, fetch_due, fetch_known, fetch_posts, parameters, remove_gone
from .content_topics import topic_ids, topics_of

VERSION = "1"
READS = ("app.posts", "app.reports", "app.media")
TABLE = Table(name="feed.content_feature", key=("post_id",))


class ContentParameters(JobParameters):
    """What content-features can be told; users do not narrow it, since everybody may be shown a post."""

    batch_size: int = Field(default=5_000, ge=1, description="Posts in one batch, each committed by itself.")
    post_id: tuple[int, ...] = Field(
        default=(), description="Only these posts, due or not; repeat the option for several."
    )
    allow_missing: bool = Field(
        default=False, description="Leave out named posts that are not there, instead of failing."
    )


@dataclass(frozen=True, eq=False)
class Task:
    """What every batch needs."""

    context: JobContext
    post_ids: Int64
    """Posts to compute, ascending."""
    params: dict[str, Any]  # Any: what SQL takes
    extras: Extras
    parts: Parts
    model: TextModel


def content_features(context: JobContext) -> None:
    """Tell what posts are about, how good they are, and whether they are safe for work.

    Computes the posts whose row is missing, of another version, or of other inputs, and removes the rows of
    posts that are gone.
    """
    extras = find_extras(context.settings)
    if extras.missing:
        context.run.tell(extras_missing=extras.missing)
    params = _params(context, extras)
    context.run.step("looking for posts that are due")
    named, due = _due(context, params)
    context.run.tell(posts_due=len(due))
    if len(due):
        frequencies = term_frequencies(context, len(due) if named is None else 0, VERSION)
        parts = load_parts(extras, context.settings)
        task = Task(context, due, params, extras, parts, TextModel(frequencies, context.settings.content))
        context.run.in_batches(
            len(due),
            lambda connection, batch: _work(task, connection, batch),
            inputs=digest([Column("post_id", "int8", due)]),
        )
        if parts.images:
            context.run.tell(images_judged=parts.images.judged, images_unreadable=parts.images.unreadable)
    context.run.check_stop()
    with context.database.connection() as connection:
        context.run.tell(rows_removed=remove_gone(connection, named))


def _params(context: JobContext, extras: Extras) -> dict[str, Any]:  # Any: what SQL takes
    settings = context.settings.content
    basis = repr((astuple(settings), STOP_WORDS_VERSION, LEXICON_VERSION)).encode()
    seed = int.from_bytes(hashlib.blake2b(basis, digest_size=8).digest(), "big", signed=True)
    return parameters(
        settings,
        context.now,
        VERSION,
        extras=int(extras.here),
        images=bool(extras.here & Extra.IMAGE),
        seed=seed,
    )


def _due(context: JobContext, params: dict[str, Any]) -> tuple[Int64 | None, Int64]:  # Any: what SQL takes
    """Give the posts that were named, if any, and those to compute, at most `limit`, both ascending."""
    wanted = np.unique(np.array(getattr(context.parameters, "post_id", ()), np.int64))
    with context.database.connection() as connection:
        due = fetch_known(connection, wanted) if len(wanted) else fetch_due(connection, params)
    if len(due) < len(wanted) and not getattr(context.parameters, "allow_missing", False):
        unknown = ", ".join(map(str, np.setdiff1d(wanted, due).tolist()))
        raise ParameterError(f"post_id: no such post in app.posts: {unknown}")
    return (wanted if len(wanted) else None), due[: context.parameters.limit]


def _work(task: Task, connection: psycopg.Connection, batch: Batch) -> BatchResult:
    """Compute and write the rows of one batch."""
    posts = fetch_posts(connection, task.post_ids[batch.start : batch.stop], task.params)
    if not posts.rows:
        return BatchResult(written=0)
    columns = _columns(task, connection, posts)
    done = replace_rows(connection, TABLE, columns, keep_missing=True)
    return BatchResult(written=done.inserted + done.updated)


def _columns(task: Task, connection: psycopg.Connection, posts: Columns) -> list[Column]:
    settings, threads = task.context.settings.content, task.context.settings.threads
    texts, model, parts = bodies(posts), task.model, task.parts
    told = model.analyse(texts, threads=threads)
    tags = _tags(posts)
    topics = [topics_of(given, told.keywords_of(row)) for row, given in enumerate(tags)]
    ids, offsets = topic_ids(connection, topics)
    nsfw = np.maximum(told.nsfw, _nsfw_of_tags(model, tags, threads))
    if parts.images:
        nsfw = np.maximum(nsfw, parts.images.nsfw(connection, posts.int64("post_id")))
    media, engagement, days, reporters = (
        posts.float64(name) for name in ("media", "engagement", "days", "reporters")
    )
    sentiment, is_known = sentiment_of(texts, told.languages, model.languages, parts.sentiment)
    language = np.maximum(told.languages, 0).astype(np.int64)
    return [
        posts["post_id"],
        Column("topic_ids", "int4[]", ids, offsets),
        Column("quality", "float4", quality(told.letters, media, engagement, days, reporters, settings)),
        Column("nsfw", "float4", nsfw),
        Column("nsfw_flagged", "bool", nsfw >= np.float32(settings.nsfw_flag)),
        Column("language", "text", language, valid=told.languages >= 0, vocabulary=model.languages),
        Column("sentiment", "float4", sentiment, valid=is_known),
        parts.embedder.column(texts, told.letters > 0) if parts.embedder else unknown(posts.rows),
        posts["inputs"],
        Column("extras", "int2", np.full(posts.rows, int(task.extras.here), np.int16)),
        *stamps(task.context, posts.rows, VERSION),
    ]


def _tags(posts: Columns) -> list[list[str]]:
    tags, offsets = posts.text_lists("tags")
    return [tags[start:stop] for start, stop in pairwise(offsets.tolist())]


def _nsfw_of_tags(model: TextModel, tags: list[list[str]], threads: int) -> Float32:
    """Judge tags like texts, one after the other: their words make no phrases together."""
    return model.analyse(Texts.of([" \n ".join(given) for given in tags]), threads=threads).nsfw


def preview(context: JobContext) -> DryRun:
    """Tell how many posts are due."""
    extras = find_extras(context.settings)
    _, due = _due(context, _params(context, extras))
    with context.database.connection() as connection:
        rows = rows_in(connection, READS)
    return DryRun(items=len(due), rows_to_scan=rows, note=extras.missing)


JOB = Job(
    name="content-features",
    group=Group.FEED,
    run=content_features,
    preview=preview,
    algorithm_version=VERSION,
    budget=Budget(max_rows_scanned=10_000_000, max_rows_written=1_200_000, expected_runtime_s=300),
    parameters=ContentParameters,
    schedule="0 * * * *",
    examples=("run content-features", "run content-features --limit 1000"),
    writes=("feed.content_feature", "feed.topic", "feed.term_frequency"),
)
