"""The job feed-presort-cleanup: what it removes, and what it leaves to the readers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.db.engine import Database
from orchestrator.settings import Settings
from tests.jobs.conftest import Runner, execute, rows, runner, versions
from tests.jobs.feed.feed_world import NOW, days_ago, insert
from tests.jobs.feed.test_feed_presort import make_feeds

JOB = "feed-presort-cleanup"
KEY = "user_id::text || '/' || segment"


@pytest.fixture
def feeds(database: Database, run: Runner) -> Database:
    """Two readers and thirty authors, each with a feed of two segments."""
    make_feeds(database, run)
    return database


def segments(database: Database) -> set[str]:
    return set(versions(database, "feed.feed_presorted", KEY))


def test_feeds_in_order_are_not_touched(feeds: Database, run: Runner) -> None:
    before = versions(feeds, "feed.feed_presorted", KEY)
    record = run(JOB)
    assert record.items_processed == 32
    assert record.metadata["rows_written"] == 0
    assert versions(feeds, "feed.feed_presorted", KEY) == before


def test_stale_segments_go(feeds: Database, run: Runner) -> None:
    execute(
        feeds,
        "UPDATE feed.feed_presorted SET computed_at = computed_at - interval '8 days' WHERE user_id = 1",
    )
    before = segments(feeds)
    told = run(JOB).metadata
    assert (told["segments_stale"], told["segments_of_nobody"], told["segments_without_posts"]) == (2, 0, 0)
    assert before - segments(feeds) == {"1/1", "1/2"}
    assert run(JOB).metadata["rows_written"] == 0


def test_the_time_to_live_is_a_setting(feeds: Database, settings: Settings) -> None:
    short = settings.model_copy(update={"feed_ttl_days": 0.5})
    run_short = runner(feeds, short)
    assert run_short(JOB, now=NOW + timedelta(hours=11)).metadata["rows_written"] == 0
    assert run_short(JOB, now=NOW + timedelta(hours=13)).metadata["segments_stale"] == 64


def test_segments_of_people_who_left_go(feeds: Database, run: Runner) -> None:
    execute(
        feeds, "UPDATE app.users SET is_active = false WHERE id = 1", "DELETE FROM app.users WHERE id = 2"
    )
    assert run(JOB).metadata["segments_of_nobody"] == 4
    assert not {key for key in segments(feeds) if key.startswith(("1/", "2/"))}
    assert run(JOB).metadata["rows_written"] == 0


def test_a_segment_goes_when_none_of_its_posts_is_left_even_if_a_card_is(
    feeds: Database, run: Runner
) -> None:
    insert(
        feeds, "app.matches", "id, user_a, user_b, created_at", [(1, 1, 101, days_ago(1)), (2, 1, 102, NOW)]
    )
    run("feed-presort", now=NOW)
    of_segment = "SELECT kinds, item_ids FROM feed.feed_presorted WHERE user_id = 1 AND segment = 1"
    [(kinds, items)] = rows(feeds, of_segment)
    assert 1 in kinds
    posts = [item for kind, item in zip(kinds, items, strict=True) if kind == 0]
    execute(feeds, f"UPDATE app.posts SET deleted_at = now() WHERE id IN ({', '.join(map(str, posts[1:]))})")
    assert run(JOB, user_id=(1,)).metadata["rows_written"] == 0
    execute(feeds, f"DELETE FROM app.posts WHERE id = {posts[0]}")
    assert run(JOB, user_id=(1,)).metadata["segments_without_posts"] == 1
    assert {key for key in segments(feeds) if key.startswith("1/")} == {"1/2"}


def test_a_segment_with_some_posts_left_stays_as_it_is_and_readers_skip_the_rest(
    feeds: Database, run: Runner
) -> None:
    execute(feeds, "UPDATE app.posts SET deleted_at = now() WHERE id BETWEEN 0 AND 5")
    before = versions(feeds, "feed.feed_presorted", KEY)
    assert run(JOB).metadata["rows_written"] == 0
    assert versions(feeds, "feed.feed_presorted", KEY) == before
    assert rows(feeds, "SELECT count(*) FROM feed.feed_page(1, 1)") == [(14,)]


def test_only_named_people_or_the_first_ones_are_looked_at(feeds: Database, run: Runner) -> None:
    execute(feeds, "UPDATE app.posts SET deleted_at = now()")
    assert run(JOB, user_id=(2, 999)).metadata["segments_without_posts"] == 2
    assert run(JOB, limit=3, batch_size=1).metadata["segments_without_posts"] == 6
    assert run(JOB, batch_size=5).metadata["segments_without_posts"] == 56
    assert segments(feeds) == set()
