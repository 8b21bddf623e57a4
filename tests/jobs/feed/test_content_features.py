"""content-features over real tables."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.jobs.feed.content_extras import Extra
from orchestrator.plan import Step
from orchestrator.runner import RunStatus, preview_plan, run_job
from orchestrator.settings import Settings
from tests.jobs.conftest import NOW, Runner, execute, rows, versions

JOB = "content-features"
FEATURES = (
    "SELECT post_id, topics, quality, nsfw, nsfw_flagged, language FROM feed.post_feature ORDER BY post_id"
)
POST = """
INSERT INTO app.posts (id, author_id, created_at, body, content_type, tags, media_count, like_count, comment_count,
  share_count, deleted_at)
VALUES (%(id)s, 1, %(at)s, %(body)s, 'text', %(tags)s, %(media)s, %(likes)s, 0, 0, %(deleted_at)s)
"""


def post(
    database: Database,
    id: int,  # noqa: A002 -- as the column
    body: str | None = None,
    *,
    tags: Sequence[str | None] | None = None,
    days: float = 30.0,
    **columns: Any,  # Any: what SQL takes
) -> None:
    """Put one post there, `days` old."""
    values = {"media": 0, "likes": 0, "deleted_at": None, **columns}
    at = NOW - timedelta(days=days)
    with database.connection() as connection:
        connection.execute(POST, {"id": id, "body": body, "tags": tags, "at": at, **values})


def topics(database: Database) -> dict[int, list[str]]:
    return {row[0]: row[1] for row in rows(database, FEATURES)}


def column(database: Database, name: str) -> dict[int, Any]:  # Any: what SQL gives
    return dict(rows(database, f"SELECT post_id, {name} FROM feed.content_feature"))


def test_tags_come_first_and_keywords_fill_up_to_eight(database: Database, run: Runner) -> None:
    body = "the telescope showed saturn jupiter neptune uranus mercury venus mars pluto"
    post(database, 1, body, tags=["#Astronomy", "  Night Sky ", "astronomy", None, "", "#", "x" * 51])
    post(database, 2, None, tags=[f"Tag{i}" for i in range(20)])
    run(JOB)
    found = topics(database)
    assert found[1][:2] == ["astronomy", "night-sky"]
    assert len(found[1]) == 8
    assert set(found[1][2:]) < set(body.split()) - {"the"}
    assert found[2] == [f"tag{i}" for i in range(8)]


def test_rare_words_come_before_common_ones(database: Database, run: Runner) -> None:
    for number in range(20):
        post(database, number, "weekend hiking " + ("glacier crampons" if number == 3 else "weather"))
    run(JOB)
    assert topics(database)[3] == ["crampons", "glacier", "hiking", "weekend"]


@pytest.mark.parametrize("body", [None, "", "   \n", "🔥🔥🔥 ❤️ 🏳️‍🌈", "123 456", "https://example.org/page"])
def test_a_post_that_says_nothing_still_has_a_row(database: Database, run: Runner, body: str | None) -> None:
    post(database, 1, body)
    run(JOB)
    assert rows(database, FEATURES) == [(1, [], 0.0, 0.0, False, None)]


def test_of_a_body_of_a_megabyte_the_first_ten_thousand_characters_count(
    database: Database, run: Runner
) -> None:
    post(database, 1, "räder " * 1_600 + " tail" * 200_000 + " porn")
    post(database, 2, "räder " * 1_600 + " tail" * 80)
    run(JOB)
    found = rows(database, FEATURES)
    assert found[0][1:] == found[1][1:]
    assert found[0][1] == ["räder", "tail"]


def test_a_second_run_touches_no_row(database: Database, run: Runner) -> None:
    for number in range(50):
        post(database, number, f"post about topic{number % 7} and porn", days=number / 4, likes=number)
    first = run(JOB).metadata
    before = versions(database, "feed.content_feature", "post_id")
    words = versions(database, "feed.term_frequency", "corpus")
    again = run(JOB, now=NOW + timedelta(minutes=40)).metadata
    assert (first["rows_written"], first["posts_due"]) == (50, 50)
    assert again["posts_due"] == 0
    assert versions(database, "feed.content_feature", "post_id") == before
    assert versions(database, "feed.term_frequency", "corpus") == words


def test_named_posts_get_the_row_of_a_full_run_and_are_not_written_again(
    database: Database, run: Runner
) -> None:
    for number in range(9):
        post(database, number, f"gardening with tomatoes and basil number{number}")
    run(JOB)
    before = rows(database, FEATURES)
    assert run(JOB, post_id=(2, 5)).metadata["rows_written"] == 0
    execute(database, "UPDATE feed.content_feature SET quality = 9 WHERE post_id IN (2, 5)")
    run(JOB, post_id=(2, 5))
    assert rows(database, FEATURES) == before


def test_a_post_that_is_named_but_does_not_exist_is_an_error(database: Database, settings: Settings) -> None:
    post(database, 1, "here")
    job = registry[JOB]
    record = run_job(database, settings, job, job.parameters(post_id=(1, 77, 78)), now=NOW)  # type: ignore[call-arg]  # of its own
    assert record.status is RunStatus.FAILED
    assert "no such post in app.posts: 77, 78" in str(record.error)


def test_a_named_post_that_went_meanwhile_does_not_keep_the_others_waiting(
    database: Database, run: Runner
) -> None:
    post(database, 1, "here")
    assert run(JOB, post_id=(1, 77), allow_missing=True).metadata["posts_due"] == 1
    assert list(column(database, "quality")) == [1]


@pytest.mark.parametrize(
    "change",
    ["body = 'sailing'", "tags = '{sea}'", "media_count = 3"],
)
def test_a_changed_post_is_computed_again(database: Database, run: Runner, change: str) -> None:
    post(database, 1, "mountains")
    post(database, 2, "mountains")
    run(JOB)
    execute(database, f"UPDATE app.posts SET {change} WHERE id = 2")
    assert run(JOB).metadata["posts_due"] == 1
    assert rows(database, FEATURES)[0][1:] != rows(database, FEATURES)[1][1:]


def test_engagement_is_followed_for_seven_days_and_then_settled(database: Database, run: Runner) -> None:
    post(database, 1, days=2)
    post(database, 2, days=8)
    run(JOB)
    execute(database, "UPDATE app.posts SET like_count = 10")
    assert run(JOB).metadata["posts_due"] == 1
    assert column(database, "quality") == {1: 0.25, 2: 0.0}  # 5 a day count half, of a weight of 0.5


def test_a_report_takes_off_at_any_age_and_each_user_counts_once(database: Database, run: Runner) -> None:
    post(database, 1, days=50, likes=35)
    run(JOB)
    assert column(database, "quality") == {1: 0.25}
    execute(
        database,
        "INSERT INTO app.reports VALUES (1, 7, NULL, 1, NULL, now()), (2, 7, NULL, 1, NULL, now())",
    )
    run(JOB)
    assert column(database, "quality")[1] == pytest.approx(0.05)
    execute(database, "INSERT INTO app.reports VALUES (3, 8, NULL, 1, NULL, now())")
    run(JOB)
    assert column(database, "quality") == {1: 0.0}


def test_deleted_posts_and_posts_that_are_gone_lose_their_rows(database: Database, run: Runner) -> None:
    for number in (1, 2, 3):
        post(database, number, "here today")
    post(database, 4, "gone", deleted_at=NOW)
    run(JOB)
    assert set(topics(database)) == {1, 2, 3}
    execute(
        database, "DELETE FROM app.posts WHERE id = 1", "UPDATE app.posts SET deleted_at = now() WHERE id = 2"
    )
    assert run(JOB).metadata["rows_removed"] == 2
    assert set(topics(database)) == {3}


def test_another_version_and_other_settings_compute_everything_again(
    database: Database, settings: Settings, run: Runner
) -> None:
    post(database, 1, "one")
    post(database, 2, "two")
    run(JOB)
    execute(database, "UPDATE feed.content_feature SET algorithm_version = '0' WHERE post_id = 2")
    assert run(JOB).metadata["posts_due"] == 1
    content = settings.content.__class__(media_weight=0.1)
    other = settings.model_copy(update={"content": content})
    job = registry[JOB]
    assert run_job(database, other, job, job.parameters(), now=NOW).metadata["posts_due"] == 2


def test_what_is_not_safe_for_work_is_flagged_in_body_and_tags(database: Database, run: Runner) -> None:
    post(database, 1, "free p0rn here")
    post(database, 2, "a walk", tags=["NSFW"])
    post(database, 3, "From Scunthorpe to Essex, with classics and cocktails")
    post(database, 4, "this is some sh1t")
    run(JOB)
    assert column(database, "nsfw_flagged") == {1: True, 2: True, 3: False, 4: False}
    nsfw = column(database, "nsfw")
    assert nsfw[3] == 0
    assert nsfw[4] == pytest.approx(0.3)


def test_sentiment_is_known_of_english_alone(database: Database, run: Runner) -> None:
    pytest.importorskip("vaderSentiment")
    post(database, 1, "This is the best day of my life and I love all of you")
    post(database, 2, "I hate it, this was the worst day and I am so sad about it")
    post(database, 3, "Ich hasse das, es war der schlimmste Tag und ich bin so traurig")
    post(database, 4, "🔥")
    run(JOB)
    found = column(database, "sentiment")
    assert found[1] > 0.5
    assert found[2] < -0.5
    assert (found[3], found[4]) == (None, None)
    assert column(database, "language") == {1: "en", 2: "en", 3: "de", 4: None}


def test_without_its_extra_sentiment_is_unknown_and_known_as_soon_as_it_is_there(
    database: Database, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("vaderSentiment")
    post(database, 1, "This is the best day of my life and I love all of you")
    with monkeypatch.context() as patch:
        patch.setattr("orchestrator.jobs.feed.content_extras.find_spec", lambda _: None)
        told = run(JOB).metadata
        assert "sentiment needs feedscore[text]" in told["extras_missing"]
        assert column(database, "sentiment") == {1: None}
    assert run(JOB).metadata["posts_due"] == 1
    assert column(database, "sentiment")[1] > 0.5
    assert column(database, "extras")[1] & Extra.SENTIMENT
    with monkeypatch.context() as patch:  # a machine without it leaves what another has found
        patch.setattr("orchestrator.jobs.feed.content_extras.find_spec", lambda _: None)
        assert run(JOB).metadata["posts_due"] == 0


def test_words_are_counted_once_a_day_and_again_when_many_posts_come(database: Database, run: Runner) -> None:
    post(database, 1, "first")
    post(database, 2, "second")
    run(JOB)
    post(database, 3, "third")
    assert "posts_counted" not in run(JOB).metadata
    post(database, 4, "fourth")
    assert run(JOB, now=NOW + timedelta(days=1)).metadata["posts_counted"] == 4
    for number in range(5, 20):
        post(database, number, f"another {number}")
    assert run(JOB, now=NOW + timedelta(days=1)).metadata["posts_counted"] == 19
    assert rows(database, "SELECT posts, terms[1], counts[1] FROM feed.term_frequency") == [
        (19, "another", 15)
    ]


def test_at_most_limit_posts_are_computed_and_the_next_run_does_the_rest(
    database: Database, run: Runner
) -> None:
    for number in range(5):
        post(database, number, "hello")
    assert run(JOB, limit=2).metadata["rows_written"] == 2
    assert run(JOB).metadata["rows_written"] == 3


def test_a_dry_run_tells_how_many_posts_are_due(database: Database, settings: Settings) -> None:
    post(database, 1, "hello")
    steps = [Step(registry[JOB], "asked for")]
    told = preview_plan(database, settings, steps, {JOB: registry[JOB].parameters()}, now=NOW)
    assert told[0][1].items == 1
    assert topics(database) == {}


def test_ids_of_any_size_odd_times_and_nested_tags_are_read(database: Database, run: Runner) -> None:
    post(database, -(2**63), "valley")
    post(database, 2**63 - 1, "summit")
    post(database, 5, "harbour", media=-3, likes=-5)
    execute(
        database,
        "UPDATE app.posts SET created_at = 'infinity' WHERE id = 5",
        "UPDATE app.posts SET tags = '{{a,b},{c,d}}' WHERE id > 5",
        "UPDATE app.posts SET created_at = '-infinity' WHERE id < 0",
    )
    run(JOB)
    assert topics(database) == {
        -(2**63): ["valley"],
        5: ["harbour"],
        2**63 - 1: ["a", "b", "c", "d", "summit"],
    }


def test_two_runs_at_once_give_each_new_topic_one_id(
    database: Database, settings: Settings, run: Runner
) -> None:
    for number in range(400):
        post(database, number, f"word{number} word{number + 1} word{number + 2} shared")
    run(JOB, post_id=(0,))  # words are counted
    program = (
        "import sys; from datetime import datetime; from orchestrator.db.engine import Database\n"
        "from orchestrator.settings import load_settings; from orchestrator.jobs import registry\n"
        "from orchestrator.runner import run_job\n"
        "settings = load_settings(); job = registry['content-features']\n"
        "first, step = map(int, sys.argv[1:])\n"
        "with Database(settings) as database:\n"
        f"    now = datetime.fromisoformat('{NOW.isoformat()}')\n"
        "    parameters = job.parameters(post_id=tuple(range(first, 400, step)), batch_size=20)\n"
        "    record = run_job(database, settings, job, parameters, now=now)\n"
        "    assert record.status == 'SUCCESS' and not record.items_failed, record.error\n"
    )
    assert settings.database_url
    environment = {**os.environ, "FEEDSCORE_DATABASE_URL": settings.database_url.get_secret_value()}
    ran = [
        subprocess.Popen([sys.executable, "-c", program, first, step], env=environment)
        for first, step in (("0", "1"), ("0", "2"))
    ]
    assert [process.wait(60) for process in ran] == [0, 0]
    assert rows(database, "SELECT count(*), count(DISTINCT tag) FROM feed.topic") == [(403, 403)]
    assert len(topics(database)) == 400


def test_a_run_that_was_killed_goes_on_where_it_stopped(
    database: Database, settings: Settings, run: Runner
) -> None:
    with database.connection() as connection:
        connection.execute("""
          INSERT INTO app.posts (id, author_id, created_at, body, content_type, tags)
          SELECT i, 1, '2026-07-01', 'word' || i % 97 || ' word' || i % 89 || ' and some more', 'text', ARRAY['t' || i % 13]
          FROM generate_series(1, 4000) AS i""")
    run(JOB)
    undisturbed = rows(database, FEATURES)
    execute(database, "TRUNCATE feed.content_feature, feed.topic, feed.term_frequency")
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    command = [sys.executable, "-m", "orchestrator", "run", JOB, "--batch-size", "50"]
    process = subprocess.Popen(
        command,
        env={**os.environ, "FEEDSCORE_DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    written = 0
    with psycopg.connect(url, autocommit=True) as watcher:
        deadline = time.monotonic() + 60
        while not written and time.monotonic() < deadline and process.poll() is None:
            row = watcher.execute("SELECT count(*) FROM feed.content_feature").fetchone()
            written = row[0] if row else 0
    process.send_signal(signal.SIGKILL)
    process.wait()
    there = len(topics(database))
    assert 0 < there < 4000
    told = run(JOB).metadata
    assert told["posts_due"] == 4000 - there
    assert rows(database, FEATURES) == undisturbed
