"""What match scores read, table by table; `{scope}` is everybody, or some people."""

from __future__ import annotations

from dataclasses import dataclass

EVERYBODY = "true"


@dataclass(frozen=True)
class Read:
    """One read: its SELECT, the same with each key once, and the kinds of its columns."""

    select: str
    once: str
    kinds: dict[str, str]
    scope: str
    """The condition that keeps the rows of the people in `%(users)s`."""


# People as the application knows them. A finite date and time, or none; hidden and inactive are one to us.
USERS = Read(
    select="""
SELECT id, coalesce(is_active AND visibility = 'public', false),
  CASE WHEN isfinite(birth_date) THEN birth_date END,
  gender, latitude, longitude, CASE WHEN isfinite(created_at) THEN created_at END
FROM app.users WHERE id IS NOT NULL AND {scope}""",
    once="""
SELECT DISTINCT ON (id) id, coalesce(is_active AND visibility = 'public', false),
  CASE WHEN isfinite(birth_date) THEN birth_date END, gender, latitude, longitude,
  CASE WHEN isfinite(created_at) THEN created_at END
FROM app.users WHERE id IS NOT NULL AND {scope}
ORDER BY id, created_at, birth_date, gender, latitude, longitude, is_active, visibility""",
    kinds={
        "id": "int8", "active": "bool", "birth_date": "date?", "gender": "text?",
        "latitude": "float8?", "longitude": "float8?", "created_at": "timestamptz?",
    },
    scope="id = ANY (%(users)s)",
)  # fmt: skip

# Whom people want to meet.
PREFERENCES = Read(
    select="""
SELECT user_id, seeking, min_age, max_age, max_distance_km, goals
FROM app.preferences WHERE user_id IS NOT NULL AND {scope}""",
    once="""
SELECT DISTINCT ON (user_id) user_id, seeking, min_age, max_age, max_distance_km, goals
FROM app.preferences WHERE user_id IS NOT NULL AND {scope}
ORDER BY user_id, seeking, min_age, max_age, max_distance_km, goals""",
    kinds={
        "user_id": "int8", "seeking": "text[]?", "min_age": "int4?", "max_age": "int4?",
        "max_distance_km": "float4?", "goals": "text[]?",
    },
    scope="user_id = ANY (%(users)s)",
)  # fmt: skip

# The interests there are, each once; of several slugs the first.
INTERESTS = "SELECT DISTINCT ON (id) id, slug FROM app.interests WHERE id IS NOT NULL ORDER BY id, slug"
# How many axes the quiz vectors have.
TRAIT_COUNT = "SELECT count(*) FROM feed.trait"
# The quiz vectors.
TRAITS = "SELECT user_id, traits FROM feed.user_trait WHERE {scope}"
# The interest sets, ascending.
INTEREST_SETS = "SELECT user_id, interest_ids FROM feed.user_interest_set WHERE {scope}"
# What people are rated.
RATED = (
    "SELECT user_id, overall_count, quality, attribute_means FROM feed.profile_rating_aggregate WHERE {scope}"
)
# What raters prefer.
PREFERRED = "SELECT user_id, preference FROM feed.user_rating_preference WHERE {scope}"
OF_USERS = "user_id = ANY (%(users)s)"
"""The scope of all tables with a user_id."""

# Pairs that are never suggested: viewer, other. Decisions hold one way, the others both ways.
EXCLUSIONS = {
    "blocks": (
        "SELECT blocker_id, array_agg(blocked_id) FROM app.blocks"
        " WHERE blocker_id IS NOT NULL AND blocked_id IS NOT NULL AND {scope} GROUP BY 1",
        "blocker_id = ANY (%(users)s) AND blocked_id = ANY (%(users)s)",
    ),
    "reports": (
        "SELECT reporter_id, array_agg(reported_user_id) FROM app.reports"
        " WHERE reporter_id IS NOT NULL AND reported_user_id IS NOT NULL AND {scope} GROUP BY 1",
        "reporter_id = ANY (%(users)s) AND reported_user_id = ANY (%(users)s)",
    ),
    "matches": (
        "SELECT user_a, array_agg(user_b) FROM app.matches"
        " WHERE user_a IS NOT NULL AND user_b IS NOT NULL AND {scope} GROUP BY 1",
        "user_a = ANY (%(users)s) AND user_b = ANY (%(users)s)",
    ),
    "decisions": (
        "SELECT user_id, array_agg(target_id) FROM app.decisions"
        " WHERE decision IN ('like', 'pass') AND user_id IS NOT NULL AND target_id IS NOT NULL AND {scope}"
        " GROUP BY 1",
        "user_id = ANY (%(users)s) AND target_id = ANY (%(users)s)",
    ),
}
ONE_WAY = frozenset({"decisions"})

# Whom people hid, and when last; an unknown time counts as today.
HIDES = """
SELECT user_id, hidden_user_id, max(created_at) FILTER (WHERE isfinite(created_at))
FROM app.hides WHERE user_id IS NOT NULL AND hidden_user_id IS NOT NULL AND {scope}
GROUP BY user_id, hidden_user_id
"""
HIDES_SCOPE = "user_id = ANY (%(users)s) AND hidden_user_id = ANY (%(users)s)"
HIDE_KINDS = {"viewer": "int8", "other": "int8", "hidden_at": "timestamptz?"}
PAIR_KINDS = {"viewer": "int8", "others": "int8[]"}
