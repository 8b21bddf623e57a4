"""The stages of affinity over everybody by several workers.

How many people each creator and topic reached has to be known of all before anybody's likings are weighed. So each shard
reads its people's events and counts whom they engaged; the counts are put together; then each shard weighs what it has
read. A process keeps its events in between; where it is gone, another reads them again.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from feedscore import AffinityReach

from ...context import JobContext
from ...db.rows_read import rows_read
from ..ids import fetch_users
from ..write import Output, write_people
from .affinity_events import Background, Collected, Reading, collect
from .affinity_rows import profile_columns
from .stored_reach import add_up, fetch_reach, pack, write_reach_rows
from .topics import Topics, fetch_topics

TABLE = "feed.affinity_profile"
VERSION = "1"
REACH, JOIN, SHARD, CLOSE = "reach", "join", "shard", "close"
REMOVE_GONE = """
DELETE FROM feed.affinity_profile AS a WHERE NOT EXISTS (SELECT FROM app.users AS u WHERE u.id = a.user_id)
"""
COUNT = "SELECT count(*) FROM feed.affinity_profile WHERE algorithm_version = %s"


@dataclass(frozen=True, eq=False)
class Held:
    """The events of the people of a shard."""

    collected: Collected
    topics: Topics


def reach_of_shard(context: JobContext) -> None:
    """Read the events of the people of a shard, and hand on how many of them each creator and topic reached."""
    with context.database.connection() as connection:
        held = _read(connection, context)
    context.kept[_key(context)] = held
    reach: AffinityReach = held.collected.events.reach(threads=context.threads)
    context.run.hand_on(pack(reach, held.topics))


def join_reach(context: JobContext) -> None:
    """Put together whom the people of all shards reached, and store it."""
    rows = add_up(context.run.handed_on(REACH))
    with context.database.connection() as connection:
        done = write_reach_rows(connection, rows)
    context.run.tell(rows_written=done.inserted + done.updated, reach_removed=done.deleted)


def weigh_shard(context: JobContext) -> None:
    """Weigh the likings of the people of a shard, and store their profiles."""
    assert context.part  # noqa: S101 -- this is a stage of a whole
    with context.database.connection() as connection:
        held = context.kept.pop(_key(context), None) or _read(connection, context)
        reach = fetch_reach(connection, held.topics)
    users = context.kept["users"]
    context.run.step("weighing likings")
    profiles = held.collected.events.profiles(reach=reach, threads=context.threads)
    columns = profile_columns(profiles, held.topics, held.collected.content_types, None)
    write_people(context, Output(TABLE, columns, users[context.part.holds(users)]), VERSION)


def close_whole(context: JobContext) -> None:
    """Remove the profiles of people who are gone, and count those that are there."""
    with context.database.connection() as connection:
        removed = connection.execute(REMOVE_GONE).rowcount
        row = connection.execute(COUNT, (VERSION,)).fetchone()
    context.run.tell(
        rows_removed=removed, profiles=row[0] if row else 0, checked_everybody=context.now.isoformat()
    )


def _read(connection: psycopg.Connection, context: JobContext) -> Held:
    run = context.run
    reading = Reading(
        connection, context.settings.affinity, context.now, step=run.step, check_stop=run.check_stop
    )
    if "users" not in context.kept:
        run.step("reading users")
        users, topics = fetch_users(connection), fetch_topics(connection)
        background = Background.read(reading, users, topics)
        context.kept.update(users=users, topics=topics, background=background)
    users, topics = context.kept["users"], context.kept["topics"]
    collected = collect(reading, users, topics, part=context.part, background=context.kept["background"])
    reading.told["rows_scanned"] = max(rows_read(connection), reading.told["rows_scanned"])
    run.tell(**+reading.told)
    return Held(collected, topics)


def _key(context: JobContext) -> str:
    return f"events {context.part.number}" if context.part else "events"
