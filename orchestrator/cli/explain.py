"""The command that explains one pair: what it scores and why, or what excludes it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import psycopg
import typer

from ..jobs.matching.pair_report import PairReport, report_pairs
from ..settings import load_settings
from .options import AsJson
from .output import moment, print_json, print_table, say
from .suggest import called
from .workplace import open_database

# Where a candidate stands in a viewer's stored list, if there, with what the view says about the pair.
STORED = """
SELECT array_position(l.candidate_ids, %(candidate)s), m.score, m.tier, m.reasons, l.computed_at
FROM feed.match_list AS l
LEFT JOIN feed.match_score AS m ON m.viewer_user_id = l.viewer_id AND m.candidate_user_id = %(candidate)s
WHERE l.viewer_id = %(viewer)s
"""


@dataclass(frozen=True)
class Stored:
    """What the viewer's stored list says about the candidate."""

    rank: int | None
    """Place in the list, from 1; None = not in it."""
    score: float | None
    tier: str | None
    reasons: list[str] | None
    computed_at: datetime


def explain_pair(
    viewer: Annotated[int, typer.Argument(metavar="VIEWER", help="Id of the person who looks.")],
    candidate: Annotated[int, typer.Argument(metavar="CANDIDATE", help="Id of the person looked at.")],
    as_json: AsJson = False,
) -> None:
    """Explain a pair: every factor of its score, or which hard filter excludes it, in which direction."""
    settings, now = load_settings(), datetime.now(UTC)
    with open_database(settings) as database, database.connection() as connection:
        report = report_pairs(connection, settings.match, now, viewer, [candidate])[0]
        stored = _stored(connection, viewer, candidate)
    if as_json:
        print_json(_as_json(report, stored))
    else:
        _show(report, stored)


def _stored(connection: psycopg.Connection, viewer: int, candidate: int) -> Stored | None:
    row = connection.execute(STORED, {"viewer": viewer, "candidate": candidate}).fetchone()
    return Stored(*row) if row else None


def _as_json(report: PairReport, stored: Stored | None) -> dict[str, Any]:  # Any: whatever JSON can hold
    return {
        "viewer": asdict(report.viewer),
        "candidate": asdict(report.candidate),
        "eligible": not report.excluded_by,
        "excluded_by": [asdict(one) for one in report.excluded_by],
        "distance_km": report.distance_km,
        "factors": [asdict(factor) for factor in report.factors],
        "hide_multiplier": report.hide_multiplier,
        "score": report.score,
        "tier": report.tier,
        "stored": asdict(stored) if stored else None,
    }


def _show(report: PairReport, stored: Stored | None) -> None:
    distance = "an unknown distance" if report.distance_km is None else f"{report.distance_km:.1f} km"
    say(f"{called(report.viewer)} looks at {called(report.candidate)}, {distance} away")
    if report.excluded_by:
        say("\nNever suggested:")
        for one in report.excluded_by:
            say(f"  {one.filter} ({one.direction}): {one.because}")
    say()
    print_table(
        ("Factor", "Value", "Weight", "Contribution", ""),
        [
            (
                f.name,
                f"{f.value:.4f}",
                f"{f.weight:.2f}",
                f"{f.contribution:.4f}",
                "default" if f.missing else "",
            )
            for f in report.factors
        ],
        right={"Value", "Weight", "Contribution"},
        title="If the filters were not there" if report.excluded_by else "What the score is made of",
    )
    if report.hide_multiplier < 1:
        say(f"{report.viewer.id} hid {report.candidate.id}: times {report.hide_multiplier:.4f}")
    say(f"Score today {report.score:.4f}, tier {report.tier}")
    say(_in_words(report, stored))


def _in_words(report: PairReport, stored: Stored | None) -> str:
    if not stored:
        return f"{report.viewer.id} has no stored list."
    if stored.rank is None:
        return f"Not among the stored suggestions of {moment(stored.computed_at)}."
    if stored.score is None:
        return f"At place {stored.rank} of the stored list, but never shown, because of a block."
    reasons = ", ".join(stored.reasons or ()) or "no reasons"
    return (
        f"At place {stored.rank} of the stored list, score {stored.score:.4f}, tier {stored.tier}: {reasons}."
    )
