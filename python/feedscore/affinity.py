"""What each user likes: creators and topics, weighed from what the user did with posts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import _native
from .affinity_profiles import AffinityProfiles, AffinityReach
from .affinity_sums import DAY_US, AffinitySums, Tallies, sorted_days, sorted_tally
from .arrays import check_array, check_instant, check_threads
from .feed_settings import AffinitySettings
from .population import Int64
from .posts import PostEvents, Posts, check_events, check_posts

DEFAULT_SETTINGS = AffinitySettings()
NO_LIMIT_US = 2**63


class AffinityEvents:
    """Collects events in chunks of any size and order, and makes profiles of them; used from any thread.

    Held are 16 bytes an event that may count (likes and their takebacks, comments, shares, profile views, hides and
    long enough views, of known posts, within the window), besides at most 4 MB of reserve and 20 to 100 bytes a post;
    where posts are very many and the window is long (131,072 in 100 years), 40 to 80 bytes a user as well. Impressions
    and what else never counts is dropped at once. Events of one user, post, kind and microsecond are one event told
    twice; of such views the longest counts.

    `as_of` is the instant until which ages are counted; later events are ignored. `excluded_users` and
    `excluded_creators` are pairs, in any order, told once or more often: nothing the user did with that creator's
    posts counts. TypeError or ValueError name the argument that is not as `Posts` and `AffinitySettings` say.
    """

    as_of: np.datetime64
    settings: AffinitySettings
    code_counts: tuple[int, int]
    """The numbers of topics and of content types: one more than the largest code, 0 where there is none."""

    def __init__(
        self,
        posts: Posts,
        as_of: np.datetime64,
        settings: AffinitySettings = DEFAULT_SETTINGS,
        *,
        excluded_users: Int64,
        excluded_creators: Int64,
    ) -> None:
        check_posts(posts)
        check_array("excluded_users", excluded_users, np.int64)
        check_array("excluded_creators", excluded_creators, np.int64)
        as_of_us = check_instant("as_of", as_of)
        self._native = _native.AffinityEvents(posts, as_of_us, settings, excluded_users, excluded_creators)
        self.as_of = np.datetime64(as_of_us, "us")
        self.settings = settings
        self.code_counts = self._native.code_counts()

    def __len__(self) -> int:
        """Count the events held, those told twice as well."""
        return self._native.held()

    @property
    def nbytes(self) -> int:
        """The memory of the events held, with what is reserved, in bytes."""
        return self._native.nbytes()

    def add(self, events: PostEvents, *, threads: int = 0) -> None:
        """Take a chunk of events; of a chunk that is refused nothing is taken.

        ValueError names the first kind above 9, or time that is NaT. After an interruption (such as Ctrl-C) the same
        chunk may be given again.
        """
        check_events(events)
        self._native.add(
            events.user_ids,
            events.post_ids,
            events.kinds,
            events.occurred_at.view(np.int64),
            events.dwell_ms,
            check_threads(threads),
        )

    def reach(self, *, threads: int = 0, progress: Callable[[int], object] | None = None) -> AffinityReach:
        """Count the users who engaged anybody, each creator and each topic.

        `threads` is 0 for one a core. The interpreter is free meanwhile; about five times a second signals are looked
        at and `progress` is called with the number of events walked: what either raises ends the run and comes
        out here.
        """
        users, creator_ids, creator_users, topic_users = self._native.reach(check_threads(threads), progress)
        return AffinityReach(
            users=users, creator_ids=creator_ids, creator_users=creator_users, topic_users=topic_users
        )

    def profiles(
        self,
        *,
        reach: AffinityReach | None = None,
        threads: int = 0,
        progress: Callable[[int], object] | None = None,
    ) -> AffinityProfiles:
        """Profile everybody with at least `min_actions` actions, by ascending id; more events may be added after.

        `reach` is by default that of these events: give one of everybody's events where these are of some users
        only. A creator that it does not know has 0 users. `threads` and `progress` are those of `reach`.
        """
        columns = self._native.profiles(_told(reach), check_threads(threads), progress)
        columns["content_type_shares"].shape = (len(columns["user_ids"]), self.code_counts[1])
        return AffinityProfiles(**columns)

    def sums(self, *, threads: int = 0) -> AffinitySums:
        """Add up all events that count, to be carried on day by day; ValueError if `as_of` is no midnight of UTC."""
        if self.as_of.astype(np.int64) % DAY_US or round(self.settings.window_days * DAY_US) % DAY_US:
            raise ValueError(f"as_of = {self.as_of}: sums need a midnight of UTC, and a window of whole days")
        tallies = self.tallies(threads=threads)
        topic_count, content_type_count = self.code_counts
        return AffinitySums(
            as_of=self.as_of,
            settings=self.settings,
            topic_count=topic_count,
            content_type_count=content_type_count,
            creators=tallies.creators,
            topics=tallies.topics,
            content_types=tallies.content_types,
            days=tallies.days,
        )

    def tallies(
        self,
        *,
        since_us: int | None = None,
        until_us: int | None = None,
        taken_back: bool = False,
        threads: int = 0,
    ) -> Tallies:
        """Add up what counts after one time and up to another, in microseconds since 1970; None = no limit.

        With `taken_back` instead: the likes up to `since_us` which would count, had they not been taken back after it.
        """
        end_us = int(self.as_of.astype(np.int64))
        oldest_us = NO_LIMIT_US if since_us is None else end_us - since_us
        ages_us = (0 if until_us is None else max(0, end_us - until_us), max(0, oldest_us))
        if taken_back:
            ages_us = (ages_us[1], NO_LIMIT_US)
        columns = self._native.tallies(ages_us, taken_back, check_threads(threads))
        tallies = {name: sorted_tally(columns[name]) for name in ("creators", "topics", "content_types")}
        return Tallies(**tallies, days=sorted_days(columns["days"]))


def _told(reach: AffinityReach | None) -> tuple[Any, ...] | None:  # Any: a number and arrays
    if reach is None:
        return None
    check_array("creator_ids", reach.creator_ids, np.int64)
    check_array("creator_users", reach.creator_users, np.int32)
    check_array("topic_users", reach.topic_users, np.int32)
    return int(reach.users), reach.creator_ids, reach.creator_users, reach.topic_users
