"""Reads what people did with posts into the affinity kernel, and counts what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import psycopg

from feedscore import AffinityEvents, AffinitySettings, EventKind, PostEvents
from feedscore.population import Int64

from ...db.parts import Part
from ..ids import distinct, fetch_users, require_users
from .event_columns import EventQuery, only_rows, read_events
from .exclusions import fetch_exclusions
from .known import Known
from .post_columns import StoredPosts, fetch_posts
from .times import days_before, end_of_day
from .topics import Topics

COUNTED = frozenset(EventKind) - {EventKind.IMPRESSION, EventKind.SEEN, EventKind.REPORT}
"""The kinds that weigh something, or take something back."""


@dataclass(frozen=True)
class Reading:
    """How events are read, and when."""

    connection: psycopg.Connection
    settings: AffinitySettings
    now: datetime
    told: Counter[str] = field(default_factory=Counter)
    """What was read and what was left out."""
    step: Callable[[str], object] = lambda _: None
    """Told what is done next."""
    check_stop: Callable[[], object] = lambda: None
    """Called before each part of the events."""


@dataclass(frozen=True, eq=False)
class Collected:
    """The events that may count, and the names of the content types of their posts."""

    events: AffinityEvents
    content_types: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Background:
    """What events are judged by: the posts, and who excludes whom."""

    stored: StoredPosts
    excluded: tuple[Int64, Int64]

    @classmethod
    def read(
        cls,
        reading: Reading,
        users: Int64,
        topics: Topics,
        *,
        engaged: Int64 | None = None,
        only: Int64 | None = None,
    ) -> Background:
        """Read all posts, or those engaged, and the exclusions of everybody, or of some users."""
        reading.step("reading posts")
        stored = fetch_posts(reading.connection, topics, users, reading.told, engaged)
        return cls(stored, fetch_exclusions(reading.connection, reading.told, only))


def collect(
    reading: Reading,
    users: Int64,
    topics: Topics,
    only: Int64 | None = None,
    *,
    part: Part | None = None,
    background: Background | None = None,
) -> Collected:
    """Read the events of the window, of everybody, of some users, or of those of a part.

    Events of somebody who is not among `users`, or of a post that is not known, are left out and counted.
    """
    connection, told = reading.connection, reading.told
    as_of = end_of_day(reading.now)
    since = days_before(as_of, reading.settings.window_days)
    query = EventQuery(kinds=COUNTED, since=since, until=reading.now, users=only, part=part)
    parts: Iterable[PostEvents] = read_events(connection, query, told, step=reading.check_stop)
    engaged: Int64 | None = None
    if only is not None:  # few events: only their posts are read, and the connection must be free for that
        parts = list(parts)
        engaged = distinct(np.concatenate([np.empty(0, np.int64), *(part.post_ids for part in parts)]))
    background = background or Background.read(reading, users, topics, engaged=engaged, only=only)
    stored, (user_ids, creator_ids) = background.stored, background.excluded
    events = AffinityEvents(
        stored.posts,
        np.datetime64(as_of.replace(tzinfo=None), "us"),
        reading.settings,
        excluded_users=user_ids,
        excluded_creators=creator_ids,
    )
    reading.step("reading events")
    _add(events, parts, users, stored, told)
    return Collected(events, stored.content_types)


def count_actions(reading: Reading, user: int) -> int:
    """Count the actions of one user, as they count for a profile; ParameterError if there is no such user."""
    users = fetch_users(reading.connection)
    anybody = replace(reading, settings=replace(reading.settings, min_actions=1.0))
    collected = collect(anybody, users, Topics.of(np.empty(0, np.int32)), require_users(users, [user]))
    return int(collected.events.profiles().actions.sum())


def _add(
    events: AffinityEvents,
    parts: Iterable[PostEvents],
    users: Int64,
    stored: StoredPosts,
    told: Counter[str],
) -> None:
    is_user, is_post = Known(users), Known(stored.posts.ids)
    for part in parts:
        of_user, of_post = is_user.holds(part.user_ids), is_post.holds(part.post_ids)
        told["events_of_nobody"] += int((~of_user).sum())
        told["events_of_no_post"] += int((of_user & ~of_post).sum())
        events.add(only_rows(part, of_user))
