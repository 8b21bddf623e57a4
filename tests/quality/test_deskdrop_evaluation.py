"""The evaluation on a reading room: nothing of the day or week to be told reaches a ranking."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benches.quality.deskdrop import main
from benches.quality.deskdrop_days import OPEN, WITHIN, next_days
from benches.quality.deskdrop_log import Log, read_log
from benches.quality.deskdrop_weeks import (
    COLUMNS,
    LATEST,
    LIKE_PROFILE,
    PROFILE,
    next_weeks,
    profiles,
    together,
)
from feedscore.feed_settings import AffinitySettings
from feedscore.posts import EventKind
from feedscore.reference import affinity_profiles

from .made_pages import MIDNIGHT, write_log

FAR = -(2**62)
"""Ids may be any 64-bit number."""


def made_log(folder: Path, days: int = 60) -> Path:
    """Forty people of two tastes, and articles of two sorts that come out day by day."""
    random = np.random.default_rng(6)
    rows = []
    for day in range(days):
        for person in range(40):
            for _ in range(int(random.integers(0, 4))):
                number = max(0, 3 * day - int(random.exponential(9)))
                article = FAR + 2 * number + (person % 2 if random.random() < 0.9 else 1 - person % 2)
                kind = str(
                    random.choice(["VIEW", "VIEW", "VIEW", "LIKE", "BOOKMARK", "COMMENT CREATED", "FOLLOW"])
                )
                rows.append((day + float(random.random()), kind, article, 100 + person))
    random.shuffle(rows)
    return write_log(folder, rows)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return read_log(made_log(tmp_path))


def without_future(log: Log, end: np.datetime64) -> Log:
    """The log as it stood at a time."""
    rows = log.between(log.at[0], end)
    return Log(log.at[rows], log.user[rows], log.article[rows], log.kind[rows], log.articles, log.first_at, 0)


def test_rows_told_twice_count_once_and_the_order_of_the_file_does_not_matter(tmp_path: Path) -> None:
    rows = [(2.0, "LIKE", 9, 1), (1.0, "VIEW", FAR, 2), (2.0, "LIKE", 9, 1)]

    log = read_log(write_log(tmp_path, rows))

    assert (len(log), log.duplicates) == (2, 1)
    assert log.articles.tolist() == [FAR, 9]
    assert log.user.tolist() == [2, 1]
    assert log.first_at.astype("datetime64[s]").astype(np.int64).tolist() == [
        MIDNIGHT + 86_400,
        MIDNIGHT + 2 * 86_400,
    ]


def test_an_unknown_type_of_event_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="DANCE"):
        read_log(write_log(tmp_path, [(1.0, "DANCE", 1, 1)]))


def test_keeping_an_article_counts_as_sharing_it_and_opening_as_the_kind_that_is_asked_for(
    tmp_path: Path,
) -> None:
    log = read_log(write_log(tmp_path, [(1.0, "BOOKMARK", 1, 1), (2.0, "VIEW", 1, 1)]))

    read = log.events(np.ones(2, np.bool_), opened=EventKind.VIEW)
    looked_at = log.events(np.ones(2, np.bool_), opened=EventKind.PROFILE_VIEW)

    assert read.kinds.tolist() == [EventKind.SHARE, EventKind.VIEW]
    assert read.dwell_ms.tolist() == [-1, 2_000]
    assert looked_at.kinds.tolist() == [EventKind.SHARE, EventKind.PROFILE_VIEW]


def test_the_days_to_come_change_no_figure_of_those_before(log: Log) -> None:
    days, found = next_days(log)
    cut = log.at[0].astype("datetime64[D]").astype("datetime64[us]") + np.timedelta64(30, "D")
    shorter, before = next_days(without_future(log, cut))

    assert len(shorter) > 5
    assert days[: len(shorter)].tolist() == shorter.tolist()
    for name, figures in before.items():
        np.testing.assert_array_equal(figures, found[name][: len(shorter)])
    assert 0 < found[OPEN].mean() <= 1
    assert 0 < found[WITHIN].mean() < found[OPEN].mean()


def test_the_weeks_to_come_change_no_figure_of_those_before(log: Log) -> None:
    found = next_weeks(log)
    cut = log.at[0] + np.timedelta64(49, "D") + np.timedelta64(1, "h")
    before = next_weeks(without_future(log, cut))

    assert len(before.user) >= 20
    for name, figures in before.figures.items():
        np.testing.assert_array_equal(figures, found.figures[name][: len(figures)])


def test_profiles_are_those_of_the_reference(log: Log) -> None:
    cut = log.at[0] + np.timedelta64(40, "D")
    past = log.between(log.at[0], cut)

    found = profiles(log, past, cut)

    expected = affinity_profiles(
        log.events(past, opened=EventKind.VIEW), log.posts(), cut, AffinitySettings(), excluded=()
    )
    assert len(found) > 20
    np.testing.assert_array_equal(found.user_ids, expected.user_ids)
    np.testing.assert_array_equal(found.creator_offsets, expected.creator_offsets)
    np.testing.assert_array_equal(found.creator_ids, expected.creator_ids)


def test_articles_with_the_same_readers_are_nearest() -> None:
    touched = np.array([[1, 1, 0], [1, 1, 1], [0, 0, 1]], np.float32)

    near = together(touched)

    assert near[0].tolist() == pytest.approx([0.0, 1.0, 0.5])
    np.testing.assert_array_equal(near, near.T)


def test_taste_is_found_where_there_is_taste(log: Log) -> None:
    figures = next_weeks(log).figures

    assert np.nanmean(figures[LIKE_PROFILE][:, COLUMNS.index("new, AUC")]) > 0.6
    before = COLUMNS.index("touched before, at 10")
    assert np.nanmean(figures[PROFILE][:, before]) > 0.2
    assert np.nanmax(figures[LATEST]) <= 1.0


def test_the_section_is_written_between_its_marks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "quality.md"
    page.write_text("before\n<!-- deskdrop: start -->\nold\n<!-- deskdrop: end -->\nafter\n", "utf-8")

    code = main([str(made_log(tmp_path)), "--write", str(page), "--resamples", "20"])

    text = page.read_text("utf-8")
    assert code == 0
    assert "\nold\n" not in text
    assert text.endswith("<!-- deskdrop: end -->\nafter\n")
    assert f"| {LIKE_PROFILE} | 0." in capsys.readouterr().out


def test_without_the_data_the_evaluation_is_skipped_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 0
    assert "Skipped: no log of the reading room" in capsys.readouterr().err
