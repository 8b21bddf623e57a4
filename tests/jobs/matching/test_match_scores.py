"""match-scores over real tables: the definition, what is never listed, and what is left untouched."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import numpy as np
import pytest

from feedscore import facts, reference
from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.jobs.matching.match_rows import Packer
from orchestrator.jobs.matching.match_scores import MatchParameters
from orchestrator.jobs.matching.people import load_people, midnight
from orchestrator.plan import make_plan
from orchestrator.runner import Progress, RunStatus, Silent, Stop, preview_plan, run_job
from orchestrator.settings import Settings
from tests.jobs.conftest import NOW, Runner, execute, rows, versions
from tests.jobs.plain import Plain

JOB = "match-scores"
CONTENT = """SELECT viewer_id, candidate_ids, scores, facts, interests, goals, inputs, fingerprint,
  algorithm_version
  FROM feed.match_list ORDER BY viewer_id"""


def test_the_lists_are_those_of_the_definition(town: Database) -> None:
    plain = Plain(town, NOW.date())
    stored = {row[0]: row[1:] for row in rows(town, CONTENT)}
    shown = [p.id for p in plain.people.values() if p.shown and p.age is not None and p.age >= 18]
    assert sorted(stored) == sorted(shown)
    for viewer in list(stored)[::7]:
        best = plain.best(viewer)
        candidates, scores = stored[viewer][:2]
        assert len(candidates) == len(best)
        assert np.allclose(scores, [score for _, score in best], atol=1e-6)
        for place, (candidate, score) in enumerate(best):
            near = [s for c, s in best if c != candidate and abs(s - score) <= 2e-6]
            assert near or candidates[place] == candidate


def test_the_rows_are_those_of_the_reference(town: Database, town_settings: Settings) -> None:
    with town.connection() as connection:
        people = load_people(connection, midnight(NOW))
    packer = Packer.of(people, town_settings.match, "1")
    population = people.population
    viewers = np.flatnonzero(population.active & (population.age >= 18)).astype(np.uint32)[::5]
    lists = reference.match_top(population, town_settings.match, viewers)
    stored = {row[0]: row[1:] for row in rows(town, CONTENT)}
    for i, viewer in enumerate(viewers):
        mine = slice(lists.offsets[i], lists.offsets[i + 1])
        candidates, scores, packed, interests, _, inputs, *_ = stored[int(population.ids[viewer])]
        assert np.allclose(scores, lists.scores[mine], atol=1e-6)
        expected = dict(zip(lists.candidate_ids[mine].tolist(), lists.facts[mine].tolist(), strict=True))
        agreeing = sum(expected.get(c) == f for c, f in zip(candidates, packed, strict=True))
        assert agreeing >= 0.98 * len(candidates)  # a rounded percent may fall on the other side
        assert inputs == packer.inputs[viewer]
        rarest_first = reference.viewer_interests(
            population, reference.interest_rarity(population), int(viewer)
        )
        assert interests == [people.interests.slugs[code] for code in rarest_first]


def test_the_view_spells_the_facts_as_python_does(town: Database) -> None:
    viewed = {
        (viewer, candidate): (tier, reasons)
        for viewer, candidate, tier, reasons in rows(
            town, "SELECT viewer_user_id, candidate_user_id, tier, reasons FROM feed.match_score"
        )
    }
    count = 0
    for viewer, candidates, _, packed, interests, goals, *_ in rows(town, CONTENT):
        for candidate, fact in zip(candidates, packed, strict=True):
            expected = (facts.tier(fact), facts.reasons(fact, interests, goals))
            assert viewed[viewer, candidate] == expected
            count += 1
    assert count == len(viewed) > 1000
    kinds = {reason.split("_")[0] for _, reasons in viewed.values() for reason in reasons}
    assert kinds >= {"quiz", "shared", "nearby", "new"}


def test_a_second_run_touches_no_row(town: Database, run_in_town: Runner) -> None:
    before = versions(town, "feed.match_list", "viewer_id")
    record = run_in_town(JOB, now=NOW + timedelta(hours=11))
    assert record.metadata["rows_written"] == 0
    assert record.items_processed == len(before)
    assert versions(town, "feed.match_list", "viewer_id") == before


@pytest.mark.parametrize(("size", "fetched"), [(1000, 500), (7, 3)])
def test_batches_of_any_size_give_the_same_rows(
    size: int, fetched: int, town: Database, run_in_town: Runner
) -> None:
    before = rows(town, CONTENT)
    execute(town, "DELETE FROM feed.match_list")
    run_in_town(JOB, batch_size=size, candidate_batch_size=fetched)
    assert rows(town, CONTENT) == before


def test_named_viewers_get_the_list_of_a_full_run(town: Database, run_in_town: Runner) -> None:
    before = rows(town, CONTENT)
    some = tuple(row[0] for row in before[5:8])
    touched = versions(town, "feed.match_list", "viewer_id")
    execute(town, f"UPDATE feed.match_list SET scores = '{{}}', fingerprint = 0 WHERE viewer_id IN {some}")
    assert run_in_town(JOB, user_id=some).items_processed == 3
    assert rows(town, CONTENT) == before
    after = versions(town, "feed.match_list", "viewer_id")
    assert {viewer for viewer in after if after[viewer] != touched[viewer]} == set(some)


def test_lists_of_people_who_are_gone_or_no_longer_eligible_are_removed(
    town: Database, run_in_town: Runner
) -> None:
    gone, paused, hidden, kept = (row[0] for row in rows(town, CONTENT)[:4])
    execute(
        town,
        f"DELETE FROM app.users WHERE id = {gone}",
        f"UPDATE app.users SET is_active = false WHERE id = {paused}",
        f"UPDATE app.users SET visibility = 'hidden' WHERE id = {hidden}",
    )
    told = run_in_town(JOB, user_id=(paused, kept)).metadata
    assert (told["lists_removed"], told["not_eligible"]) == (1, str(paused))
    assert run_in_town(JOB).metadata["lists_removed"] == 2
    assert {gone, paused, hidden}.isdisjoint(versions(town, "feed.match_list", "viewer_id"))
    listed = rows(town, "SELECT DISTINCT candidate_user_id FROM feed.match_score")
    assert {(gone,), (paused,), (hidden,)}.isdisjoint(listed)


def test_blocked_reported_decided_and_matched_are_never_listed(town: Database, run_in_town: Runner) -> None:
    row = next(row for row in rows(town, CONTENT) if len(row[1]) >= 6)
    viewer, (blocked, blocker, reported, liked, matched, hidden) = row[0], row[1][:6]
    score = row[2][5]
    execute(
        town,
        f"INSERT INTO app.blocks VALUES ({viewer}, {blocked}, now()), ({blocker}, {viewer}, now())",
        f"INSERT INTO app.reports VALUES (1000001, {reported}, {viewer}, NULL, 'x', now())",
        f"INSERT INTO app.decisions VALUES ({viewer}, {liked}, 'like', now())",
        f"INSERT INTO app.matches VALUES (1000001, {matched}, {viewer}, now())",
        f"INSERT INTO app.hides VALUES (1000001, {viewer}, {hidden}, NULL, '{NOW - timedelta(hours=12)}')",
    )
    seen = "SELECT candidate_user_id FROM feed.match_score WHERE viewer_user_id = %s"
    now_seen = {candidate for (candidate,) in rows(town, seen, viewer)}
    assert {blocked, blocker}.isdisjoint(now_seen)  # at once, and both ways
    assert {reported, liked, matched} <= now_seen
    assert (viewer,) not in rows(town, seen, blocked) + rows(town, seen, blocker)
    run_in_town(JOB)
    after = dict(
        rows(town, "SELECT candidate_user_id, score FROM feed.match_score WHERE viewer_user_id = %s", viewer)
    )
    assert {blocked, blocker, reported, liked, matched}.isdisjoint(after)
    assert after.get(hidden, np.float32(score * 0.1)) == pytest.approx(score * 0.1, abs=1e-5)
    for other in (blocked, blocker, reported, matched):
        assert (viewer,) not in rows(town, seen, other)


def test_stale_computes_what_is_missing_changed_or_old_and_nothing_else(
    town: Database, run_in_town: Runner
) -> None:
    viewers = [row[0] for row in rows(town, CONTENT)]
    assert run_in_town(JOB, stale=True, now=NOW + timedelta(hours=1)).items_processed == 0
    missing, moved, passed, other_version = viewers[:4]
    someone = rows(town, "SELECT candidate_ids[1] FROM feed.match_list WHERE viewer_id = %s", passed)[0][0]
    execute(
        town,
        f"DELETE FROM feed.match_list WHERE viewer_id = {missing}",
        f"UPDATE app.users SET latitude = 1, longitude = 2 WHERE id = {moved}",
        f"INSERT INTO app.decisions VALUES ({passed}, {someone or missing}, 'pass', now())",
        f"UPDATE feed.match_list SET algorithm_version = '0' WHERE viewer_id = {other_version}",
    )
    record = run_in_town(JOB, stale=True, now=NOW + timedelta(hours=2))
    assert record.items_processed == 4
    assert run_in_town(JOB, stale=True, now=NOW + timedelta(hours=3)).items_processed == 0
    # Everything the full run looked at is old after a day, apart from what was written since.
    later = run_in_town(JOB, stale=True, now=NOW + timedelta(hours=25))
    assert later.items_processed == len(viewers) - 4
    assert run_in_town(JOB, stale=True, now=NOW + timedelta(hours=25.5)).items_processed == 0
    # A list that a full run finds unchanged is not old for ever, though its row keeps its time.
    run_in_town(JOB, now=NOW + timedelta(hours=50))
    assert run_in_town(JOB, stale=True, now=NOW + timedelta(hours=51)).items_processed == 0


class StopAfter(Silent):
    """Asks a run to stop when some of its items are done."""

    def __init__(self, stop: Stop, items: int) -> None:
        self._stop, self._items = stop, items

    def progressed(self, progress: Progress) -> None:
        """Ask once the batches are that far."""
        if progress.total and progress.done >= self._items:
            self._stop.request()


def test_an_interrupted_run_is_resumed_and_ends_with_the_same_rows(
    town: Database, town_settings: Settings
) -> None:
    before = rows(town, CONTENT)
    execute(town, "DELETE FROM feed.match_list")
    job, stop = registry[JOB], Stop()
    parameters = job.parameters(batch_size=20)
    first = run_job(town, town_settings, job, parameters, now=NOW, stop=stop, reporter=StopAfter(stop, 100))
    assert first.status is RunStatus.CANCELLED
    stored = len(rows(town, CONTENT))
    assert 100 <= stored < len(before)
    second = run_job(town, town_settings, job, parameters, now=NOW + timedelta(hours=1))
    assert second.status is RunStatus.SUCCESS
    assert second.resumed_from == first.id
    assert second.items_processed == len(before) - stored
    assert rows(town, CONTENT) == before


def test_one_person_alone_has_an_empty_list(database: Database, run: Runner) -> None:
    execute(database, "INSERT INTO app.users (id, created_at, birth_date) VALUES (7, now(), '1990-01-01')")
    for name in ("build-user-traits", "user-interest-sets", "ratings-aggregate", JOB):
        run(name)
    assert [row[:3] for row in rows(database, CONTENT)] == [(7, [], [])]
    assert rows(database, "SELECT * FROM feed.match_score") == []
    assert run(JOB).metadata["rows_written"] == 0


def test_where_nobody_is_eligible_there_are_no_lists(database: Database, run: Runner) -> None:
    execute(
        database,
        """INSERT INTO app.users (id, created_at, is_active, birth_date) VALUES
             (1, now(), true, NULL), (2, now(), false, '1990-01-01'), (3, now(), true, '2015-01-01')""",
        "INSERT INTO feed.match_list VALUES (1, '{2}', '{0.5}', '{0}', '{}', '{}', 0, 0, now(), '1')",
    )
    record = run(JOB)
    assert (record.items_processed, record.metadata["lists_removed"]) == (0, 1)
    assert rows(database, CONTENT) == []


def test_an_empty_age_range_fits_nobody(town: Database, run_in_town: Runner) -> None:
    viewer = next(row[0] for row in rows(town, CONTENT) if row[1])
    execute(
        town,
        f"DELETE FROM app.preferences WHERE user_id = {viewer}",
        f"INSERT INTO app.preferences (user_id, min_age, max_age) VALUES ({viewer}, 40, 30)",
    )
    run_in_town(JOB)
    stored = rows(town, "SELECT candidate_ids FROM feed.match_list WHERE viewer_id = %s", viewer)
    assert stored == [([],)]
    assert rows(town, "SELECT FROM feed.match_score WHERE candidate_user_id = %s", viewer) == []


def test_a_limited_run_computes_the_first_viewers_and_removes_nothing(
    town: Database, run_in_town: Runner
) -> None:
    viewers = [row[0] for row in rows(town, CONTENT)]
    execute(town, "DELETE FROM feed.match_list", f"DELETE FROM app.users WHERE id = {viewers[-1]}")
    run_in_town(JOB, limit=5)
    assert [row[0] for row in rows(town, CONTENT)] == viewers[:5]
    assert run_in_town(JOB, stale=True, limit=3).items_processed == 3


def test_changed_settings_change_the_lists_and_count_as_changed_inputs(
    town: Database, town_settings: Settings
) -> None:
    values = {field.name: getattr(town_settings.match, field.name) for field in fields(town_settings.match)}
    changed = town_settings.model_copy(
        update={"match": type(town_settings.match)(**{**values, "quiz_weight": 0.6})}
    )
    job = registry[JOB]
    record = run_job(town, changed, job, MatchParameters(stale=True), now=NOW)
    assert record.items_processed == record.metadata["rows_written"] == len(rows(town, CONTENT))


def test_a_preview_writes_nothing_and_tells_how_much_there_is(town: Database) -> None:
    before = versions(town, "feed.match_list", "viewer_id")
    previews = preview_plan(town, Settings(), make_plan(registry, ["all"]), {}, now=NOW)
    assert {step.job.name for step, _ in previews} == set(registry.jobs)
    told = next(told for step, told in previews if step.job.name == JOB)
    assert told.items == len(before)
    assert told.rows_to_scan["app.users"] == 400
    assert versions(town, "feed.match_list", "viewer_id") == before
