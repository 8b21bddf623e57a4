"""The evaluation on hourly snapshots: counts become events, and no ranking sees the hour to come."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benches.quality.reddit_events import History, posts_of
from benches.quality.reddit_hourly import evaluate, main
from benches.quality.reddit_signals import (
    CLIMB,
    POPULARITY,
    RISE,
    STILL,
    VELOCITY,
    climb,
    rise,
    signals,
    trends,
)
from benches.quality.reddit_snapshots import Snapshot, read_snapshots
from feedscore.feed_settings import TrendingSettings
from feedscore.posts import EventKind
from feedscore.reference.trending import trending_posts

from .made_pages import write_snapshots

HOUR = np.timedelta64(3_600_000_000, "us")


def made_week(folder: Path, hours: int = 30) -> Path:
    """Posts that grow at speeds of their own, ordered by their score at every hour."""
    random = np.random.default_rng(4)
    created, speed = random.uniform(-9, 1, 14), random.uniform(5, 90, 14)
    rows = []
    for hour in range(2, hours):
        score = np.floor(speed * (hour - created) * np.exp(-(hour - created) / 12)).astype(int) + 1
        score = np.maximum.accumulate(score)
        for position, post in enumerate(np.argsort(-score, kind="stable"), start=1):
            rows.append((hour, f"p{post}", position, int(score[post]), int(score[post] // 7), created[post]))
    return write_snapshots(folder, rows)


def snapshots(folder: Path, *rows: tuple[int, str, int, int, int, float]) -> list[Snapshot]:
    return read_snapshots(write_snapshots(folder, rows))


def told(history: History, snapshot: Snapshot, kind: EventKind) -> list[float]:
    """The hours of 2024-01-01 at which events of a kind happened."""
    events = history.events(snapshot.post)
    hours = (events.occurred_at - np.datetime64("2024-01-01", "us")) / HOUR
    return [float(hour) for hour in np.sort(hours[events.kinds == kind])]


def test_what_is_new_since_the_last_sight_is_spread_over_the_time_between(tmp_path: Path) -> None:
    found = snapshots(tmp_path, (4, "a", 1, 4, 0, 0), (6, "a", 1, 6, 1, 0))
    history = History()
    for snapshot in found:
        history.add(snapshot)

    assert told(history, found[-1], EventKind.LIKE) == pytest.approx([0.5, 1.5, 2.5, 3.5, 4.5, 5.5])
    assert told(history, found[-1], EventKind.COMMENT) == pytest.approx([5.0])


def test_a_score_that_fell_adds_nothing_until_it_is_above_its_highest(tmp_path: Path) -> None:
    found = snapshots(tmp_path, (2, "a", 1, 4, 0, 0), (3, "a", 1, 1, 0, 0), (4, "a", 1, 5, 0, 0))
    history = History()
    for snapshot in found:
        history.add(snapshot)

    assert told(history, found[-1], EventKind.LIKE) == pytest.approx([0.25, 0.75, 1.25, 1.75, 3.5])


def test_popularity_and_velocity_are_the_weighted_counts_decayed_and_the_last_hour(tmp_path: Path) -> None:
    found = snapshots(tmp_path, (5, "a", 1, 30, 10, 0), (6, "a", 1, 90, 16, 0))
    history = History()
    for snapshot in found:
        history.add(snapshot)

    figures = trends(found[-1], history.events(found[-1].post))

    assert figures.popularity[0] == pytest.approx((90 + 2 * 16) * 0.5 ** (6 / 24), rel=1e-6)
    assert figures.velocity[0] == pytest.approx((60 + 6) / 60)


def test_the_kernel_and_the_reference_agree_on_these_events(tmp_path: Path) -> None:
    history = History()
    for snapshot in read_snapshots(made_week(tmp_path, hours=6)):
        history.add(snapshot)
        events = history.events(snapshot.post)
        as_of = np.datetime64(snapshot.hour * 3_600_000_000, "us")
        expected = trending_posts(posts_of(snapshot), events, as_of, TrendingSettings())
        figures = trends(snapshot, events)
        np.testing.assert_allclose(figures.popularity, expected.popularity, rtol=1e-6)
        np.testing.assert_array_equal(figures.velocity, expected.velocity)


def test_no_ranking_changes_with_what_comes_later(tmp_path: Path) -> None:
    week = read_snapshots(made_week(tmp_path, hours=8))

    def rankings(last: int) -> dict[str, list[float]]:
        history = History()
        for snapshot in week[:last]:
            history.add(snapshot)
        seen = week[3]
        figures = trends(seen, history.events(seen.post))
        return {name: values.tolist() for name, values in signals(seen, figures).items()}

    assert rankings(4) == rankings(6)


def test_hours_without_a_neighbour_are_not_judged(tmp_path: Path) -> None:
    rows = [(hour, post, place, 10 * hour + place, 0, 0.0) for hour in (2, 3, 4, 6, 7) for place, post in
            enumerate(("a", "b", "c"), start=1)]  # fmt: skip

    hours, outcomes = evaluate(snapshots(tmp_path, *rows))

    assert (hours % 24).tolist() == [3]
    assert outcomes[STILL].both.tolist() == [1.0]


def test_of_equal_popularity_the_younger_post_climbs_and_of_equal_age_the_faster() -> None:
    popularity, velocity = np.array([50.0, 50.0, 50.0]), np.array([0.5, 0.5, 2.0])

    ranked = climb(popularity, velocity, np.array([8.0, 2.0, 2.0]))

    assert ranked[0] < ranked[1] < ranked[2]


def test_of_equal_engagements_the_younger_post_rises_and_of_equal_age_the_faster() -> None:
    engagements, velocity = np.array([50.0, 50.0, 50.0]), np.array([0.5, 0.5, 2.0])

    ranked = rise(engagements, velocity, np.array([8.0, 2.0, 2.0]))

    assert ranked[0] < ranked[1] < ranked[2]


def test_the_section_is_written_between_its_marks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "quality.md"
    page.write_text(
        "before\n<!-- reddit hourly: start -->\nold\n<!-- reddit hourly: end -->\nafter\n", "utf-8"
    )

    code = main([str(made_week(tmp_path)), "--write", str(page), "--resamples", "20"])

    text = page.read_text("utf-8")
    assert code == 0
    assert text.startswith("before\n<!-- reddit hourly: start -->\n28 snapshots, 0 hours missing")
    assert text.endswith("<!-- reddit hourly: end -->\nafter\n")
    said = capsys.readouterr().out
    for name in (POPULARITY, VELOCITY, CLIMB, RISE, STILL):
        assert f"| {name} | " in said


def test_without_the_data_the_evaluation_is_skipped_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 0
    assert "Skipped: no hourly snapshots" in capsys.readouterr().err
