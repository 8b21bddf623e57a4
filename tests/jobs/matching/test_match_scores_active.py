"""match-scores --active: lists of those who were here of late, and nothing said about the others."""

from __future__ import annotations

from datetime import timedelta

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.plan import make_plan
from orchestrator.runner import preview_plan
from orchestrator.settings import Settings
from tests.jobs.conftest import NOW, Runner, execute, rows

JOB = "match-scores"
VIEWERS = "SELECT viewer_id FROM feed.match_list ORDER BY 1"
AWAY = f"UPDATE app.users SET last_active_at = '{NOW - timedelta(days=7, seconds=1)}'"


def test_lists_of_the_active_are_computed_and_those_of_others_stay_as_they_are(
    town: Database, run_in_town: Runner
) -> None:
    viewers = [viewer for (viewer,) in rows(town, VIEWERS)]
    here, unknown, away = viewers[:3]
    execute(
        town,
        AWAY,
        f"UPDATE app.users SET last_active_at = '{NOW - timedelta(days=7)}' WHERE id = {here}",
        f"UPDATE app.users SET last_active_at = NULL WHERE id = {unknown}",
        f"DELETE FROM feed.match_list WHERE viewer_id IN ({here}, {unknown}, {away})",
    )
    record = run_in_town(JOB, active=True)
    assert record.items_processed == 2
    assert "checked_everybody" not in record.metadata, "what is stale is still found by those who ask"
    assert [viewer for (viewer,) in rows(town, VIEWERS)] == [viewer for viewer in viewers if viewer != away]
    assert run_in_town(JOB, active=True, stale=True).metadata.get("rows_written", 0) == 0


def test_a_rehearsal_counts_the_active(town: Database, town_settings: Settings) -> None:
    execute(town, AWAY, "UPDATE app.users SET last_active_at = NULL WHERE id <= 10")
    asked = {JOB: registry[JOB].parameters.model_validate({"active": True})}
    *_, (_, told) = preview_plan(town, town_settings, make_plan(registry, [JOB]), asked, now=NOW)
    assert 0 < told.items <= 10
