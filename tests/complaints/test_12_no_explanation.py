"""Complaint 12: nobody can say why somebody is suggested, or why not."""

from __future__ import annotations

import pytest

from orchestrator.db.engine import Database
from orchestrator.jobs.matching.pair_report import report_pairs
from orchestrator.settings import Settings
from tests.jobs.conftest import rows

from .strict import NOW

LIST = "SELECT candidate_ids, scores FROM feed.match_list WHERE viewer_id = %s"
VIEWERS = "SELECT viewer_id FROM feed.match_list ORDER BY md5(viewer_id::text) LIMIT 3"
MOST = 200


def test_every_suggestion_adds_up_and_every_absence_has_a_reason(
    strict_town: Database, strict_settings: Settings
) -> None:
    everybody = [user for (user,) in rows(strict_town, "SELECT id FROM app.users ORDER BY id")]
    for (viewer,) in rows(strict_town, VIEWERS):
        ((ids, scores),) = rows(strict_town, LIST, viewer)
        stored = dict(zip(ids, scores, strict=True))
        assert stored
        with strict_town.connection() as connection:
            reports = report_pairs(connection, strict_settings.match, NOW, viewer, everybody)
        for report in reports:
            candidate = report.candidate.id
            total = sum(factor.contribution for factor in report.factors) * report.hide_multiplier
            assert total == pytest.approx(report.score, abs=1e-5)
            if candidate in stored:
                assert not report.excluded_by
                assert stored[candidate] == pytest.approx(report.score, abs=1e-5)
            elif report.excluded_by:
                assert all(exclusion.because for exclusion in report.excluded_by)
            else:
                assert len(stored) == MOST
                assert report.score <= min(scores) + 1e-5, "others fit better"
