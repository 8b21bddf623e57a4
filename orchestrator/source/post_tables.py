"""The part of the contract about posts, and what people do with them.

The stream of events is append-only and comes from many clients, so what cannot be right in it is a warning: such
events are passed over, and nobody can mend them.
"""

from __future__ import annotations

from feedscore.posts import EventKind

from .faults import Severity
from .terms import Column, ColumnType, Index, Reference, Rule, Table

KINDS = tuple(kind.name.lower() for kind in EventKind)
IGNORED = "The event is ignored."

POSTS = Table(
    "posts",
    "What people publish.",
    ("id",),
    (
        Column("id", ColumnType.BIGINT, "the post", required=True),
        Column("author_id", ColumnType.BIGINT, "who wrote it", required=True),
        Column("created_at", ColumnType.TIME, "when", required=True),
        Column("deleted_at", ColumnType.TIME, "NULL = still there"),
        Column("body", ColumnType.TEXT, "the text"),
        Column(
            "content_type", ColumnType.TEXT, "photo | text | poll | video", required=True, default="'text'"
        ),
        Column("tags", ColumnType.TEXTS, "the author's tags"),
        Column("media_count", ColumnType.INTEGER, "pictures and films in it", required=True, default="0"),
        Column("like_count", ColumnType.INTEGER, "as the application counts", required=True, default="0"),
        Column("comment_count", ColumnType.INTEGER, "as the application counts", required=True, default="0"),
        Column("share_count", ColumnType.INTEGER, "as the application counts", required=True, default="0"),
    ),
    ("content-features", "trending", "affinity", "feed-presort"),
    indexes=(
        Index("created_at", "feed-presort, trending", "the posts of the last days"),
        Index("author_id", "affinity, feed-presort", "one person's posts"),
    ),
    references=(Reference("author_id", "users", "The post is never shown."),),
    rules=(
        Rule(
            ("created_at",),
            "t.created_at > %(today)s + interval '2 days'",
            "published in the future",
            "The post is not shown before that time.",
            Severity.WARNING,
        ),
        Rule(
            ("media_count", "like_count", "comment_count", "share_count"),
            "least(t.media_count, t.like_count, t.comment_count, t.share_count) < 0",
            "a count is below 0",
            "The count is taken as 0.",
        ),
    ),
)

POST_EVENTS = Table(
    "post_events",
    "What people did with posts; append-only.",
    ("id",),
    (
        Column("id", ColumnType.BIGINT, "the event", required=True),
        Column("user_id", ColumnType.BIGINT, "who", required=True),
        Column("post_id", ColumnType.BIGINT, "with which post", required=True),
        Column(
            "kind",
            ColumnType.TEXT,
            " | ".join(KINDS),
            required=True,
        ),
        Column("dwell_ms", ColumnType.INTEGER, "how long it was looked at, for a view"),
        Column("occurred_at", ColumnType.TIME, "when", required=True),
    ),
    ("content-features", "trending", "affinity", "feed-presort"),
    indexes=(
        Index(
            "user_id", "feed-presort, affinity", "what a person did; better still with occurred_at behind it"
        ),
        Index("post_id", "trending", "what was done with a post; better still with occurred_at behind it"),
        Index("occurred_at", "trending, affinity", "what happened lately; BRIN is enough"),
    ),
    references=(
        Reference("user_id", "users", IGNORED, Severity.WARNING),
        Reference("post_id", "posts", IGNORED, Severity.WARNING),
    ),
    rules=(
        Rule(
            ("kind",),
            f"t.kind NOT IN ({', '.join(map(repr, KINDS))})",
            "the kind is none of the ten",
            IGNORED,
            Severity.WARNING,
        ),
        Rule(
            ("occurred_at",),
            "t.occurred_at > %(today)s + interval '2 days'",
            "happened in the future",
            "The event is ignored until then.",
            Severity.WARNING,
        ),
        Rule(
            ("dwell_ms",),
            "t.dwell_ms < 0",
            "looked at for less than no time",
            "How long counts as unknown.",
            Severity.WARNING,
        ),
    ),
)
