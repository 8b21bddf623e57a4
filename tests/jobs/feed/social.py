"""A few people, posts and events, drawn at random and written into real tables."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from feedscore import Column, EventKind
from orchestrator.db.engine import Database
from orchestrator.db.replace import copy_rows
from tests.jobs.conftest import NOW, execute

PEOPLE, POSTS, TAGS = 60, 150, 25
KINDS = [kind.name.lower() for kind in EventKind]
TYPES = ["photo", "poll", "text", "video"]


def write_social(database: Database, seed: int = 1, events: int = 4000) -> None:
    """Write people, posts with content features for most, blocks, reports, and events up to now."""
    random = np.random.default_rng(seed)
    now = np.datetime64(NOW.replace(tzinfo=None), "us")
    ids = np.arange(1, POSTS + 1)
    ago = random.integers(0, 100 * 86_400, POSTS).astype("timedelta64[s]")
    some = random.random(POSTS) < 0.9
    sizes = random.integers(0, 5, some.sum())
    tags = np.concatenate([random.permutation(TAGS)[:size] + 1 for size in sizes]).astype(np.int32)
    execute(
        database,
        f"INSERT INTO app.users (id, created_at) SELECT i, '2025-01-01' FROM generate_series(1, {PEOPLE}) AS i",
        f"INSERT INTO feed.topic (tag) SELECT 't' || (i * 7 %% {TAGS}) FROM generate_series(1, {TAGS}) AS i".replace(
            "%%", "%"
        ),
        f"INSERT INTO app.blocks SELECT i, i + 1, now() FROM generate_series(1, {PEOPLE - 1}, 6) AS i",
        f"""INSERT INTO app.reports (id, reporter_id, reported_user_id, created_at)
            SELECT i, i, i + 3, now() FROM generate_series(1, {PEOPLE - 3}, 8) AS i""",
    )
    count = int(some.sum())
    with database.connection() as connection:
        copy_rows(connection, "app.posts", [
            Column("id", "int8", ids),
            Column("author_id", "int8", random.integers(1, PEOPLE // 3, POSTS)),
            Column("created_at", "timestamptz", now - ago),
            Column("content_type", "text", random.integers(0, 4, POSTS), vocabulary=TYPES),
        ])  # fmt: skip
        copy_rows(connection, "feed.content_feature", [
            Column("post_id", "int8", ids[some]),
            Column("topic_ids", "int4[]", tags, np.concatenate([[0], np.cumsum(sizes)])),
            Column("quality", "float4", np.zeros(count, np.float32)),
            Column("nsfw", "float4", np.zeros(count, np.float32)),
            Column("nsfw_flagged", "bool", np.zeros(count, np.bool_)),
            Column("inputs", "int8", np.zeros(count, np.int64)),
            Column("computed_at", "timestamptz", np.full(count, now)),
            Column("algorithm_version", "text", ["1"] * count),
        ])  # fmt: skip
        copy_rows(connection, "app.post_events", [
            Column("id", "int8", np.arange(1, events + 1)),
            Column("user_id", "int8", 1 + (PEOPLE * random.random(events) ** 2).astype(np.int64)),
            Column("post_id", "int8", 1 + (POSTS * random.random(events) ** 2).astype(np.int64)),
            Column("kind", "text", random.integers(0, len(KINDS), events), vocabulary=KINDS),
            Column("dwell_ms", "int4", random.integers(0, 9000, events).astype(np.int32)),
            Column(
                "occurred_at", "timestamptz",
                now - random.integers(0, 95 * 86_400, events).astype("timedelta64[s]"),
            ),
        ])  # fmt: skip


def act(database: Database, user: int, post: int, kind: str, *, count: int = 1, ago: timedelta) -> None:
    """Let somebody do something `count` times, each a millisecond after the other."""
    with database.connection() as connection:
        connection.execute(
            """INSERT INTO app.post_events (id, user_id, post_id, kind, occurred_at)
               SELECT (SELECT coalesce(max(id), 0) FROM app.post_events) + i, %s, %s, %s, %s + i * interval '1 ms'
               FROM generate_series(1, %s) AS i""",
            (user, post, kind, NOW - ago, count),
        )
