"""A refresh leaves exactly the rows that computing everything anew would leave."""

from __future__ import annotations

import numpy as np
import pytest

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.jobs.matching import live_lists, match_rows, match_scores
from orchestrator.settings import Settings
from orchestrator.triggers.events import Event, EventName, emit
from orchestrator.triggers.refresher import USERS_AT_ONCE, Refresher
from tests.jobs.conftest import NOW, Runner, execute, rows, versions
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


def test_a_burst_ends_in_few_runs_and_nothing_is_lost(
    short_lists: None, town: Database, town_settings: Settings, run_in_town: Runner
) -> None:
    run_in_town("match-scores")
    burst = """INSERT INTO feed.event_outbox (kind, user_id)
      SELECT 'profile.updated', 1 + n % 300 FROM generate_series(1, 3000) AS n"""
    with town.connection() as connection:
        connection.execute(burst)
        connection.execute(
            "UPDATE app.users SET birth_date = birth_date - 700 WHERE id % 3 = 0 AND id <= 300"
        )
    work_off(Refresher(town, town_settings, registry), town)
    assert rows(town, "SELECT count(*) FROM feed.event_outbox WHERE processed_at IS NULL") == [(0,)]
    assert len(rows(town, LISTS)) == 300 / USERS_AT_ONCE
    assert run_in_town("match-scores").metadata["rows_written"] == 0


def test_what_is_beyond_the_cap_is_told_and_done_by_the_next_run_over_stale_lists(
    short_lists: None, town: Database, town_settings: Settings, run_in_town: Runner
) -> None:
    run_in_town("match-scores")
    with town.connection() as connection:
        connection.execute("UPDATE app.users SET latitude = NULL, longitude = NULL WHERE id = 3")
        emit(connection, Event(kind=EventName.LOCATION_CHANGED, user_id=3))
    work_off(Refresher(town, town_settings.model_copy(update={"refresh_viewers": 1}), registry), town)
    told = "SELECT metadata -> 'viewers_left_to_the_next_run' FROM feed.job_run WHERE trigger = 'EVENT'"
    ((left,),) = rows(town, told)
    assert left > 0
    assert run_in_town("match-scores", stale=True).items_processed == left
    assert run_in_town("match-scores").metadata["rows_written"] == 0


def test_lists_that_hold_whoever_changed_while_no_refresher_was_there_are_found(
    short_lists: None, town: Database, town_settings: Settings, run_in_town: Runner
) -> None:
    """As after a kill between the commit of a change and that of the lists."""
    run_in_town("match-scores")
    with town.connection() as connection:
        connection.execute("UPDATE app.users SET is_active = false WHERE id IN (5, 6, 7)")
        emit(connection, Event(kind=EventName.USER_DEACTIVATED, user_id=5))
        emit(connection, Event(kind=EventName.USER_DEACTIVATED, user_id=6))
        emit(connection, Event(kind=EventName.USER_DEACTIVATED, user_id=7))
    work_off(Refresher(town, town_settings, registry), town)
    holding = (
        "SELECT count(*) FROM feed.match_list WHERE candidate_ids && '{5,6,7}' OR viewer_id IN (5, 6, 7)"
    )
    assert rows(town, holding) == [(0,)]


def test_a_refresh_that_was_overwritten_by_a_run_over_everybody_is_done_again(
    town: Database, town_settings: Settings, run_in_town: Runner
) -> None:
    """The run had read everybody before the change, and wrote after the refresh."""
    refresher = Refresher(town, town_settings, registry)
    work_off(refresher, town)
    old = rows(town, "SELECT candidate_ids FROM feed.match_list WHERE viewer_id = 3")
    with town.connection() as connection:
        connection.execute("UPDATE app.users SET latitude = 40, longitude = -74 WHERE id = 3")
        emit(connection, Event(kind=EventName.LOCATION_CHANGED, user_id=3))
    work_off(refresher, town)
    new = rows(town, "SELECT candidate_ids FROM feed.match_list WHERE viewer_id = 3")
    execute(
        town,
        f"UPDATE feed.match_list SET fingerprint = 1, candidate_ids = ARRAY{old[0][0]}::bigint[] WHERE viewer_id = 3",
        "INSERT INTO feed.job_run (job, job_group, scope, as_of, trigger, status, started_at, finished_at,"
        " heartbeat_at, algorithm_version, host, pid)"
        " SELECT 'match-scores', 'matching', 'all', now(), 'CRON', 'SUCCESS', now() - interval '1 h', now(),"
        " now(), '1', 'here', 1",
    )
    work_off(Refresher(town, town_settings, registry), town)
    assert old != new == rows(town, "SELECT candidate_ids FROM feed.match_list WHERE viewer_id = 3")


def test_events_of_somebody_whose_refresh_fails_are_left_to_runs_and_hold_up_nobody(
    town: Database, town_settings: Settings
) -> None:
    execute(
        town,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'traits of % cannot be written', NEW.user_id; END $$",
        "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON feed.user_trait FOR EACH ROW WHEN (NEW.user_id = 3)"
        " EXECUTE FUNCTION refuse()",
        "DELETE FROM feed.user_trait WHERE user_id IN (3, 4)",
    )
    with town.connection() as connection:
        for user in (3, 4):
            emit(connection, Event(kind=EventName.QUIZ_SUBMITTED, user_id=user))
    work_off(Refresher(town, town_settings, registry), town)
    assert rows(town, "SELECT count(*) FROM feed.event_outbox WHERE processed_at IS NULL") == [(0,)]
    ended = "SELECT scope, status FROM feed.job_run WHERE trigger = 'EVENT' ORDER BY id"
    assert rows(town, ended) == [
        ("users:3,4", "FAILED"), ("users:3", "FAILED"), ("users:3", "QUEUED"), ("users:3", "WAITING"),
        ("users:4", "SUCCESS"),
    ]  # fmt: skip
