"""A refresh leaves exactly the rows that computing everything anew would leave."""

from __future__ import annotations

import numpy as np
import pytest

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.jobs.matching import live_lists, match_rows, match_scores
from orchestrator.settings import Settings
from orchestrator.triggers.events import emit
from orchestrator.triggers.refresher import Refresher
from tests.jobs.conftest import NOW, Runner, rows, versions
from tests.triggers.deeds import DEEDS

LISTS = "SELECT status FROM feed.job_run WHERE trigger = 'EVENT' AND job = 'match-scores' ORDER BY id"


def work_off(refresher: Refresher, database: Database) -> None:
    own = database.dedicated()
    while refresher.work_off(own, NOW):
        pass
    own.close()


@pytest.fixture
def short_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of 20, which most people of a small town can fill."""
    for module in (match_rows, match_scores, live_lists):
        monkeypatch.setattr(module, "LIST_LENGTH", 20)


@pytest.mark.parametrize("seed", [1, 2])
def test_refreshes_leave_what_computing_everything_anew_leaves(
    seed: int, short_lists: None, town: Database, town_settings: Settings, run_in_town: Runner,
) -> None:  # fmt: skip
    run_in_town("match-scores")
    before = versions(town, "feed.match_list", "viewer_id")
    refresher = Refresher(town, town_settings, registry)
    r = np.random.default_rng(seed)
    work_off(refresher, town)
    for _ in range(12):
        with town.connection() as connection:
            people = [row[0] for row in connection.execute("SELECT id FROM app.users ORDER BY id")]
            for deed in r.choice(np.array(DEEDS, object), r.integers(1, 4)):
                one, other = r.choice(people, 2, replace=False).tolist()
                emit(connection, deed(connection, r, one, other))
        work_off(refresher, town)
    refreshed = versions(town, "feed.match_list", "viewer_id")
    assert {status for (status,) in rows(town, LISTS)} == {"SUCCESS"}
    assert len(set(before.items()) & set(refreshed.items())) > 20, "lists that nothing touched were written"
    record = run_in_town("match-scores")
    assert record.metadata["rows_written"] == 0
    assert versions(town, "feed.match_list", "viewer_id") == refreshed
