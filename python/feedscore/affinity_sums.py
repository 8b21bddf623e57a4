"""Sums that carry affinity from day to day, so that old events need not be read again."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .affinity_profiles import MAX_PROFILE_CREATORS, MAX_PROFILE_TOPICS, AffinityProfiles, AffinityReach
from .affinity_weights import exploration, list_strongest, row_of, starts
from .feed_settings import AffinitySettings
from .population import Float64, Int32, Int64

if TYPE_CHECKING:
    from .affinity import AffinityEvents

DAY_US = 86_400_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class AffinityTally:
    """What counts, a row a user and key, ascending by both; keys are ids of creators, or codes."""

    users: Int64
    keys: Int64
    actions: Int32
    hides: Int32
    positive: Float64
    """Decayed weight of the actions."""
    negative: Float64
    """Decayed weight of the hides, 0 or more."""

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True, kw_only=True, eq=False)
class AffinityDays:
    """The first action of each user on each day, ascending by user and day."""

    users: Int64
    days: Int64
    """Days since 1970 UTC, each from just after one midnight up to and with the next."""
    first_us: Int64
    """Microseconds since 1970 UTC."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tallies:
    """What some events add up to."""

    creators: AffinityTally
    topics: AffinityTally
    content_types: AffinityTally
    days: AffinityDays


@dataclass(frozen=True, kw_only=True, eq=False)
class AffinitySums:
    """The decayed sums of all that counts within the window that ends at `as_of`, a midnight of UTC.

    `AffinityEvents.sums` makes them of the events of a whole window; `advance` carries them on by the events that
    entered and left the window since. All columns are NumPy arrays, so they can be stored as they are.

    Profiles of carried sums equal those of all events to 1e-6, where what the sums were made with has not changed: the
    settings, the exclusions, and the authors, content types and topics of the posts. Users for whom it has are to be
    computed anew from their events. An event that arrives after `as_of` has passed the time at which it happened is
    not in the sums.
    """

    as_of: np.datetime64
    settings: AffinitySettings
    topic_count: int
    content_type_count: int
    """One more than the largest code that was met."""
    creators: AffinityTally
    topics: AffinityTally
    content_types: AffinityTally
    days: AffinityDays

    def advance(self, entering: AffinityEvents, leaving: AffinityEvents) -> AffinitySums:
        """Carry the sums to the instant of `entering`, one or more days on, but less than the window.

        `entering` has all events since `as_of`, and those of the `takeback_s` before it: a like may be taken
        back, and an event told again, across the cut. `leaving`, made with this `as_of`, has all events that
        were within the window and no longer are, and those of the `takeback_s` after them; they are given with the
        posts and exclusions with which they were counted. More events than these change nothing. ValueError tells
        what does not fit together.
        """
        cut_us, start_us, end_us = self._check(entering, leaving)
        days = (end_us - cut_us) / DAY_US
        left = leaving.tallies(until_us=start_us)
        new = entering.tallies(since_us=cut_us)
        taken_back = entering.tallies(since_us=cut_us, taken_back=True)
        topic_count, content_type_count = entering.code_counts

        def carried(kept: AffinityTally, column: str) -> AffinityTally:
            rest = _added(kept, getattr(left, column), -1)
            decayed = replace(
                rest,
                positive=rest.positive * self.settings.decay_per_day**days,
                negative=rest.negative * self.settings.hide_decay_per_day**days,
            )
            return _settled(_added(_added(decayed, getattr(new, column), 1), getattr(taken_back, column), -1))

        overlap_us = cut_us - round(self.settings.takeback_s * 1e6)
        again = entering.tallies(since_us=overlap_us, until_us=cut_us).days
        return AffinitySums(
            as_of=np.datetime64(end_us, "us"),
            settings=self.settings,
            topic_count=max(self.topic_count, topic_count),
            content_type_count=max(self.content_type_count, content_type_count),
            creators=carried(self.creators, "creators"),
            topics=carried(self.topics, "topics"),
            content_types=carried(self.content_types, "content_types"),
            days=_carried_days(self.days, (start_us, overlap_us), (again, new.days)),
        )

    def reach(self) -> AffinityReach:
        """Count the users who engaged anybody, each creator and each topic."""
        creator_ids, creator_users = np.unique(
            self.creators.keys[self.creators.actions > 0], return_counts=True
        )
        topics = self.topics.keys[self.topics.actions > 0]
        return AffinityReach(
            users=len(np.unique(self.content_types.users[self.content_types.actions > 0])),
            creator_ids=creator_ids,
            creator_users=creator_users.astype(np.int32),
            topic_users=np.bincount(topics, minlength=self.topic_count).astype(np.int32),
        )

    def profiles(self, *, reach: AffinityReach | None = None) -> AffinityProfiles:
        """Profile everybody with at least `min_actions` actions; `reach` is by default that of these sums."""
        reach = reach or self.reach()
        types = self.content_types
        users, first_of_user = np.unique(types.users, return_index=True)
        actions = np.add.reduceat(types.actions, first_of_user) if len(users) else types.actions
        chosen = actions >= self.settings.min_actions
        users, actions = users[chosen], actions[chosen]
        creators = list_strongest(
            self.creators, users, reach.users, _reached(self.creators, reach), MAX_PROFILE_CREATORS
        )
        topics = list_strongest(
            self.topics, users, reach.users, reach.topic_users[self.topics.keys], MAX_PROFILE_TOPICS
        )
        shares = np.zeros((len(users), self.content_type_count))
        row, known = row_of(users, types.users)
        shares[row[known], types.keys[known]] = types.positive[known]
        age_us = self.as_of.astype(np.int64) - _first_us(self.days, users)
        return AffinityProfiles(
            user_ids=users,
            actions=actions.astype(np.int32),
            creator_offsets=creators.offsets,
            creator_ids=creators.keys,
            creator_weights=creators.weights,
            topic_offsets=topics.offsets,
            topics=topics.keys.astype(np.uint32),
            topic_weights=topics.weights,
            content_type_shares=(shares / shares.sum(axis=1, keepdims=True)).astype(np.float32),
            velocity=(actions / np.maximum(1.0, age_us / DAY_US)).astype(np.float32),
            exploration=exploration(self.creators, users),
        )

    def _check(self, entering: AffinityEvents, leaving: AffinityEvents) -> tuple[int, int, int]:
        """Give the cut, the start of the new window and its end, in microseconds, if all fits together."""
        cut_us, end_us = int(self.as_of.astype(np.int64)), int(entering.as_of.astype(np.int64))
        window_us = round(self.settings.window_days * DAY_US)
        if (end_us - cut_us) % DAY_US or not 0 < end_us - cut_us < window_us:
            raise ValueError(
                f"entering.as_of = {entering.as_of}: must be whole days after {self.as_of}, less than the window"
            )
        if leaving.as_of != self.as_of:
            raise ValueError(f"leaving.as_of = {leaving.as_of}: must be that of the sums, {self.as_of}")
        for name, events in (("entering", entering), ("leaving", leaving)):
            if events.settings != self.settings:
                raise ValueError(
                    f"{name}.settings = {events.settings}: must be those of the sums, {self.settings}"
                )
        return cut_us, end_us - window_us, end_us


def sorted_tally(columns: dict[str, Any]) -> AffinityTally:  # Any: arrays
    """Bring the columns of a tally into order."""
    order = np.lexsort((columns["keys"], columns["users"]))
    return AffinityTally(**{name: column[order] for name, column in columns.items()})


def sorted_days(columns: dict[str, Any]) -> AffinityDays:  # Any: arrays
    """Bring the columns of days into order."""
    order = np.lexsort((columns["days"], columns["users"]))
    return AffinityDays(**{name: column[order] for name, column in columns.items()})


def _added(one: AffinityTally, other: AffinityTally, sign: int) -> AffinityTally:
    """Add, or take off, row by row; keys that only one has stay as they are."""
    users, keys = np.concatenate([one.users, other.users]), np.concatenate([one.keys, other.keys])
    order = np.lexsort((keys, users))
    users, keys = users[order], keys[order]
    firsts = starts(users, keys)

    def summed(column: str) -> np.ndarray:
        values = np.concatenate([getattr(one, column), sign * getattr(other, column)])[order]
        return np.add.reduceat(values, firsts) if len(firsts) else values

    values = {field.name: summed(field.name) for field in fields(AffinityTally)[2:]}
    return AffinityTally(users=users[firsts], keys=keys[firsts], **values)


def _settled(tally: AffinityTally) -> AffinityTally:
    """Drop what nothing is left of, and the rounding with it; ValueError if more was taken off than there was."""
    if (tally.actions < 0).any() or (tally.hides < 0).any():
        at = int(np.argmax((tally.actions < 0) | (tally.hides < 0)))
        raise ValueError(
            f"leaving: user {tally.users[at]} did less with {tally.keys[at]} than leaves: these events were not counted so"
        )
    kept = (tally.actions > 0) | (tally.hides > 0)
    rows = {field.name: getattr(tally, field.name)[kept] for field in fields(AffinityTally)}
    rows["positive"] = np.where(rows["actions"] > 0, rows["positive"], 0.0)
    rows["negative"] = np.where(rows["hides"] > 0, rows["negative"], 0.0)
    return AffinityTally(**rows)


def _carried_days(
    kept: AffinityDays, edges_us: tuple[int, int], entered: tuple[AffinityDays, AffinityDays]
) -> AffinityDays:
    """Drop the days before the first edge, and take first actions after the second from what entered."""
    still = (kept.days >= edges_us[0] // DAY_US) & (kept.first_us <= edges_us[1])
    parts = [
        AffinityDays(users=kept.users[still], days=kept.days[still], first_us=kept.first_us[still]),
        *entered,
    ]
    users, days, first_us = (
        np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(AffinityDays)
    )
    order = np.lexsort((first_us, days, users))
    users, days, first_us = users[order], days[order], first_us[order]
    firsts = starts(users, days)
    return AffinityDays(users=users[firsts], days=days[firsts], first_us=first_us[firsts])


def _first_us(days: AffinityDays, users: Int64) -> Int64:
    """Tell the first action of each of the users, all of whom have one."""
    return days.first_us[np.searchsorted(days.users, users)]


def _reached(creators: AffinityTally, reach: AffinityReach) -> Int32:
    """Tell how many users the creator of each row reached; 0 where not known."""
    row, known = row_of(reach.creator_ids, creators.keys)
    users = np.zeros(len(creators), np.int32)
    users[known] = reach.creator_users[row[known]]
    return users
