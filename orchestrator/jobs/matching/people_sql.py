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
# Those of some interests that exist.
INTERESTS_AMONG = "SELECT id FROM app.interests WHERE id = ANY (%s)"
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


@dataclass(frozen=True)
class Pairs:
    """A read of pairs of people, as arrays of others, one a person."""

    select: str
    viewer: str
    other: str
    both_ways: bool
    """Whether what one did counts for the other as well."""

    def scope(self, *, among: bool) -> str:
        """Keep the pairs among the people in `%(users)s`, or all that count for one of them."""
        viewer, other = f"{self.viewer} = ANY (%(users)s)", f"{self.other} = ANY (%(users)s)"
        if among:
            return f"{viewer} AND {other}"
        return f"({viewer} OR {other})" if self.both_ways else viewer


# Pairs that are never suggested.
EXCLUSIONS = {
    "blocks": Pairs(
        "SELECT blocker_id, array_agg(blocked_id) FROM app.blocks"
        " WHERE blocker_id IS NOT NULL AND blocked_id IS NOT NULL AND {scope} GROUP BY 1",
        "blocker_id", "blocked_id", both_ways=True,
    ),
    "reports": Pairs(
        "SELECT reporter_id, array_agg(reported_user_id) FROM app.reports"
        " WHERE reporter_id IS NOT NULL AND reported_user_id IS NOT NULL AND {scope} GROUP BY 1",
        "reporter_id", "reported_user_id", both_ways=True,
    ),
    "matches": Pairs(
        "SELECT user_a, array_agg(user_b) FROM app.matches"
        " WHERE user_a IS NOT NULL AND user_b IS NOT NULL AND {scope} GROUP BY 1",
        "user_a", "user_b", both_ways=True,
    ),
    "decisions": Pairs(
        "SELECT user_id, array_agg(target_id) FROM app.decisions"
        " WHERE decision IN ('like', 'pass') AND user_id IS NOT NULL AND target_id IS NOT NULL AND {scope}"
        " GROUP BY 1",
        "user_id", "target_id", both_ways=False,
    ),
}  # fmt: skip

# Whom people hid, and when last; an unknown time counts as today.
HIDES = Pairs(
    """
SELECT user_id, hidden_user_id, max(created_at) FILTER (WHERE isfinite(created_at))
FROM app.hides WHERE user_id IS NOT NULL AND hidden_user_id IS NOT NULL AND {scope}
GROUP BY user_id, hidden_user_id""",
    "user_id", "hidden_user_id", both_ways=False,
)  # fmt: skip
HIDE_KINDS = {"viewer": "int8", "other": "int8", "hidden_at": "timestamptz?"}
PAIR_KINDS = {"viewer": "int8", "others": "int8[]"}
