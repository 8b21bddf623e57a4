"""The job profile-analysis with the local analyser: who is due, what counts, what is told, what failure means."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.jobs.profile import analyse as analysing
from tests.jobs.conftest import execute, rows

from .conversations import NOW, World

PLUG_IN = """
import time
from orchestrator.jobs.profile.analyser import Analysis
class Analyser:
    name, is_remote = "plug-in 1", True
    def most(self, request): return 0.0
    def analyse(self, request):
        if request.messages[-1].text == "fail": raise RuntimeError("cannot")
        if request.messages[-1].text == "hang": time.sleep(1)
        return Analysis(topics=("one",), sentiment=None)
def make(settings, common_words): return Analyser()
"""


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installed distribution with an analyser; its name."""
    (tmp_path / "analyser_of_a_test.py").write_text(PLUG_IN)
    info = tmp_path / "analyser_of_a_test-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: analyser-of-a-test\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[feedscore.analysers]\ntest = analyser_of_a_test:make\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "analyser_of_a_test", raising=False)
    return "test"


def test_only_ones_own_messages_on_the_record_count(world: World) -> None:
    world.write(9)
    world.write(20, secret=True)
    world.write(20, sender=9, recipient=8)
    world.write(20, recipient=8)
    world.write(20, recipient=404)
    world.write(20, at=NOW + timedelta(days=1))
    assert world.analysed() == [8, 9]
    assert world.of(8, "status, insufficient_data, messages, result") == ("completed", True, 9, None)
    assert world.of(9, "insufficient_data, messages") == (False, 20)


def test_the_local_analyser_counts_measures_and_picks_out_words(world: World) -> None:
    world.write(9, text="I love the beautiful roses in my garden")
    world.write(2, text="The rain is terrible", at=NOW - timedelta(days=3, hours=2))
    world.write(1, text=None, at=NOW - timedelta(days=3, hours=2))
    world.run()
    result = world.of(8, "result")
    assert (result["rhythm"]["by_hour"][11], result["rhythm"]["by_hour"][9], result["rhythm"]["days"]) == (
        9,
        3,
        2,
    )
    assert result["rhythm"]["by_weekday"] == [0, 0, 3, 0, 0, 9, 0]
    assert result["lengths"] == {"messages": 11, "mean": 35.5, "median": 39.0, "ninth_decile": 39.0}
    assert result["language"] == "en"
    assert {"roses", "garden", "rain"} <= set(result["topics"])
    assert 0.3 < result["sentiment"] < 0.9
    assert result["summary"] is None


def test_the_sentiment_of_other_languages_is_not_known(world: World) -> None:
    world.write(12, text="Das ist nicht so gut, aber wir haben auch noch die Katze und den Hund bei uns")
    world.run()
    result = world.of(8, "result")
    assert (result["language"], result["sentiment"]) == ("de", None)


def test_five_new_messages_call_for_an_analysis_once_the_hour_is_over(world: World) -> None:
    world.write(12)
    assert world.analysed() == [8]
    world.write(20, at=NOW + timedelta(minutes=29), secret=True)
    world.write(4, at=NOW + timedelta(minutes=30))
    assert world.analysed(minutes=90) == []
    world.write(1, at=NOW + timedelta(minutes=91))
    assert world.analysed(minutes=91) == [8]
    world.write(5, at=NOW + timedelta(minutes=100))
    assert world.analysed(minutes=105) == []
    assert world.analysed(minutes=155) == [8]  # nothing was written since the last look


def test_a_view_calls_for_an_analysis_that_is_older_than_an_hour(world: World) -> None:
    world.write(12)
    assert world.analysed() == [8]
    world.view(9, 8, NOW + timedelta(minutes=59))
    world.view(8, 8, NOW + timedelta(minutes=61))
    assert world.analysed(minutes=61) == []
    world.view(9, 8, NOW + timedelta(minutes=62))
    world.write(1, at=NOW + timedelta(minutes=62))
    assert world.analysed(minutes=63) == [8]
    assert world.of(8, "messages") == 13


def test_where_nothing_has_changed_the_result_stays(world: World) -> None:
    world.write(12)
    world.run()
    before = world.of(8, "result")
    world.view(9, 8, NOW + timedelta(minutes=62))
    record = world.run(minutes=63)
    assert record.metadata["people_unchanged"] == 1
    assert "people_analysed" not in record.metadata
    assert world.of(8, "result, analysed_at") == (before, NOW + timedelta(minutes=63))


def test_nobody_is_analysed_twice_within_an_hour_however_one_asks(world: World) -> None:
    world.write(12)
    assert world.run(8).items_processed == 1
    again = world.run(8, minutes=59)
    assert (again.status, again.items_processed, again.metadata["people_not_open"]) == ("SUCCESS", 0, 1)
    assert world.run(8, minutes=60).items_processed == 1


def test_people_who_are_gone_or_inactive_are_left_out_and_the_gone_forgotten(world: World) -> None:
    world.write(12)
    world.write(12, sender=7)
    assert world.analysed() == [7, 8]
    execute(
        world.database,
        "DELETE FROM app.users WHERE id = 8",
        "UPDATE app.users SET is_active = false WHERE id = 7",
    )
    world.write(12, sender=7, at=NOW + timedelta(hours=2))
    assert world.analysed(minutes=130) == []
    assert rows(world.database, "SELECT user_id FROM feed.profile_analysis") == [(7,)]
    assert "no such user in app.users: 8" in (world.run(8, minutes=130).error or "")


def test_a_plug_in_is_found_by_its_entry_point(world: World, plug_in: str) -> None:
    world.write(12)
    assert world.run(analyser=plug_in).status == "SUCCESS"
    assert world.of(8, "analyser, result ->> 'topics'") == ("plug-in 1", '["one"]')
    error = world.run(analyser="nonsense", minutes=70).error or ""
    assert "setting analyser: there is no analyser nonsense; there are: local, http, test" in error


def test_a_failure_is_tried_again_three_times_and_given_up_until_something_is_new(
    world: World, plug_in: str
) -> None:
    world.write(12, text="fail")
    world.write(12, sender=7)
    first = world.run(analyser=plug_in)
    assert (first.status, first.items_processed, first.items_failed) == ("SUCCESS", 1, 1)
    assert first.metadata["first_error"] == "RuntimeError: cannot"
    assert world.of(8, "status, failures, error") == ("failed", 1, "RuntimeError: cannot")
    assert world.run(analyser=plug_in, minutes=0.1).items_failed == 0  # not yet
    for minutes, failures in ((3, 2), (8, 3), (20, 0)):
        assert world.run(analyser=plug_in, minutes=minutes).status == "FAILED"
        assert world.of(8, "status, failures") == ("failed", failures)
    assert world.run(analyser=plug_in, minutes=1000).items_failed == 0
    world.write(5, at=NOW + timedelta(minutes=1001))
    assert world.run(analyser=plug_in, minutes=1002).items_processed == 1
    assert world.of(8, "status, failures, error") == ("completed", 0, None)


def test_who_was_asked_for_by_name_makes_the_run_fail(world: World, plug_in: str) -> None:
    world.write(12, text="fail")
    record = world.run(8, analyser=plug_in)
    assert (record.status, record.error) == ("FAILED", "RuntimeError: cannot")


def test_what_hangs_is_left_and_counts_as_failed(
    world: World, plug_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysing, "STUCK_AFTER", timedelta(seconds=analysing.ROOM_S + 0.3))
    world.write(12, text="hang")
    assert world.run(8, analyser=plug_in).error == "stuck: no result within 0.3 s"
    assert world.of(8, "status, failures") == ("failed", 1)


def test_an_attempt_counts_until_its_run_has_ended_or_five_minutes_have_passed(world: World) -> None:
    world.write(12)
    live = world.run(1)
    attempt = (
        "INSERT INTO feed.profile_analysis (user_id, status, run_id, claim, started_at)"
        f" VALUES (8, 'running', {live.id}, gen_random_uuid(), clock_timestamp() - interval '{{}}')"
    )
    alive = f"UPDATE feed.job_run SET status = 'RUNNING' WHERE id = {live.id}"
    for since, status, expected in (("4 min", alive, []), ("6 min", alive, [8]), ("1 min", "SELECT 1", [8])):
        execute(world.database, "DELETE FROM feed.profile_analysis", attempt.format(since), status)
        assert world.analysed() == expected
        execute(world.database, f"UPDATE feed.job_run SET status = 'SUCCESS' WHERE id = {live.id}")


def test_whoever_is_asked_for_already_is_left_to_that_run(world: World) -> None:
    world.write(12)
    world.write(12, sender=7)
    execute(
        world.database,
        "INSERT INTO feed.job_run (job, job_group, scope, as_of, trigger, status, algorithm_version)"
        " VALUES ('profile-analysis', 'profile', 'users:8', now(), 'MANUAL', 'QUEUED', '1')",
    )
    assert world.analysed() == [7]
