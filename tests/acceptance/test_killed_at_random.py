"""Jobs killed with signal 9 at random moments; each time the same command again gives the undisturbed rows.

In the suite: a small town and a few kills. `FEEDSCORE_KILLS=20 FEEDSCORE_KILLED_PEOPLE=100000` make it the long form.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from orchestrator.errors import ExitCode

from .conftest import Home

# Read here, before the fixture that clears FEEDSCORE_ variables for each test.
KILLS = int(os.environ.get("FEEDSCORE_KILLS", "3"))
PEOPLE = int(os.environ.get("FEEDSCORE_KILLED_PEOPLE", "2000"))
BATCH_SIZE = "100"
"""Small, so that a kill falls between two batches as often as not."""
LEFT_RUNNING = "SELECT count(*) FROM feed.job_run WHERE status = 'RUNNING'"
LEFT_BATCHES = "SELECT count(*) FROM feed.job_batch"
# Trending moves on by itself every 15 minutes: rows are compared only within one quarter of an hour.
QUARTER_S = 900


@dataclass(frozen=True)
class Victim:
    """A job that is killed, and what it writes."""

    job: str
    tables: tuple[str, ...]
    rows: str
    """A SELECT of every row that it writes, as columns: but for the time of computing, which a later run rightly has
    later, and with topics by their tags, since numbers that were given once are not given again."""

    @property
    def command(self) -> tuple[str, ...]:
        return ("run", self.job, "--json", "--batch-size", BATCH_SIZE)

    @property
    def digest(self) -> str:
        return f"SELECT count(*), sum(hashtextextended(r::text, 0)::numeric) FROM ({self.rows}) AS r"

    @property
    def written(self) -> str:
        return f"SELECT count(*) FROM {self.tables[0]}"


VICTIMS = (
    Victim(
        "match-scores",
        ("feed.match_list",),
        """SELECT viewer_id, candidate_ids, scores, facts, interests, goals, fingerprint, inputs, algorithm_version
           FROM feed.match_list""",
    ),
    Victim(
        "content-features",
        ("feed.content_feature", "feed.topic", "feed.term_frequency"),
        """SELECT post_id::text, (SELECT array_agg(tag ORDER BY place)
               FROM unnest(topic_ids) WITH ORDINALITY AS o(topic, place) JOIN feed.topic AS t ON t.id = o.topic)::text,
             quality, nsfw, nsfw_flagged, language, sentiment, inputs, algorithm_version
           FROM feed.content_feature
           UNION ALL SELECT terms::text, counts::text, 0, 0, false, '', 0, posts, algorithm_version
           FROM feed.term_frequency""",
    ),
    Victim(
        "trending",
        ("feed.trending_post",),
        """SELECT post_id, popularity, velocity, avg_velocity, decay_multiplier, engagements, is_trending, peak_time,
             expires_at, algorithm_version FROM feed.trending_post""",
    ),
    Victim(
        "affinity",
        ("feed.affinity_profile", "feed.affinity_reach"),
        """SELECT user_id, creator_ids::text, creator_weights::text, content_types::text, content_type_shares::text,
             engagement_velocity, exploration_factor, actions, algorithm_version,
             (SELECT array_agg(tag ORDER BY place) FROM unnest(topic_ids) WITH ORDINALITY AS o(topic, place)
               JOIN feed.topic AS t ON t.id = o.topic)::text, topic_weights::text
           FROM feed.affinity_profile
           UNION ALL SELECT users, kind::text, coalesce(tag, r.id::text), '', '', 0, 0, 0, '', '', ''
           FROM feed.affinity_reach AS r LEFT JOIN feed.topic AS t ON kind = 2 AND t.id = r.id""",
    ),
    Victim(
        "feed-presort",
        ("feed.feed_presorted",),
        "SELECT user_id, segment, kinds, item_ids, scores, fingerprint, algorithm_version FROM feed.feed_presorted",
    ),
)


@pytest.fixture(scope="module")
def town(home: Home) -> Iterator[Home]:
    """A folder with a town on a server that outlives the killed, as a database does."""
    server = home.server
    server.acquire()
    try:
        for command in (("town", "--people", str(PEOPLE), "--seed", "1"), ("db", "init")):
            made = home.run(*command)
            assert made.returncode == ExitCode.DONE, made.stderr
        yield home
    finally:
        server.release()


def quarter() -> int:
    """Number the quarters of an hour."""
    return int(time.time() // QUARTER_S)


def finish(home: Home, victim: Victim) -> float:
    """Run the job to its end; tell how many seconds the job alone took."""
    done = home.run(*victim.command)
    assert done.returncode == ExitCode.DONE, done.stderr
    record = json.loads(done.stdout)["runs"][-1]
    assert (record["job"], record["status"]) == (victim.job, "SUCCESS")
    return float(record["duration_ms"]) / 1000


def kill(home: Home, victim: Victim, after_s: float) -> None:
    """Start the command, and kill it so long after it has come to the job itself."""
    process = home.start(*victim.command)
    assert process.stderr is not None
    for line in process.stderr:
        told = json.loads(line)
        if (told["event"], told["job"]) == ("started", victim.job):
            break
    time.sleep(after_s)
    process.kill()
    process.communicate()


def forget(home: Home, victim: Victim) -> None:
    """Remove what the job has written."""
    home.sql(f"TRUNCATE {', '.join(victim.tables)}")


@pytest.mark.parametrize("victim", VICTIMS, ids=lambda victim: victim.job)
def test_kills_at_random_moments_leave_no_trace(victim: Victim, town: Home) -> None:
    moments = random.Random(f"{victim.job}, killed")
    finish(town, victim)  # what it needs is there from now on
    compared_in, survived, took_s = -1, 0, 0.0
    undisturbed: list[tuple[object, ...]] = []
    while survived < KILLS:
        if compared_in != quarter():
            compared_in = quarter()
            forget(town, victim)
            took_s = finish(town, victim)
            undisturbed = town.sql(victim.digest)
            assert undisturbed[0][0]
        forget(town, victim)
        kill(town, victim, moments.uniform(0.2, 1.0) * took_s)
        killed_at = town.sql(victim.written)[0][0]
        finish(town, victim)
        if compared_in != quarter():
            continue
        survived += 1
        print(f"{victim.job}, kill {survived}: {killed_at} rows were there")  # noqa: T201 -- shown by pytest -s
        assert town.sql(victim.digest) == undisturbed
        assert town.sql(LEFT_RUNNING) == [(0,)]
        assert town.sql(LEFT_BATCHES) == [(0,)]
