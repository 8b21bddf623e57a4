"""People as they describe themselves, and the filters they fail, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import psycopg

from feedscore import reference
from feedscore.population import OPEN_LIMIT

from .people import People

# Who people are and whom they seek, in the application's own words.
PROFILES = """
SELECT DISTINCT ON (u.id) u.id, u.display_name, u.gender, coalesce(u.is_active, false),
  coalesce(u.visibility, ''), coalesce(p.seeking, '{}')
FROM app.users AS u LEFT JOIN app.preferences AS p ON p.user_id = u.id
WHERE u.id = ANY (%s)
ORDER BY u.id, u.created_at, u.birth_date, u.gender, p.seeking
"""


@dataclass(frozen=True)
class Profile:
    """One person, for people to read."""

    id: int
    name: str | None
    age: int | None
    """Whole years; None = unknown."""
    gender: str | None
    is_active: bool
    visibility: str
    seeking: tuple[str, ...]


def fetch_profiles(connection: psycopg.Connection, people: People) -> dict[int, Profile]:
    """Read the profiles of everybody in a (small) population."""
    ids = people.population.ids.tolist()
    age = dict(zip(ids, people.population.age.tolist(), strict=True))
    return {
        user: Profile(
            user, name, age[user] or None, gender, active, visibility, tuple(s for s in seeking if s)
        )
        for user, name, gender, active, visibility, seeking in connection.execute(PROFILES, (ids,))
    }


def why_not_eligible(profile: Profile) -> str | None:
    """Say why a person has no suggestions and is suggested to nobody; None if nothing is against it."""
    if not profile.is_active:
        return f"{profile.id} is not active"
    if profile.visibility != "public":
        return f"{profile.id} has visibility {profile.visibility or 'NULL'}, not public"
    if profile.age is None:
        return f"{profile.id} has no usable birth date, so is not shown to be {reference.ADULT_AGE}"
    if profile.age < reference.ADULT_AGE:
        return f"{profile.id} is {profile.age}, under {reference.ADULT_AGE}"
    return None


def filter_words(people: People, name: str, pair: tuple[Profile, Profile], distance_km: float) -> str:
    """Say how a filter of the first of the pair excludes the second."""
    own, other = pair
    p = people.population
    row = int(np.searchsorted(p.ids, own.id))
    if name == "active_adult":
        return why_not_eligible(own) or f"{own.id} is not eligible"
    if name == "seeks_gender":
        return (
            f"{own.id} seeks {' or '.join(own.seeking)}; {other.id} is {other.gender or 'of unknown gender'}"
        )
    if name == "age_range":
        low, high = (
            "any" if limit == OPEN_LIMIT else str(limit) for limit in (p.min_age[row], p.max_age[row])
        )
        return f"{own.id} wants ages {low} to {high}; {other.id} is {other.age or 'of unknown age'}"
    limit = np.format_float_positional(p.max_distance_km[row], trim="-")
    return f"{own.id} wants at most {limit} km; {other.id} is {distance_km:.1f} km away"
