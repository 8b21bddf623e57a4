"""What speaks for a pair and against it, as of today: every factor, every hard filter that excludes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import psycopg

from feedscore import MatchSettings, reference

from ...errors import ParameterError
from ..ids import rows_of
from .people import People, load_people, midnight
from .profile_words import Profile, fetch_profiles, filter_words

# What one of two people did that keeps them apart, with who did it; decisions count one way only.
KEPT_APART = """
SELECT 'blocked', blocker_id, blocked_id FROM app.blocks
WHERE blocker_id = ANY (%(pair)s) AND blocked_id = ANY (%(pair)s) AND blocker_id <> blocked_id
UNION SELECT 'reported', reporter_id, reported_user_id FROM app.reports
WHERE reporter_id = ANY (%(pair)s) AND reported_user_id = ANY (%(pair)s) AND reporter_id <> reported_user_id
UNION SELECT 'is matched with', user_a, user_b FROM app.matches
WHERE user_a = ANY (%(pair)s) AND user_b = ANY (%(pair)s) AND user_a <> user_b
UNION SELECT CASE decision WHEN 'like' THEN 'has already liked' ELSE 'has already passed on' END,
  user_id, target_id
FROM app.decisions WHERE user_id = %(viewer)s AND target_id = %(candidate)s AND decision IN ('like', 'pass')
ORDER BY 1, 2
"""
FILTER_OF = {
    "blocked": "block",
    "reported": "report",
    "is matched with": "match",
    "has already liked": "decision",
    "has already passed on": "decision",
}


@dataclass(frozen=True)
class Factor:
    """One factor of the score of a pair."""

    name: str
    value: float
    weight: float
    contribution: float
    missing: bool
    """Whether an input was missing, so that `value` is the default."""


@dataclass(frozen=True)
class Exclusion:
    """A hard filter that excludes a pair."""

    filter: str
    direction: str
    """viewer: the viewer's wishes or deeds; candidate: the candidate's; both: either's."""
    because: str


@dataclass(frozen=True)
class PairReport:
    """A pair as the score sees it today."""

    viewer: Profile
    candidate: Profile
    distance_km: float | None
    factors: tuple[Factor, ...]
    hide_multiplier: float
    score: float
    tier: str
    excluded_by: tuple[Exclusion, ...]
    """Empty = the pair may be suggested."""


def report_pairs(
    connection: psycopg.Connection,
    settings: MatchSettings,
    now: datetime,
    viewer: int,
    candidates: list[int],
) -> list[PairReport]:
    """Report on one viewer with some candidates, reading only these; ParameterError names unknown ones."""
    wanted = np.unique(np.array([viewer, *candidates], np.int64))
    people = load_people(connection, midnight(now), wanted)
    ids = people.population.ids
    unknown = wanted[~rows_of(ids, wanted)[1]]
    if len(unknown):
        raise ParameterError(f"no such user in app.users: {', '.join(map(str, unknown))}")
    profiles = fetch_profiles(connection, people)
    row = int(rows_of(ids, np.array([viewer]))[0][0])
    scored = reference.score(people.population, settings, row)
    passed = reference.filters(people.population, row)
    reports = []
    for candidate in candidates:
        other = int(rows_of(ids, np.array([candidate]))[0][0])
        failed = [name for name, holds in passed.items() if not holds[other]]
        pair = (profiles[viewer], profiles[candidate])
        distance = float(scored.distance_km[other])
        reports.append(
            PairReport(
                *pair,
                distance_km=None if np.isnan(distance) else distance,
                factors=_factors(settings, scored, other),
                hide_multiplier=float(scored.hide_multiplier[other]),
                score=float(scored.score[other]),
                tier=_tier(settings, scored, other),
                excluded_by=_exclusions(connection, people, failed, pair, distance),
            )
        )
    return reports


def _factors(settings: MatchSettings, scored: reference.ViewerScores, other: int) -> tuple[Factor, ...]:
    factors = []
    for name, weight in reference.weights(settings).items():
        value = float(scored.values[name][other])
        factors.append(Factor(name, value, weight, weight * value, bool(scored.missing[name][other])))
    return tuple(factors)


def _tier(settings: MatchSettings, scored: reference.ViewerScores, other: int) -> str:
    complete = not any(missing[other] for missing in scored.missing.values())
    high = np.float32(scored.score[other]) >= np.float32(settings.tier_a_score)
    return "A" if complete and high else "B"


def _exclusions(
    connection: psycopg.Connection,
    people: People,
    failed: list[str],
    pair: tuple[Profile, Profile],
    distance: float,
) -> tuple[Exclusion, ...]:
    """Put each failed filter into words; what people did is told apart by table and direction."""
    found: list[Exclusion] = []
    for name in failed:
        if name == "not_excluded":
            found += _deeds(connection, pair)
            continue
        direction, _, rest = name.partition("_")
        if name == "not_self":
            found.append(Exclusion("not_self", "both", "nobody is suggested to themselves"))
            continue
        own, other = (0, 1) if direction == "viewer" else (1, 0)
        because = filter_words(people, rest, (pair[own], pair[other]), distance)
        found.append(Exclusion(rest, direction, because))
    return tuple(found)


def _deeds(connection: psycopg.Connection, pair: tuple[Profile, Profile]) -> list[Exclusion]:
    viewer, candidate = pair[0].id, pair[1].id
    params = {"pair": [viewer, candidate], "viewer": viewer, "candidate": candidate}
    return [
        Exclusion(
            FILTER_OF[deed],
            "both" if deed == "is matched with" else "viewer" if who == viewer else "candidate",
            f"{who} {deed} {whom}",
        )
        for deed, who, whom in connection.execute(KEPT_APART, params)
    ]
