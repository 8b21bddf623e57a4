"""The evaluation on speed dating: nothing of a date, or of a later one, reaches its score."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benches.quality.evening import Evening, score_dates
from benches.quality.speed_dating import main
from orchestrator.source.importers.findings import Findings
from orchestrator.source.importers.speed_dating_file import SpeedDating, read_speed_dating
from tests.source.data_sets import date_row, write_speed_dating


@pytest.fixture
def experiment(tmp_path: Path) -> SpeedDating:
    """Two evenings, each of three women and three men, everybody meets everybody."""
    random = np.random.default_rng(1)
    rows = []
    for wave, first in ((1, 1), (2, 11)):
        women, men = (first, first + 2, first + 4), (first + 1, first + 3, first + 5)
        for place in range(3):
            for seat, woman in enumerate(women):
                man = men[(seat + place) % 3]
                for one, other in ((woman, man), (man, woman)):
                    given = {name: int(random.integers(1, 11)) for name in ("like", "attr", "fun", "amb")}
                    dec = int(random.integers(0, 2))
                    rows.append(date_row(one, other, place + 1, wave=wave, dec=dec, art=3 + one % 7, **given))
    return read_speed_dating(write_speed_dating(tmp_path, rows), Findings())


def test_nobody_is_rated_before_the_first_date(experiment: SpeedDating) -> None:
    before = Evening(experiment, {}).before(1, 1)

    assert not before.rated.any()
    assert not before.rating_preference.any()


def test_ratings_of_earlier_dates_count_and_those_of_other_evenings_only_afterwards(
    experiment: SpeedDating,
) -> None:
    evening = Evening(experiment, {})

    first_wave = np.array([dater.wave == 1 for dater in experiment.people.values()])
    assert evening.before(1, 2).rated.tolist() == first_wave.tolist()
    assert evening.before(2, 1).rated.tolist() == first_wave.tolist()
    assert evening.before(2, 2).rated.all()


def test_what_comes_later_never_changes_a_score(experiment: SpeedDating) -> None:
    scores = score_dates(experiment, {})
    for wave, order in ((1, 2), (2, 1), (2, 3)):
        changed = [
            replace(date, ratings=dict.fromkeys(date.ratings, 10.0), liked=not date.liked)
            if (date.wave, date.order) >= (wave, order)
            else date
            for date in experiment.dates
        ]
        again = score_dates(replace(experiment, dates=changed), {})
        known = np.array([(date.wave, date.order) <= (wave, order) for date in experiment.dates])
        for name, values in scores.items():
            np.testing.assert_array_equal(values[known], again[name][known])
    assert len(np.unique(scores["score"])) > 20


def test_where_the_two_disagree_about_their_place_in_the_evening_the_earlier_one_counts(
    tmp_path: Path,
) -> None:
    rows = [date_row(1, 2, 5), date_row(2, 1, 2), date_row(1, 4, 3), date_row(4, 1, 3), date_row(3, 2, 1),
            date_row(2, 3, 1)]  # fmt: skip
    odd = read_speed_dating(write_speed_dating(tmp_path, rows), Findings())

    before = odd.orders(min)[(1, 2)]

    assert before == 2
    assert odd.orders(max)[(1, 2)] == 5
    rated = Evening(odd, {}).before(1, before).rated
    assert dict(zip(odd.people, rated.tolist(), strict=True)) == {1: False, 2: True, 4: False, 3: True}


def test_the_section_is_written_between_its_marks(
    tmp_path: Path, experiment: SpeedDating, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "quality.md"
    page.write_text("before\n<!-- speed dating: start -->\nold\n<!-- speed dating: end -->\nafter\n", "utf-8")

    code = main([str(experiment.file), "--write", str(page), "--resamples", "50"])

    text = page.read_text("utf-8")
    assert code == 0
    assert text.startswith("before\n<!-- speed dating: start -->\n36 sides of dates, 12 people, 2 evenings.")
    assert text.endswith("<!-- speed dating: end -->\nafter\n")
    assert "old" not in text
    assert "| match score v1 | 0." in capsys.readouterr().out


def test_without_the_data_the_evaluation_is_skipped_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "nowhere.csv")]) == 0
    assert "Skipped: the speed dating data are not there" in capsys.readouterr().err
