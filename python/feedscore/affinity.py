"""What each user likes: creators and topics, weighed from what the user did with posts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import _native
from .affinity_profiles import AffinityProfiles, AffinityReach
from .arrays import check_array, check_instant, check_threads
from .feed_settings import AffinitySettings
from .population import Int64
from .posts import PostEvents, Posts, check_events, check_posts

DEFAULT_SETTINGS = AffinitySettings()


class AffinityEvents:
    """Collects events in chunks of any size and order, and makes profiles of them; used from any thread.

    Held are 16 bytes an event that may count (likes and their takebacks, comments, shares, profile views, hides and
    long enough views, of known posts, within the window), besides at most 4 MB of reserve, about 32 bytes a user and
    40 a post. Impressions and what else never counts is dropped at once. Events of one user, post, kind and
    microsecond are one event told twice; of such views the longest counts.

    `as_of` is the instant until which ages are counted; later events are ignored. `excluded_users` and
    `excluded_creators` are pairs, in any order, told once or more often: nothing the user did with that creator's
    posts counts. TypeError or ValueError name the argument that is not as `Posts` and `AffinitySettings` say.
    """

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
        self._native = _native.AffinityEvents(
            posts, check_instant("as_of", as_of), settings, excluded_users, excluded_creators
        )

    def __len__(self) -> int:
        """Count the events held; those told twice are told apart only later."""
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
        columns["content_type_shares"].shape = (len(columns["user_ids"]), self._native.content_types())
        return AffinityProfiles(**columns)


def _told(reach: AffinityReach | None) -> tuple[Any, ...] | None:  # Any: a number and arrays
    if reach is None:
        return None
    check_array("creator_ids", reach.creator_ids, np.int64)
    check_array("creator_users", reach.creator_users, np.int32)
    check_array("topic_users", reach.topic_users, np.int32)
    return int(reach.users), reach.creator_ids, reach.creator_users, reach.topic_users
