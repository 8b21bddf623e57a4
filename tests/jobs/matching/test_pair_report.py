"""What suggest and explain say about pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from feedscore import MatchSettings
from orchestrator.db.engine import Database
from orchestrator.errors import ParameterError
from orchestrator.jobs.matching.pair_report import PairReport, report_pairs
from orchestrator.jobs.matching.profile_words import why_not_eligible
from tests.jobs.conftest import NOW, execute, rows

TWO = """INSERT INTO app.users (id, created_at, birth_date, gender, display_name, latitude, longitude) VALUES
  (1, '2026-01-01', '1990-01-01', 'woman', 'Ada', 52.5, 13.4),
  (2, '2026-01-01', '1992-01-01', 'man', 'Bo', 48.1, 11.6)"""


def report(database: Database, viewer: int = 1, candidate: int = 2) -> PairReport:
    with database.connection() as connection:
        return report_pairs(connection, MatchSettings(), NOW, viewer, [candidate])[0]


def excluded(database: Database, *statements: str) -> list[tuple[str, str, str]]:
    execute(database, TWO, *statements)
    return [(one.filter, one.direction, one.because) for one in report(database).excluded_by]


def test_contributions_add_up_to_the_stored_score(town: Database) -> None:
    stored = rows(
        town, "SELECT viewer_user_id, candidate_user_id, score, tier FROM feed.match_score ORDER BY 1, 2"
    )
    for viewer, candidate, score, tier in stored[:: len(stored) // 15]:
        pair = report(town, viewer, candidate)
        assert pair.excluded_by == ()
        assert pair.score == pytest.approx(score, abs=1e-6)
        assert pair.tier == tier
        total = sum(factor.contribution for factor in pair.factors) * pair.hide_multiplier
        assert np.isclose(total, pair.score)
        assert sum(factor.weight for factor in pair.factors) == pytest.approx(1)


def test_a_pair_that_fits_is_not_excluded(database: Database) -> None:
    assert excluded(database) == []
    pair = report(database)
    assert (pair.viewer.name, pair.viewer.age, pair.candidate.age) == ("Ada", 36, 34)
    assert pair.distance_km == pytest.approx(505, abs=5)
    assert {factor.name for factor in pair.factors if factor.missing} == {
        "quiz", "interests", "goals", "age_fit", "rating_quality", "rating_fit",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("INSERT INTO app.blocks VALUES (1, 2, now())", ("block", "viewer", "1 blocked 2")),
        ("INSERT INTO app.blocks VALUES (2, 1, now())", ("block", "candidate", "2 blocked 1")),
        (
            "INSERT INTO app.reports VALUES (1, 2, 1, NULL, '', now())",
            ("report", "candidate", "2 reported 1"),
        ),
        ("INSERT INTO app.matches VALUES (1, 2, 1, now())", ("match", "both", "2 is matched with 1")),
        (
            "INSERT INTO app.decisions VALUES (1, 2, 'like', now())",
            ("decision", "viewer", "1 has already liked 2"),
        ),
        (
            "INSERT INTO app.decisions VALUES (1, 2, 'pass', now())",
            ("decision", "viewer", "1 has already passed on 2"),
        ),
        (
            "INSERT INTO app.preferences VALUES (1, '{woman,nonbinary}')",
            ("seeks_gender", "viewer", "1 seeks woman or nonbinary; 2 is man"),
        ),
        (
            "INSERT INTO app.preferences VALUES (2, '{man}')",
            ("seeks_gender", "candidate", "2 seeks man; 1 is woman"),
        ),
        (
            "INSERT INTO app.preferences VALUES (1, NULL, 20, 30)",
            ("age_range", "viewer", "1 wants ages 20 to 30; 2 is 34"),
        ),
        (
            "INSERT INTO app.preferences VALUES (2, NULL, 40, NULL)",
            ("age_range", "candidate", "2 wants ages 40 to any; 1 is 36"),
        ),
        (
            "INSERT INTO app.preferences VALUES (1, NULL, NULL, NULL, 80.5)",
            ("max_distance", "viewer", "1 wants at most 80.5 km; 2 is 505.6 km away"),
        ),
        (
            "UPDATE app.users SET is_active = false WHERE id = 2",
            ("active_adult", "candidate", "2 is not active"),
        ),
        (
            "UPDATE app.users SET birth_date = NULL WHERE id = 1",
            ("active_adult", "viewer", "1 has no usable birth date, so is not shown to be 18"),
        ),
        (
            "UPDATE app.users SET birth_date = '2010-01-01' WHERE id = 2",
            ("active_adult", "candidate", "2 is 16, under 18"),
        ),
    ],
)
def test_each_filter_is_named_with_its_direction(
    statement: str, expected: tuple[str, str, str], database: Database
) -> None:
    assert excluded(database, statement) == [expected]


def test_the_other_ones_decision_excludes_nothing(database: Database) -> None:
    assert excluded(database, "INSERT INTO app.decisions VALUES (2, 1, 'pass', now())") == []


def test_nobody_is_suggested_to_themselves(database: Database) -> None:
    execute(database, TWO)
    assert [one.filter for one in report(database, 1, 1).excluded_by] == ["not_self"]


def test_unknown_people_are_named(database: Database) -> None:
    execute(database, TWO)
    with pytest.raises(ParameterError, match=r"no such user in app.users: 7, 9"):
        report(database, 7, 9)


def test_reports_agree_with_the_lists_about_who_is_excluded(town: Database) -> None:
    listed: dict[int, list[Any]] = dict(
        rows(town, "SELECT viewer_id, candidate_ids FROM feed.match_list LIMIT 4")
    )
    everybody = [row[0] for row in rows(town, "SELECT id FROM app.users ORDER BY id")]
    with town.connection() as connection:
        for viewer, candidates in listed.items():
            pairs = report_pairs(connection, MatchSettings(), NOW, viewer, everybody)
            fitting = {pair.candidate.id for pair in pairs if not pair.excluded_by}
            assert fitting == set(candidates)
            ineligible = {pair.candidate.id for pair in pairs if why_not_eligible(pair.candidate)}
            assert ineligible.isdisjoint(candidates)
