"""The part of the contract about messages, visits, posts and media."""

from __future__ import annotations

from .faults import Severity
from .post_tables import POST_EVENTS, POSTS
from .terms import Column, ColumnType, Index, Reference, Rule, Table

IGNORED = "The row is ignored."

MESSAGES = Table(
    "messages",
    "Private messages.",
    ("id",),
    (
        Column("id", ColumnType.BIGINT, "the message", required=True),
        Column("sender_id", ColumnType.BIGINT, "who wrote", required=True),
        Column("recipient_id", ColumnType.BIGINT, "to whom", required=True),
        Column("sent_at", ColumnType.TIME, "when", required=True),
        Column("off_the_record", ColumnType.BOOLEAN, "true: never counted", required=True, default="false"),
        Column("body", ColumnType.TEXT, "the text; may stay away"),
    ),
    ("feed-presort", "profile-analysis"),
    indexes=(
        Index("sent_at", "feed-presort, profile-analysis", "the messages of the last days"),
        Index("sender_id", "feed-presort, profile-analysis", "what one person wrote to another"),
        Index("recipient_id", "feed-presort", "what a person received"),
    ),
    references=(
        Reference("sender_id", "users", IGNORED, Severity.WARNING),
        Reference("recipient_id", "users", IGNORED, Severity.WARNING),
    ),
    rules=(
        Rule(
            ("sender_id", "recipient_id"),
            "t.sender_id = t.recipient_id",
            "a person writes to themselves",
            IGNORED,
        ),
    ),
)

PROFILE_VIEWS = Table(
    "profile_views",
    "Who looked at whose profile.",
    ("id",),
    (
        Column("id", ColumnType.BIGINT, "the view", required=True),
        Column("viewer_id", ColumnType.BIGINT, "who looked", required=True),
        Column("viewed_id", ColumnType.BIGINT, "at whom", required=True),
        Column("viewed_at", ColumnType.TIME, "when", required=True),
    ),
    ("profile-analysis",),
    indexes=(Index("viewed_at", "profile-analysis", "the views of the last hours; BRIN is enough"),),
    references=(
        Reference("viewer_id", "users", IGNORED, Severity.WARNING),
        Reference("viewed_id", "users", IGNORED, Severity.WARNING),
    ),
    rules=(
        Rule(
            ("viewer_id", "viewed_id"),
            "t.viewer_id = t.viewed_id",
            "a person looks at their own profile",
            IGNORED,
        ),
    ),
)

FOLLOWS = Table(
    "follows",
    "Who follows whom.",
    ("follower_id", "followee_id"),
    (
        Column("follower_id", ColumnType.BIGINT, "who follows", required=True),
        Column("followee_id", ColumnType.BIGINT, "whom", required=True),
        Column("created_at", ColumnType.TIME, "since when", required=True, default="'epoch'"),
    ),
)

MEDIA = Table(
    "media",
    "Files that people uploaded.",
    ("id",),
    (
        Column("id", ColumnType.BIGINT, "the file", required=True),
        Column("owner_id", ColumnType.BIGINT, "whose", required=True),
        Column("post_id", ColumnType.BIGINT, "the post it belongs to"),
        Column("uri", ColumnType.TEXT, "a path or an fsspec URL", required=True),
        Column("mime_type", ColumnType.TEXT, "such as image/jpeg"),
        Column("bytes", ColumnType.BIGINT, "its size"),
        Column("created_at", ColumnType.TIME, "when", required=True),
    ),
)

ACTIVITY_TABLES = (MESSAGES, PROFILE_VIEWS, FOLLOWS, POSTS, POST_EVENTS, MEDIA)
