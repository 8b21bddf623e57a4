"""What new posts and media call for: the features of these posts, in one run for all events of a lot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import psycopg

from ..db.pending import Urgency, enqueue_run
from ..db.runs import Trigger
from ..registry import Registry
from ..runner.begin import request_of
from ..settings import Settings
from .events import Event, EventName

JOB = "content-features"
ABOUT_POSTS = frozenset({EventName.POST_CREATED, EventName.MEDIA_UPLOADED})
"""Media without a post call for nothing: no job looks at them."""
# Those of some posts that are there; one may have been deleted since.
KNOWN = "SELECT id FROM app.posts WHERE id = ANY (%s)"


def read_posts(
    connection: psycopg.Connection,
    settings: Settings,
    registry: Registry,
    events: Mapping[int, Event],
    now: datetime,
    priority: int,
) -> dict[int, str]:
    """Enqueue one run for the posts that events by number are about; tell what was done about each of these.

    Feeds take the posts up when they are sorted next, by the hour: which feeds a post would enter is not known before
    all are ranked.
    """
    posts = {
        number: event.post_id
        for number, event in events.items()
        if event.kind in ABOUT_POSTS and event.post_id is not None
    }
    job = registry.jobs.get(JOB)
    if not posts or job is None:
        return {}
    known = sorted({row[0] for row in connection.execute(KNOWN, (sorted(set(posts.values())),))})
    outcome = ""
    if known:
        given = job.parameters.model_validate({"post_id": known, "allow_missing": True})  # deleted meanwhile
        request = request_of(job, given, settings, now, Trigger.EVENT)
        urgency = Urgency(priority=priority, max_attempts=job.max_attempts)
        record, _ = enqueue_run(connection, request, urgency, cause=f"{len(known)} posts in events", needs=())
        outcome = f"runs {record.id}"
    return {number: outcome if post in known else "no such post" for number, post in posts.items()}
