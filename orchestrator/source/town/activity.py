"""Posts and events of a town, without a database: what kernels take, in chunks that fit any memory.

    activity = make_activity(people=100_000, seed=1, now=now, events=20_000_000)
    activity.posts.columns()         # feedscore.posts.Posts: ids, authors, times, content types, topics as CSR
    for chunk in activity.chunks():  # about 262,144 events each, in the order in which they arrived
        chunk.events                 # feedscore.posts.PostEvents: user, post, kind, time, dwell
        chunk.first_id               # the id of its first event; the others follow

`activity_of(people, interests, ...)` makes the same for people that exist already. Any chunk can be made by
itself, again and again: `activity.chunk(7)`. The same people, seed, events, posts and `now` give the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from feedscore.population import Bool, Int64
from feedscore.posts import PostEvents

from ...errors import UsageError
from .audience import Audience, make_audience
from .character import make_character
from .incidents import Incidents, make_incidents
from .interests import Interests, make_interests
from .looks import Drafts, draw_events
from .people import People, make_people
from .posts import MOST_POSTS, POSTS_PER_PERSON, TownPosts, make_posts
from .streams import Part, stream

EVENTS_PER_PERSON = 60
MOST_EVENTS = 2_000_000_000
EVENTS_AT_ONCE = 1 << 18
TOLD_TWICE = 0.003
"""Share of events that a client sends again, every value the same."""
MEAN_LAG_US, LATE, LATE_US = 1_500_000.0, 0.01, 1_200_000_000.0
"""Events arrive a second or two after they happen; one in a hundred, from a phone out of reach, within 20 minutes."""


@dataclass(frozen=True, eq=False)
class EventChunk:
    """Events in the order in which they arrived: roughly that of time."""

    first_id: int
    events: PostEvents
    repeated: Bool
    """(m,) the event was told before, with the same values."""

    def __len__(self) -> int:
        return len(self.repeated)

    @property
    def ids(self) -> Int64:
        """The ids of the events, ascending without gaps."""
        return np.arange(self.first_id, self.first_id + len(self), dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Activity:
    """The posts of a town, and its events, which are made when they are asked for."""

    posts: TownPosts
    audience: Audience
    incidents: Incidents
    events: int
    """How many there are."""
    seed: int

    @property
    def chunk_count(self) -> int:
        """How many chunks there are; none without events."""
        return -(-self._ordinary // EVENTS_AT_ONCE)

    def chunks(self) -> Iterator[EventChunk]:
        """Make all events, chunk by chunk."""
        return (self.chunk(number) for number in range(self.chunk_count))

    def chunk(self, number: int) -> EventChunk:
        """Make one chunk, counted from 0."""
        random = stream(self.seed, Part.EVENTS, number + 1)
        start, stop = (min(edge * EVENTS_AT_ONCE, self._ordinary) for edge in (number, number + 1))
        again = round(TOLD_TWICE * (stop - start))
        low, high = start / self._ordinary, stop / self._ordinary
        made = draw_events(random, self.audience, stop - start - again, low, high)
        copied = random.integers(0, len(made.user), again)
        repeated = np.concatenate([np.zeros(len(made.user), np.bool_), np.ones(again, np.bool_)])
        made = _rows(made, np.concatenate([np.arange(len(made.user)), copied]))
        lag = random.standard_exponential(len(repeated)) * MEAN_LAG_US
        lag[random.random(len(lag)) < LATE] *= LATE_US / MEAN_LAG_US / 4
        # A copy arrives after what it is a copy of.
        lag[len(lag) - again :] = lag[copied] + 1.0 + lag[len(lag) - again :]
        arrival = made.at + lag.astype(np.int64)
        first, last = self._incidents_between(low, high)
        arrival = np.concatenate([arrival, self.incidents.arrival[first:last]])
        repeated = np.concatenate([repeated, np.zeros(last - first, np.bool_)])
        made = _join(made, _rows(self.incidents.drafts, slice(first, last)))
        order = np.argsort(arrival, kind="stable")
        return EventChunk(1 + start + first, self._told(_rows(made, order)), repeated[order])

    @property
    def _ordinary(self) -> int:
        return self.events - len(self.incidents.arrival)

    def _incidents_between(self, low: float, high: float) -> tuple[int, int]:
        """Find the incidents that arrive with the events between two shares of the timeline."""
        shares = self.audience.timeline.share(self.audience.timeline.start + self.incidents.arrival / 1e6)
        first = 0 if low == 0.0 else int(np.searchsorted(shares, low))
        return first, len(shares) if high == 1.0 else int(np.searchsorted(shares, high))

    def _told(self, made: Drafts) -> PostEvents:
        start = np.datetime64(round(self.audience.timeline.start * 1e6), "us")
        return PostEvents(
            user_ids=made.user + 1,
            post_ids=made.post + 1,
            kinds=made.kind,
            occurred_at=start + made.at.astype("timedelta64[us]"),
            dwell_ms=made.dwell_ms,
        )


def make_activity(
    *, people: int, seed: int, now: datetime, events: int | None = None, posts: int | None = None
) -> Activity:
    """Make the posts and events of the town of these people, without the rest of the town."""
    second = float(int(now.timestamp()))
    everybody = make_people(people, seed, second)
    interests = make_interests(everybody, make_character(people, seed), seed, second)
    return activity_of(everybody, interests, seed=seed, now=now, events=events, posts=posts)


def activity_of(
    people: People,
    interests: Interests,
    *,
    seed: int,
    now: datetime,
    events: int | None = None,
    posts: int | None = None,
) -> Activity:
    """Let these people write posts and read them in the 90 days before `now`; None = as many as is usual.

    UsageError names the number that cannot be used.
    """
    events = EVENTS_PER_PERSON * len(people) if events is None else events
    posts = POSTS_PER_PERSON * len(people) if posts is None else posts
    check_counts(events, posts)
    second = float(int(now.timestamp()))
    written = make_posts(people, interests, posts, seed, second)
    audience = make_audience(people, interests, written, seed, second)
    incidents = make_incidents(written, audience, events, seed)
    return Activity(posts=written, audience=audience, incidents=incidents, events=events, seed=seed)


def check_counts(events: int, posts: int) -> None:
    """Raise UsageError, which names the number that cannot be used, or return None."""
    if not 0 <= events <= MOST_EVENTS:
        raise UsageError(f"events must be from 0 to {MOST_EVENTS:,} (got {events})")
    if not 1 <= posts <= MOST_POSTS:
        raise UsageError(f"posts must be from 1 to {MOST_POSTS:,} (got {posts})")


def _rows(drafts: Drafts, chosen: Int64 | slice) -> Drafts:
    return Drafts(
        drafts.user[chosen],
        drafts.post[chosen],
        drafts.kind[chosen],
        drafts.at[chosen],
        drafts.dwell_ms[chosen],
    )


def _join(one: Drafts, other: Drafts) -> Drafts:
    return Drafts(
        np.concatenate([one.user, other.user]),
        np.concatenate([one.post, other.post]),
        np.concatenate([one.kind, other.kind]),
        np.concatenate([one.at, other.at]),
        np.concatenate([one.dwell_ms, other.dwell_ms]),
    )
