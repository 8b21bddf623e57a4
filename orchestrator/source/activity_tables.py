"""The part of the contract about messages, posts and media."""

from __future__ import annotations

from .terms import Column, ColumnType, Index, Reference, Table

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
    ("feed-presort",),
    indexes=(
        Index("sent_at", "feed-presort", "the messages of the last days"),
        Index("sender_id", "feed-presort", "what one person wrote to another"),
        Index("recipient_id", "feed-presort", "what a person received"),
    ),
    references=(Reference("sender_id", "users", IGNORED), Reference("recipient_id", "users", IGNORED)),
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
    ("feed-presort",),
    indexes=(Index("created_at", "feed-presort, trending", "the posts of the last days"),),
    references=(Reference("author_id", "users", IGNORED),),
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
            "impression | seen | view | like | unlike | comment | share | profile_view | hide | report",
            required=True,
        ),
        Column("dwell_ms", ColumnType.INTEGER, "how long it was looked at, for a view"),
        Column("occurred_at", ColumnType.TIME, "when", required=True),
    ),
    ("feed-presort",),
    indexes=(
        Index(
            "user_id", "feed-presort, affinity", "what a person did; better still with occurred_at behind it"
        ),
        Index("post_id", "trending", "what was done with a post; better still with occurred_at behind it"),
    ),
    references=(Reference("user_id", "users", IGNORED), Reference("post_id", "posts", IGNORED)),
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
