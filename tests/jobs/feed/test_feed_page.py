"""feed.feed_page: what is read of a stored feed, as things are now."""

from __future__ import annotations

import pytest

from orchestrator.db.engine import Database
from tests.jobs.conftest import Runner, execute, rows
from tests.jobs.feed.feed_world import NOW, USERS, add_match_lists, insert, make_world
from tests.jobs.feed.test_feed_presort import JOB, make_feeds, stored

PAGE = "SELECT slot, card, post_id, user_id FROM feed.feed_page(1, 1)"
CARDS = ("post", "new_match", "revived_conversation", "suggestion")


def test_a_fresh_feed_is_read_as_it_was_stored(database: Database, run: Runner) -> None:
    make_world(database)
    run(JOB, now=NOW)
    read = "SELECT card, coalesce(CASE card WHEN 'post' THEN post_id END, user_id), score FROM feed.feed_page(%s, %s)"
    for user in USERS:
        pages = [row for page in (1, 2, 3, 4) for row in rows(database, read, user, page)]
        assert pages == [(CARDS[item.kind], item.id, item.score) for item in stored(database, user)]


def test_nobody_and_pages_that_are_not_there_are_empty(database: Database) -> None:
    assert rows(database, PAGE) == []


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ("UPDATE app.posts SET deleted_at = now() WHERE id = 0", {1}),
        ("DELETE FROM app.posts WHERE id = 0", {1}),
        ("INSERT INTO app.blocks VALUES (1, 101, now())", {1}),
        ("INSERT INTO app.blocks VALUES (101, 1, now())", {1}),
        ("INSERT INTO app.blocks VALUES (111, 1, now())", {5, 12}),
        ("INSERT INTO app.reports VALUES (1, 1, 101, NULL, '', now())", {1}),
        ("INSERT INTO app.reports VALUES (1, 101, 1, NULL, '', now())", {1}),
        ("INSERT INTO app.reports VALUES (1, 1, NULL, 0, '', now())", {1}),
        ("INSERT INTO app.hides VALUES (1, 1, NULL, 0, now())", {1}),
        ("INSERT INTO app.hides VALUES (1, 1, 101, NULL, now())", {1}),
        ("UPDATE app.users SET is_active = false WHERE id = 101", {1}),
        ("UPDATE app.users SET visibility = 'hidden' WHERE id = 101", {1}),
        ("UPDATE app.users SET visibility = 'hidden' WHERE id = 111", {12}),  # still a match
        ("UPDATE app.users SET visibility = 'hidden' WHERE id = 112", {13, 15}),  # no suggestion any more
        ("DELETE FROM app.users WHERE id = 111", {5, 12}),
        ("INSERT INTO app.decisions VALUES (1, 112, 'pass', now())", {15}),  # the posts stay
        (
            "INSERT INTO feed.content_feature VALUES (0, '{}', 0, 1, true, NULL, NULL, NULL, 0, now(), '1')",
            {1},
        ),
        ("INSERT INTO app.blocks VALUES (2, 101, now())", set()),
        ("INSERT INTO app.reports VALUES (1, 2, 101, 0, '', now())", set()),
        ("INSERT INTO app.hides VALUES (1, 2, 101, 0, now())", set()),
    ],
)
def test_what_changed_since_shows_at_once(
    change: str, gone: set[int], database: Database, run: Runner
) -> None:
    make_feeds(database, run)
    insert(database, "app.matches", "id, user_a, user_b, created_at", [(1, 1, 111, NOW)])
    add_match_lists(database, [(1, [112], [0.9])])
    run(JOB, now=NOW)
    before = {row[0]: row for row in rows(database, PAGE)}
    assert [before[slot][1] for slot in (1, 5, 15)] == ["post", "new_match", "suggestion"]
    assert [before[slot][3] for slot in (1, 5, 12, 13, 15)] == [101, 111, 111, 112, 112]
    execute(database, change)
    left = rows(database, PAGE)
    assert left == [before[slot] for slot in range(1, 21) if slot not in gone]
