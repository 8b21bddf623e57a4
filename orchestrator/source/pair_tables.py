"""The part of the contract about what one person did about another, from ratings to blocks."""

from __future__ import annotations

from .faults import FaultKind
from .terms import Column, ColumnType, Index, Reference, Rule, Search, Table

MATCHING = ("match-scores",)
IGNORED = "The row is ignored."

RATINGS = Table(
    "ratings",
    "One person rates another's profile, 1 to 10, per attribute; attribute overall is the overall rating.",
    ("rater_id", "rated_id", "attribute"),
    (
        Column("rater_id", ColumnType.BIGINT, "who rates", required=True),
        Column("rated_id", ColumnType.BIGINT, "whose profile", required=True),
        Column(
            "attribute",
            ColumnType.TEXT,
            "overall, or up to 16 of your own",
            required=True,
            default="'overall'",
        ),
        Column("value", ColumnType.REAL, "1 to 10", required=True),
        Column("created_at", ColumnType.TIME, "when", required=True, default="'epoch'"),
    ),
    ("ratings-aggregate",),
    indexes=(
        Index("rater_id", "ratings-aggregate", "the ratings that a person gave"),
        Index("rated_id", "ratings-aggregate", "the ratings that a person received"),
    ),
    references=(Reference("rater_id", "users", IGNORED), Reference("rated_id", "users", IGNORED)),
    rules=(
        Rule(("value",), "t.value NOT BETWEEN 1 AND 10", "the rating is outside 1 to 10", IGNORED),
        Rule(
            ("rater_id", "rated_id"), "t.rater_id = t.rated_id", "a person rates their own profile", IGNORED
        ),
        Rule(("attribute",), "t.attribute !~ '[^[:space:]]'", "attribute is an empty text", IGNORED),
    ),
    searches=(
        Search(
            "attribute",
            ("ratings.attribute",),
            "SELECT row_number() OVER (ORDER BY attribute), attribute"
            " FROM (SELECT attribute FROM app.ratings WHERE attribute <> 'overall'"
            " GROUP BY 1 ORDER BY 1 OFFSET 16) AS beyond",
            "more than 16 attributes besides overall; those beyond",
            "A rating vector has 16 places, and ratings-aggregate refuses to run.",
            FaultKind.TOO_MANY,
        ),
    ),
)

DECISIONS = Table(
    "decisions",
    "What a person decided about a suggestion; who was decided about is not suggested again.",
    ("user_id", "target_id"),
    (
        Column("user_id", ColumnType.BIGINT, "who decided", required=True),
        Column("target_id", ColumnType.BIGINT, "about whom", required=True),
        Column("decision", ColumnType.TEXT, "like | pass", required=True),
        Column("created_at", ColumnType.TIME, "when", required=True, default="'epoch'"),
    ),
    MATCHING,
    indexes=(Index("user_id", "match-scores", "whom a person has decided about"),),
    references=(Reference("user_id", "users", IGNORED), Reference("target_id", "users", IGNORED)),
    rules=(
        Rule(
            ("decision",), "t.decision NOT IN ('like', 'pass')", "decision is neither like nor pass", IGNORED
        ),
        Rule(
            ("user_id", "target_id"), "t.user_id = t.target_id", "a person decides about themselves", IGNORED
        ),
    ),
)

MATCHES = Table(
    "matches",
    "Pairs that liked each other; a and b in either order.",
    ("id",),
    (
        Column("id", ColumnType.BIGINT, "the match", required=True),
        Column("user_a", ColumnType.BIGINT, "one of the two", required=True),
        Column("user_b", ColumnType.BIGINT, "the other", required=True),
        Column("created_at", ColumnType.TIME, "when", required=True, default="'epoch'"),
    ),
    MATCHING,
    indexes=(
        Index("user_a", "match-scores", "a person's matches"),
        Index("user_b", "match-scores", "a person's matches"),
    ),
    references=(Reference("user_a", "users", IGNORED), Reference("user_b", "users", IGNORED)),
    rules=(
        Rule(("user_a", "user_b"), "t.user_a = t.user_b", "a person is matched with themselves", IGNORED),
    ),
)

BLOCKS = Table(
    "blocks",
    "Who blocked whom; neither is ever suggested to the other.",
    ("blocker_id", "blocked_id"),
    (
        Column("blocker_id", ColumnType.BIGINT, "who blocks", required=True),
        Column("blocked_id", ColumnType.BIGINT, "whom", required=True),
        Column("created_at", ColumnType.TIME, "when", required=True, default="'epoch'"),
    ),
    MATCHING,
    indexes=(
        Index("blocker_id", "match-scores and every read of feed.match_score", "whom a person blocked"),
        Index("blocked_id", "match-scores and every read of feed.match_score", "who blocked a person"),
    ),
    references=(Reference("blocker_id", "users", IGNORED), Reference("blocked_id", "users", IGNORED)),
    rules=(
        Rule(
            ("blocker_id", "blocked_id"), "t.blocker_id = t.blocked_id", "a person blocks themselves", IGNORED
        ),
    ),
)

REPORTS = Table(
    "reports",
    "Who reported a person or a post; a reported person and the reporter are never suggested to each other.",
    ("id",),
    (
        Column("id", ColumnType.BIGINT, "the report", required=True),
        Column("reporter_id", ColumnType.BIGINT, "who reports", required=True),
        Column("reported_user_id", ColumnType.BIGINT, "the person reported, if a person"),
        Column("reported_post_id", ColumnType.BIGINT, "the post reported, if a post"),
        Column("reason", ColumnType.TEXT, "why"),
        Column("created_at", ColumnType.TIME, "when", required=True, default="'epoch'"),
    ),
    MATCHING,
    indexes=(
        Index("reporter_id", "match-scores", "whom a person reported"),
        Index("reported_user_id", "match-scores", "who reported a person"),
        Index("reported_post_id", "content-features", "the reports of a post"),
    ),
    references=(Reference("reporter_id", "users", IGNORED), Reference("reported_user_id", "users", IGNORED)),
    rules=(
        Rule(
            ("reported_user_id", "reported_post_id"),
            "t.reported_user_id IS NULL AND t.reported_post_id IS NULL",
            "the report names neither a person nor a post",
            IGNORED,
        ),
        Rule(
            ("reporter_id", "reported_user_id"),
            "t.reporter_id = t.reported_user_id",
            "a person reports themselves",
            IGNORED,
        ),
    ),
)

HIDES = Table(
    "hides",
    "Who hid a person or a post; a hidden person sinks, and comes back slowly.",
    ("id",),
    (
        Column("id", ColumnType.BIGINT, "the hide", required=True),
        Column("user_id", ColumnType.BIGINT, "who hides", required=True),
        Column("hidden_user_id", ColumnType.BIGINT, "the person hidden, if a person"),
        Column("hidden_post_id", ColumnType.BIGINT, "the post hidden, if a post"),
        Column("created_at", ColumnType.TIME, "when; the latest hide of a person counts", required=True),
    ),
    MATCHING,
    indexes=(Index("user_id", "match-scores", "whom a person hid"),),
    references=(Reference("user_id", "users", IGNORED), Reference("hidden_user_id", "users", IGNORED)),
    rules=(
        Rule(
            ("hidden_user_id", "hidden_post_id"),
            "t.hidden_user_id IS NULL AND t.hidden_post_id IS NULL",
            "the hide names neither a person nor a post",
            IGNORED,
        ),
        Rule(
            ("user_id", "hidden_user_id"),
            "t.user_id = t.hidden_user_id",
            "a person hides themselves",
            IGNORED,
        ),
    ),
)

PAIR_TABLES = (RATINGS, DECISIONS, MATCHES, BLOCKS, REPORTS, HIDES)
