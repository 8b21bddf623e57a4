"""The part of the contract about people themselves: who they are, and whom they seek."""

from __future__ import annotations

from .faults import FaultKind, Severity
from .terms import Column, ColumnType, Index, Reference, Rule, Search, Table

MATCHING = ("match-scores",)
NOT_FINITE = "('NaN', 'Infinity', '-Infinity')"
IGNORED = "The row is ignored."
PLACE_UNKNOWN = "The place counts as unknown."

# Genders that somebody seeks have a code each; those that nobody has share one.
GENDERS_BEYOND_63 = """
SELECT row_number() OVER (ORDER BY code), code FROM (
  SELECT DISTINCT CASE WHEN h.gender IS NULL THEN 'genders that nobody has' ELSE s.gender END AS code
  FROM (SELECT DISTINCT unnest(seeking) AS gender FROM app.preferences) AS s
  LEFT JOIN (SELECT DISTINCT gender FROM app.users) AS h USING (gender)
  WHERE s.gender ~ '[^[:space:]]' ORDER BY 1 OFFSET 63) AS beyond"""

USERS = Table(
    "users",
    "People, one row each. Keep those who left (is_active false) for as long as other tables speak of them.",
    ("id",),
    (
        Column("id", ColumnType.BIGINT, "the person", required=True),
        Column("created_at", ColumnType.TIME, "when the person joined", required=True),
        Column(
            "last_active_at", ColumnType.TIME, "when the person was last here; unknown = counts as active"
        ),
        Column(
            "is_active", ColumnType.BOOLEAN, "false: paused, banned or gone", required=True, default="true"
        ),
        Column("visibility", ColumnType.TEXT, "public | hidden", required=True, default="'public'"),
        Column("display_name", ColumnType.TEXT, "the name that others see"),
        Column("bio", ColumnType.TEXT, "the person's own words"),
        Column("birth_date", ColumnType.DATE, "unknown = not shown to be adult, so never matched"),
        Column("gender", ColumnType.TEXT, "any text: woman, man, nonbinary, ...; NULL = unknown"),
        Column("latitude", ColumnType.DOUBLE, "degrees, -90 to 90; known or unknown together with longitude"),
        Column("longitude", ColumnType.DOUBLE, "degrees, -180 to 180"),
        Column("photo_count", ColumnType.INTEGER, "photos on the profile", required=True, default="0"),
    ),
    MATCHING,
    indexes=(Index("id", "match-scores", "one person's profile"),),
    rules=(
        Rule(("latitude",), f"t.latitude IN {NOT_FINITE}", "latitude is not a finite number", PLACE_UNKNOWN),
        Rule(
            ("longitude",), f"t.longitude IN {NOT_FINITE}", "longitude is not a finite number", PLACE_UNKNOWN
        ),
        Rule(
            ("latitude",),
            f"t.latitude NOT BETWEEN -90 AND 90 AND t.latitude NOT IN {NOT_FINITE}",
            "latitude is outside -90 to 90",
            PLACE_UNKNOWN,
        ),
        Rule(
            ("longitude",),
            f"t.longitude NOT BETWEEN -180 AND 180 AND t.longitude NOT IN {NOT_FINITE}",
            "longitude is outside -180 to 180",
            PLACE_UNKNOWN,
        ),
        Rule(
            ("latitude", "longitude"),
            "(t.latitude IS NULL) <> (t.longitude IS NULL)",
            "latitude without longitude, or the other way round",
            PLACE_UNKNOWN,
        ),
        Rule(
            ("birth_date",),
            "t.birth_date > %(today)s",
            "birth date in the future",
            "The age counts as unknown: the person is never matched.",
        ),
        Rule(
            ("birth_date",),
            "t.birth_date < %(today)s - interval '130 years'",
            "birth date more than 130 years ago",
            "The age counts as unknown: the person is never matched.",
        ),
        Rule(
            ("gender",),
            "t.gender !~ '[^[:space:]]'",
            "gender is an empty text",
            "The gender counts as unknown.",
        ),
        Rule(
            ("visibility",),
            "t.visibility NOT IN ('public', 'hidden')",
            "visibility is neither public nor hidden",
            "The person counts as hidden: neither shown nor given suggestions.",
        ),
        Rule(
            ("created_at",),
            "t.created_at > %(today)s + interval '2 days'",
            "joined in the future",
            "The person counts as having joined now.",
            Severity.WARNING,
        ),
    ),
    searches=(
        Search(
            "gender",
            ("users.gender", "preferences.seeking"),
            GENDERS_BEYOND_63,
            "more than 63 genders that somebody seeks; those beyond",
            "match-scores has 63 codes for genders, and refuses to run.",
            FaultKind.TOO_MANY,
        ),
    ),
)

PREFERENCES = Table(
    "preferences",
    "Whom a person wants to meet; at most one row a person, none = open to all.",
    ("user_id",),
    (
        Column("user_id", ColumnType.BIGINT, "whose preferences", required=True),
        Column("seeking", ColumnType.TEXTS, "genders; NULL or empty = open to all"),
        Column("min_age", ColumnType.INTEGER, "years, inclusive; NULL = no limit"),
        Column("max_age", ColumnType.INTEGER, "years, inclusive; NULL = no limit"),
        Column("max_distance_km", ColumnType.REAL, "NULL = no limit"),
        Column("goals", ColumnType.TEXTS, "relationship goals, any texts"),
    ),
    MATCHING,
    indexes=(Index("user_id", "match-scores", "one person's preferences"),),
    references=(Reference("user_id", "users", IGNORED),),
    rules=(
        Rule(
            ("min_age", "max_age"),
            "t.min_age > t.max_age",
            "min_age is above max_age",
            "Nobody fits: the person gets no suggestions and is suggested to nobody.",
        ),
        Rule(
            ("min_age",),
            "t.min_age NOT BETWEEN 0 AND 999",
            "min_age is outside 0 to 999",
            "It counts as no limit.",
        ),
        Rule(
            ("max_age",),
            "t.max_age NOT BETWEEN 0 AND 999",
            "max_age is outside 0 to 999",
            "It counts as no limit.",
        ),
        Rule(
            ("max_distance_km",),
            "t.max_distance_km < 0 OR t.max_distance_km = 'NaN'",
            "max_distance_km is negative or not a number",
            "It counts as no limit.",
        ),
        Rule(
            ("seeking",),
            "array_position(t.seeking, NULL) IS NOT NULL OR '' = ANY (t.seeking)",
            "seeking holds a NULL or an empty text",
            "That element is ignored.",
        ),
        Rule(
            ("goals",),
            "array_position(t.goals, NULL) IS NOT NULL OR '' = ANY (t.goals)",
            "goals holds a NULL or an empty text",
            "That element is ignored.",
        ),
    ),
    searches=(
        Search(
            "goals",
            ("preferences.user_id", "preferences.goals"),
            "SELECT row_number() OVER (ORDER BY goal), goal FROM ("
            " SELECT goal FROM app.preferences CROSS JOIN unnest(goals) AS goal"
            " GROUP BY 1 HAVING count(DISTINCT user_id) > 1 ORDER BY 1 OFFSET 64) AS beyond",
            "more than 64 goals that people share; those beyond",
            "match-scores has 64 codes for goals, and refuses to run.",
            FaultKind.TOO_MANY,
        ),
    ),
)

PROFILE_TABLES = (USERS, PREFERENCES)
