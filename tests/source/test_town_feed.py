"""Posts, messages and what goes with them in the tables of the town: consistent, and as untidy as real ones."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from orchestrator.source.town import make_town, write_town
from tests.conftest import address_of

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
PEOPLE = 3_000

# Posts whose counts are not those of the distinct events of people who exist.
WRONG_COUNTS = """
WITH events AS (
  SELECT DISTINCT e.user_id, e.post_id, e.kind, e.dwell_ms, e.occurred_at
  FROM app.post_events AS e JOIN app.users AS u ON u.id = e.user_id
), likes AS (
  SELECT post_id, count(*) AS number FROM (
    SELECT post_id, user_id FROM events WHERE kind = 'like'
    EXCEPT SELECT post_id, user_id FROM events WHERE kind = 'unlike') AS liked GROUP BY 1
), others AS (
  SELECT post_id, count(*) FILTER (WHERE kind = 'comment') AS comments,
    count(*) FILTER (WHERE kind = 'share') AS shares FROM events GROUP BY 1
)
SELECT count(*) FROM app.posts AS p LEFT JOIN likes AS l ON l.post_id = p.id
LEFT JOIN others AS o ON o.post_id = p.id
WHERE (p.like_count, p.comment_count, p.share_count)
  <> (coalesce(l.number, 0), coalesce(o.comments, 0), coalesce(o.shares, 0))"""


@pytest.fixture(scope="module")
def town(server_url: str, template: str) -> Iterator[psycopg.Connection]:
    """A connection to a town; nothing that a test writes stays."""
    name = f"{template}_town_feed"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        with psycopg.connect(address_of(server_url, name), options="-c timezone=UTC") as connection:
            write_town(connection, make_town(PEOPLE, 1, NOW, posts=12_000))
            connection.commit()
            yield connection
            connection.rollback()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def number(connection: psycopg.Connection, query: str) -> float:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return float(row[0])


def test_there_are_sixty_events_a_person_and_ids_have_no_gaps(town: psycopg.Connection) -> None:
    row = town.execute("SELECT count(*), min(id), max(id) FROM app.post_events").fetchone()

    assert row == (60 * PEOPLE, 1, 60 * PEOPLE)


def test_the_counts_of_posts_are_those_of_the_events(town: psycopg.Connection) -> None:
    assert number(town, "SELECT sum(like_count) FROM app.posts") > 5_000
    assert number(town, "SELECT sum(comment_count) FROM app.posts") > 1_000
    assert number(town, WRONG_COUNTS) == 0


def test_media_are_as_many_as_the_posts_say(town: psycopg.Connection) -> None:
    wrong = """
      SELECT count(*) FROM app.posts AS p
      LEFT JOIN (SELECT post_id, count(*) AS files FROM app.media AS m JOIN app.posts AS q
        ON q.id = m.post_id AND q.author_id = m.owner_id GROUP BY 1) AS m ON m.post_id = p.id
      WHERE p.media_count <> coalesce(m.files, 0)"""

    assert number(town, wrong) == 0
    assert number(town, "SELECT count(*) FROM app.media") > 1_000
    assert number(town, "SELECT count(*) - count(DISTINCT uri) FROM app.media") == 0


@pytest.mark.parametrize(
    ("table", "kind", "post", "person"),
    [
        ("hides", "hide", "hidden_post_id", "user_id"),
        ("reports", "report", "reported_post_id", "reporter_id"),
    ],
)
def test_what_events_hide_and_report_is_listed_once(
    town: psycopg.Connection, table: str, kind: str, post: str, person: str
) -> None:
    listed = f"SELECT {person}, {post}, created_at FROM app.{table} WHERE {post} IS NOT NULL"
    told = (
        "SELECT user_id, post_id, min(occurred_at) FROM app.post_events AS e"
        " WHERE kind = %s AND EXISTS (SELECT FROM app.posts AS p WHERE p.id = e.post_id)"
        " AND EXISTS (SELECT FROM app.users AS u WHERE u.id = e.user_id) GROUP BY 1, 2"
    )
    rows, events = town.execute(listed.encode()).fetchall(), town.execute(told.encode(), (kind,)).fetchall()

    assert sorted(rows) == sorted(events)
    assert len(rows) > 50


@pytest.mark.parametrize(
    ("what", "condition", "low", "high"),
    [
        ("without text", "body IS NULL", 0.04, 0.08),
        ("without a letter", r"body !~ '[[:alnum:]]'", 0.01, 0.04),
        ("very short", "length(body) < 6", 0.02, 0.08),
        ("very long", "length(body) > 10000", 0.00005, 0.002),
        ("in German", r"body ~ '\m(ich|und|nie|auf)\M'", 0.01, 0.05),
        ("in Spanish", r"body ~ '[¿ñ]|\mpor\M|\mtan\M'", 0.01, 0.05),
        ("rude", r"body ~* 'nude|sex |horny|xxx|p0rn|n4ked'", 0.01, 0.03),
        ("innocent", r"body ~* 'scunthorpe|cocktail|sussex|essex|analysis|titmouse'", 0.003, 0.02),
        ("without tags", "tags IS NULL", 0.03, 0.07),
        ("no tag at all", "tags = '{}'", 0.02, 0.3),
        ("with a hash", "array_to_string(tags, ',') LIKE '%#%'", 0.05, 0.3),
        ("capitals", r"array_to_string(tags, ',') ~ '[A-Z]'", 0.05, 0.3),
        ("a blank tag", r"tags && ARRAY['', '  ']", 0.005, 0.04),
        ("the same tag twice", "(SELECT count(*) - count(DISTINCT t) > 0 FROM unnest(tags) AS t)", 0.002, 0.05),
        ("deleted", "deleted_at IS NOT NULL", 0.005, 0.03),
    ],
)  # fmt: skip
def test_some_posts_are_odd(
    town: psycopg.Connection, what: str, condition: str, low: float, high: float
) -> None:
    share = number(town, f"SELECT (count(*) FILTER (WHERE {condition}))::float / count(*) FROM app.posts")

    assert low < share < high, what


def test_posts_have_up_to_five_tags_and_plain_words_on_their_topic(town: psycopg.Connection) -> None:
    named = """
      SELECT avg((p.body ILIKE '%' || i.name || '%')::int) FROM app.posts AS p
      JOIN app.interests AS i ON i.slug = p.tags[1]"""

    assert number(town, "SELECT max(cardinality(tags)) FROM app.posts") in (4, 5)
    assert number(town, named) > 0.3


def test_all_content_types_occur(town: psycopg.Connection) -> None:
    kinds = {kind for (kind,) in town.execute("SELECT DISTINCT content_type FROM app.posts")}

    assert kinds == {"photo", "text", "poll", "video"}


def test_messages_pass_only_between_matches_and_after_they_matched(town: psycopg.Connection) -> None:
    strangers = """
      SELECT count(*) FROM app.messages AS s WHERE NOT EXISTS (
        SELECT FROM app.matches AS m WHERE m.created_at <= s.sent_at
          AND (m.user_a, m.user_b)
            IN ((s.sender_id, s.recipient_id), (s.recipient_id, s.sender_id)))"""

    assert number(town, "SELECT count(*) FROM app.messages") > 500
    assert number(town, strangers) == 0
    assert 0.01 < number(town, "SELECT avg(off_the_record::int) FROM app.messages") < 0.06
    assert number(town, "SELECT count(*) FROM app.messages WHERE body IS NULL") > 0
    assert number(town, "SELECT max(extract(epoch FROM sent_at)) FROM app.messages") <= NOW.timestamp()


def test_some_conversations_revive_after_weeks_of_silence(town: psycopg.Connection) -> None:
    revived = f"""
      SELECT count(*) FROM (
        SELECT sent_at, lag(sent_at) OVER (
          PARTITION BY least(sender_id, recipient_id), greatest(sender_id, recipient_id)
          ORDER BY sent_at) AS before
        FROM app.messages) AS m
      WHERE sent_at > '{NOW.isoformat()}'::timestamptz - interval '2 days'
        AND sent_at - before > interval '21 days'"""

    assert number(town, revived) >= 3


def test_people_follow_and_visit_others_not_themselves(town: psycopg.Connection) -> None:
    assert number(town, "SELECT count(*) FROM app.follows") > PEOPLE
    assert number(town, "SELECT count(*) FROM app.profile_views") > 300
    assert number(town, "SELECT count(*) FROM app.follows WHERE follower_id = followee_id") == 0
    assert number(town, "SELECT count(*) FROM app.profile_views WHERE viewer_id = viewed_id") == 0


def test_the_people_are_the_same_whatever_happens_with_posts() -> None:
    one = make_town(300, 1, NOW, events=0, posts=1)
    other = make_town(300, 1, NOW, events=9_000, posts=70, until=NOW.replace(hour=22))

    for part in ("people", "preferences", "quiz", "interests", "encounters", "ratings", "relations"):
        assert pickle.dumps(getattr(one, part)) == pickle.dumps(getattr(other, part)), part
    assert (len(one.activity.posts), len(other.activity.posts)) == (1, 70)
