"""Complaint 13: blocked people, one's own posts, and what was hidden or deleted, are shown all the same.

Looked for in every table and view that jobs write, after all of them have run over people who block, report and hide far
more than people ever do, so that every job meets all of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from orchestrator.db.engine import Database
from tests.jobs.conftest import rows

from .strict import RATE


@dataclass(frozen=True)
class Shown:
    """What a table or view shows: rows of viewer (NULL = anybody), other person, and post (or NULL)."""

    rows: str
    is_table: bool
    """What is in a table may be out of date; what is in a view may not."""


SHOWN = {
    "feed.match_list": Shown(
        "SELECT viewer_id, unnest(candidate_ids), NULL::bigint FROM feed.match_list", is_table=True
    ),
    "feed.match_score": Shown(
        "SELECT viewer_user_id, candidate_user_id, NULL::bigint FROM feed.match_score", is_table=False
    ),
    "feed.affinity_profile": Shown(
        "SELECT user_id, unnest(creator_ids), NULL::bigint FROM feed.affinity_profile", is_table=True
    ),
    "feed.user_affinity": Shown(
        """SELECT user_id, (jsonb_array_elements(top_creators) ->> 'creator_id')::bigint, NULL::bigint
           FROM feed.user_affinity""",
        is_table=False,
    ),
    "feed.trending_post": Shown(
        "SELECT NULL::bigint, p.author_id, t.post_id FROM feed.trending_post AS t JOIN app.posts AS p ON p.id = t.post_id",
        is_table=True,
    ),
    "feed.trending_now": Shown(
        "SELECT NULL::bigint, author_id, post_id FROM feed.trending_now", is_table=False
    ),
    "feed.feed_presorted": Shown(
        """SELECT s.user_id, CASE WHEN i.kind = 0 THEN p.author_id ELSE i.id END, p.id
           FROM feed.feed_presorted AS s CROSS JOIN LATERAL unnest(s.kinds, s.item_ids) AS i(kind, id)
           LEFT JOIN app.posts AS p ON i.kind = 0 AND p.id = i.id""",
        is_table=True,
    ),
    "feed.feed_page": Shown(
        """SELECT u.id, f.user_id, f.post_id FROM app.users AS u CROSS JOIN generate_series(1, 3) AS page
           CROSS JOIN LATERAL feed.feed_page(u.id, page) AS f""",
        is_table=False,
    ),
}
FORBIDDEN = {
    "oneself, or one's own post": "s.viewer = s.other",
    "whom the viewer blocked": "EXISTS (SELECT FROM app.blocks WHERE blocker_id = s.viewer AND blocked_id = s.other)",
    "who blocked the viewer": "EXISTS (SELECT FROM app.blocks WHERE blocker_id = s.other AND blocked_id = s.viewer)",
    "whom the viewer reported": """EXISTS (SELECT FROM app.reports
      WHERE reporter_id = s.viewer AND reported_user_id = s.other)""",
    "a post that the viewer reported": """EXISTS (SELECT FROM app.reports
      WHERE reporter_id = s.viewer AND reported_post_id = s.post)""",
    "a post that the viewer hid": """EXISTS (SELECT FROM app.hides
      WHERE user_id = s.viewer AND hidden_post_id = s.post)""",
    "a deleted post": "EXISTS (SELECT FROM app.posts WHERE id = s.post AND deleted_at IS NOT NULL)",
    "a flagged post": "EXISTS (SELECT FROM feed.content_feature WHERE post_id = s.post AND nsfw_flagged)",
}
COUNT = "SELECT count(*), {} FROM ({}) AS s(viewer, other, post)"


def count(database: Database, name: str) -> tuple[int, dict[str, int]]:
    """Count what a table or view shows, and how much of it is forbidden, by reason."""
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in FORBIDDEN.values())
    ((shown, *found),) = rows(database, COUNT.format(counts, SHOWN[name].rows))
    return shown, {reason: number for reason, number in zip(FORBIDDEN, found, strict=True) if number}


@pytest.mark.parametrize("name", SHOWN)
def test_nothing_forbidden_is_anywhere(name: str, strict_town: Database) -> None:
    shown, forbidden = count(strict_town, name)
    assert shown > 100
    assert forbidden == {}


BLOCKS = (
    """INSERT INTO app.blocks SELECT DISTINCT viewer, other, now() FROM sample WHERE place % 2 = 0
       ON CONFLICT DO NOTHING""",
    """INSERT INTO app.blocks SELECT DISTINCT other, viewer, now() FROM sample WHERE place % 2 = 1
       ON CONFLICT DO NOTHING""",
)
REPORTS = (
    """INSERT INTO app.reports (id, reporter_id, reported_user_id, created_at)
       SELECT (SELECT max(id) FROM app.reports) + place, viewer, other, now() FROM sample""",
)
ON_POSTS = (
    """INSERT INTO app.reports (id, reporter_id, reported_post_id, created_at)
       SELECT (SELECT max(id) FROM app.reports) + place, viewer, post, now() FROM sample WHERE place % 2 = 0""",
    """INSERT INTO app.hides (id, user_id, hidden_post_id, created_at)
       SELECT (SELECT max(id) FROM app.hides) + place, viewer, post, now() FROM sample WHERE place % 2 = 1""",
)
OF_POSTS = (
    "UPDATE app.posts SET deleted_at = now() WHERE id IN (SELECT post FROM sample WHERE place % 2 = 0)",
    "UPDATE feed.content_feature SET nsfw_flagged = true WHERE post_id IN (SELECT post FROM sample WHERE place % 2 = 1)",
)


@dataclass(frozen=True)
class Afterwards:
    """What people do about what they are shown, each thing about a twentieth of it."""

    table: str
    """What the view reads."""
    view: str
    deeds: tuple[tuple[str, ...], ...]
    hides: frozenset[str]
    """The reasons for which the view must hide something at once."""


BLOCKED = frozenset({"whom the viewer blocked", "who blocked the viewer"})
REPORTED = frozenset({"whom the viewer reported"})
POSTS_OF_READER = frozenset({"a post that the viewer reported", "a post that the viewer hid"})
POSTS_GONE = frozenset({"a deleted post", "a flagged post"})
AFTERWARDS = (
    Afterwards("feed.match_list", "feed.match_score", (BLOCKS,), BLOCKED),
    Afterwards("feed.affinity_profile", "feed.user_affinity", (BLOCKS, REPORTS), BLOCKED | REPORTED),
    Afterwards("feed.trending_post", "feed.trending_now", (OF_POSTS,), POSTS_GONE),
    Afterwards(
        "feed.feed_presorted",
        "feed.feed_page",
        (BLOCKS, REPORTS, ON_POSTS, OF_POSTS),
        BLOCKED | REPORTED | POSTS_OF_READER | POSTS_GONE,
    ),
)


@pytest.mark.parametrize("case", AFTERWARDS, ids=lambda case: case.view)
def test_what_is_done_after_the_run_hides_at_once(case: Afterwards, strict_town: Database) -> None:
    with strict_town.connection() as connection:
        for draw, deeds in enumerate(case.deeds, 10):
            connection.execute(
                f"""CREATE TEMP TABLE sample ON COMMIT DROP AS
                SELECT s.*, row_number() OVER () AS place FROM ({SHOWN[case.view].rows}) AS s(viewer, other, post)
                WHERE abs(hashint8extended(coalesce(viewer, 0) * 100003 + coalesce(post, other), {draw})) % {RATE} = 0
                  AND (post IS NOT NULL OR {draw} < 12)""".encode()
            )
            for deed in deeds:
                assert connection.execute(deed.encode()).rowcount > 0
            connection.commit()
    assert (
        case.hides <= count(strict_town, case.table)[1].keys()
    )  # the table still holds what was done away with
    shown, forbidden = count(strict_town, case.view)
    assert shown > 0
    assert not case.hides & forbidden.keys()
