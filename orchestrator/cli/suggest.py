"""The command that shows one person's best suggestions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import psycopg
import typer

from ..jobs.matching.pair_report import PairReport, report_pairs
from ..jobs.matching.profile_words import Profile, why_not_eligible
from ..settings import Settings, load_settings
from .options import AsJson
from .output import print_json, print_table, remark, say
from .workplace import open_database

# The best stored suggestions of a viewer.
BEST = """
SELECT candidate_user_id, score, tier, reasons, computed_at FROM feed.match_score
WHERE viewer_user_id = %s ORDER BY score DESC, candidate_user_id LIMIT %s
"""
# Which of these people still exist.
THERE = "SELECT id FROM app.users WHERE id = ANY (%s)"
# Whether a person's list was ever computed; it may be empty.
HAS_LIST = "SELECT EXISTS (SELECT FROM feed.match_list WHERE viewer_id = %s)"


@dataclass(frozen=True)
class Suggestion:
    """A stored suggestion, and what its score is made of today."""

    rank: int
    score: float
    tier: str
    reasons: list[str]
    computed_at: datetime
    pair: PairReport


def suggest(
    user: Annotated[int, typer.Argument(metavar="USER", help="Id of the person who looks.")],
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most this many suggestions.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show somebody's best suggestions: who, the score, what it is made of, and the reasons."""
    settings, now = load_settings(), datetime.now(UTC)
    with open_database(settings) as database, database.connection() as connection:
        viewer = report_pairs(connection, settings.match, now, user, [user])[0].viewer
        found = best_suggestions(connection, settings, now, user, limit)
        why_none = None if found else _why_none(connection, viewer)
    if as_json:
        print_json(
            {
                "user": asdict(viewer),
                "suggestions": [suggestion_as_json(one) for one in found],
                "why_none": why_none,
            }
        )
    elif found:
        _show(viewer, found)
    else:
        say(f"No suggestions for {called(viewer)}: {why_none}.")


def best_suggestions(
    connection: psycopg.Connection, settings: Settings, now: datetime, user: int, limit: int
) -> list[Suggestion]:
    """Read the best stored suggestions; people who are gone since are left out."""
    rows = connection.execute(BEST, (user, limit)).fetchall()
    there = {row[0] for row in connection.execute(THERE, ([row[0] for row in rows],))}
    kept = [(rank, row) for rank, row in enumerate(rows, 1) if row[0] in there]
    pairs = report_pairs(connection, settings.match, now, user, [row[0] for _, row in kept])
    return [
        Suggestion(rank, score, tier, reasons, computed_at, pair)
        for (rank, (_, score, tier, reasons, computed_at)), pair in zip(kept, pairs, strict=True)
    ]


def called(profile: Profile) -> str:
    """Name a person for people: name, age, gender and id."""
    about = [profile.name or "(no name)", *(str(x) for x in (profile.age, profile.gender) if x)]
    return f"{', '.join(about)} (user {profile.id})"


def suggestion_as_json(one: Suggestion) -> dict[str, Any]:  # Any: whatever JSON can hold
    """Give a suggestion as JSON: the stored score and reasons, and the factors of today."""
    return {
        "rank": one.rank,
        "candidate": asdict(one.pair.candidate),
        "score": one.score,
        "tier": one.tier,
        "reasons": one.reasons,
        "computed_at": one.computed_at,
        "distance_km": one.pair.distance_km,
        "score_today": one.pair.score,
        "hide_multiplier": one.pair.hide_multiplier,
        "factors": [asdict(factor) for factor in one.pair.factors],
    }


def _why_none(connection: psycopg.Connection, viewer: Profile) -> str:
    against = why_not_eligible(viewer)
    if against:
        return f"not eligible: {against}"
    computed = connection.execute(HAS_LIST, (viewer.id,)).fetchone()
    if computed and computed[0]:
        return "the list is empty: nobody passes the hard filters both ways"
    return f"not computed yet; run: python -m orchestrator run match-scores --user-id {viewer.id}"


def _show(viewer: Profile, found: list[Suggestion]) -> None:
    names = [factor.name for factor in found[0].pair.factors]
    print_table(
        ("", "User", "Who", "km", "Score", "Tier", *names, "Why"),
        [
            (
                str(one.rank),
                str(one.pair.candidate.id),
                ", ".join(
                    str(x)
                    for x in (one.pair.candidate.name or "(no name)", one.pair.candidate.age)
                    if x is not None
                ),
                "" if one.pair.distance_km is None else f"{one.pair.distance_km:.0f}",
                f"{one.score:.3f}",
                one.tier,
                *(f"{f.contribution:.3f}{'?' if f.missing else ''}" for f in one.pair.factors),
                ", ".join(one.reasons),
            )
            for one in found
        ],
        right={"", "User", "km", "Score", *names},
        title=f"The best suggestions for {called(viewer)}",
    )
    remark("Factors are what each adds to the score today; ? = an input is missing and a default stands in.")
