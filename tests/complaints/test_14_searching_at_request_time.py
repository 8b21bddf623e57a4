"""Complaint 14: the search at request time is slow, times out, or misses better matches.

Nothing is searched at request time: lists are there, exact. Profiles cannot be searched by words yet.
"""

from __future__ import annotations

from typing import Any

from orchestrator.db.engine import Database
from orchestrator.jobs.matching.pair_report import report_pairs
from orchestrator.settings import Settings
from tests.jobs.conftest import rows

from .strict import NOW

BEST = "SELECT candidate_user_id FROM feed.match_score WHERE viewer_user_id = {} ORDER BY score DESC LIMIT 20"
LONGEST_LIST = "SELECT viewer_id FROM feed.match_list ORDER BY cardinality(candidate_ids) DESC LIMIT 1"
EXPLAIN = "EXPLAIN (FORMAT JSON) " + BEST


def relations(plan: dict[str, Any]) -> set[tuple[str, str]]:  # Any: a plan as JSON
    """How each table is read."""
    own = {(plan["Relation Name"], plan["Node Type"])} if "Relation Name" in plan else set()
    return own.union(*(relations(part) for part in plan.get("Plans", [])))


def test_the_best_twenty_are_the_best_of_all_and_reading_them_scans_no_people(
    strict_town: Database, strict_settings: Settings
) -> None:
    everybody = [user for (user,) in rows(strict_town, "SELECT id FROM app.users")]
    ((viewer,),) = rows(strict_town, LONGEST_LIST)
    with strict_town.connection() as connection:
        reports = report_pairs(connection, strict_settings.match, NOW, viewer, everybody)
        connection.execute("SET LOCAL enable_seqscan = off")  # so small a town is read faster at once
        ((plan,),) = connection.execute(EXPLAIN.format(viewer).encode()).fetchall()
    scores = {report.candidate.id: report.score for report in reports if not report.excluded_by}
    shown = [candidate for (candidate,) in rows(strict_town, BEST.format(viewer))]
    assert len(shown) == 20
    best = sorted(scores.values(), reverse=True)[:20]
    assert [round(scores[candidate], 4) for candidate in shown] == [round(score, 4) for score in best]
    read = relations(plan[0]["Plan"])
    assert {table for table, _ in read} <= {
        "match_list",
        "blocks",
        "event_outbox",
        "interests",
        "user_interest_set",
    }
    assert ("match_list", "Index Scan") in read or ("match_list", "Bitmap Heap Scan") in read
