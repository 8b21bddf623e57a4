"""Which jobs an event calls for, and for whom; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .events import Event, EventName

FAR_KM = 50 * 1.609344
"""A move within 50 miles changes little."""

Users = Callable[[Event], tuple[int, ...]]


@dataclass(frozen=True)
class Refresh:
    """One job that is to be done for some users."""

    job: str
    users: tuple[int, ...]


def _who(event: Event) -> tuple[int, ...]:
    return (event.user_id,)


def _other(event: Event) -> tuple[int, ...]:
    return (event.other_id,) if event.other_id is not None else ()


def _both(event: Event) -> tuple[int, ...]:
    return tuple(sorted({*_who(event), *_other(event)}))


LISTS: tuple[tuple[str, Users], ...] = (("match-scores", _who),)
LISTS_OF_BOTH: tuple[tuple[str, Users], ...] = (("match-scores", _both), ("feed-presort", _both))

CONSEQUENCES: Mapping[EventName, tuple[tuple[str, Users], ...]] = {
    EventName.USER_CREATED: (
        ("build-user-traits", _who), ("user-interest-sets", _who), ("ratings-aggregate", _who), *LISTS,
        ("feed-presort", _who),
    ),
    EventName.PROFILE_UPDATED: LISTS,
    EventName.PREFERENCES_UPDATED: LISTS,
    EventName.QUIZ_SUBMITTED: (("build-user-traits", _who), *LISTS),
    EventName.INTERESTS_UPDATED: (("user-interest-sets", _who), *LISTS),
    EventName.RATING_CREATED: (("ratings-aggregate", _both), ("match-scores", _both)),
    EventName.LOCATION_CHANGED: LISTS,
    EventName.USER_BLOCKED: LISTS_OF_BOTH,
    EventName.USER_REPORTED: LISTS_OF_BOTH,
    EventName.USER_HIDDEN: LISTS,
    EventName.USER_DEACTIVATED: LISTS,
    EventName.MATCH_CREATED: LISTS_OF_BOTH,
    EventName.POST_CREATED: (),
    EventName.POST_ENGAGED: (("affinity", _who),),
    EventName.MEDIA_UPLOADED: (),
}  # fmt: skip
"""In the order in which they must be done: inputs, then lists, then feeds. What posts and media call for is in `posts`."""


def refreshes(event: Event) -> tuple[Refresh, ...]:
    """Tell which jobs an event calls for, in their order; none for what changes nothing."""
    if event.kind is EventName.LOCATION_CHANGED and event.moved_km is not None and event.moved_km <= FAR_KM:
        return ()
    return tuple(Refresh(job, users(event)) for job, users in CONSEQUENCES[event.kind])
