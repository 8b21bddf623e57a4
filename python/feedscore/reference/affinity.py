"""Affinity v1 in plain Python and float64: the specification, and the oracle that the Rust kernel is tested against.

Formulas: docs/algorithms.md. One user at a time; clear before fast.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from ..affinity_profiles import MAX_PROFILE_CREATORS, MAX_PROFILE_TOPICS, AffinityProfiles, AffinityReach
from ..feed_settings import AffinitySettings
from ..population import Int64
from ..posts import EventKind, PostEvents, Posts

DAY_US = 86_400_000_000
LEAST_NET = 1e-9
SHORTEST_DAYS = 1.0
"""Velocity is taken over at least this time, or a user's first minute would look like a storm."""


@dataclass(frozen=True)
class Action:
    """An event that counts, or a hide."""

    post: int
    """Row of the posts."""
    age_us: int
    weight: float
    """Above 0 for an action, below 0 for a hide."""


@dataclass
class Liking:
    """What a user's actions say of one creator or topic."""

    positive: float = 0.0
    negative: float = 0.0
    actions: int = 0

    @property
    def net(self) -> float:
        """What is left after the hides; 0 where they weigh as much, to a part in 10^9, or more."""
        net = self.positive - self.negative
        return net if net > LEAST_NET * self.positive else 0.0


@dataclass
class UserActions:
    """All actions of one user, added up; creators are ids, topics codes."""

    actions: int = 0
    positive: float = 0.0
    first_age_us: int = 0
    creators: dict[int, Liking] = field(default_factory=lambda: defaultdict(Liking))
    topics: dict[int, Liking] = field(default_factory=lambda: defaultdict(Liking))
    content_types: dict[int, float] = field(default_factory=lambda: defaultdict(float))


def kind_weights(settings: AffinitySettings) -> dict[int, float]:
    """Map each kind that counts to its weight; hides weigh below 0."""
    return {
        EventKind.VIEW: settings.view_weight,
        EventKind.LIKE: settings.like_weight,
        EventKind.COMMENT: settings.comment_weight,
        EventKind.SHARE: settings.share_weight,
        EventKind.PROFILE_VIEW: settings.profile_view_weight,
        EventKind.HIDE: -settings.hide_weight,
    }


def users_actions(
    events: PostEvents,
    posts: Posts,
    as_of: np.datetime64,
    settings: AffinitySettings,
    excluded: Iterable[tuple[int, int]],
) -> dict[int, list[Action]]:
    """List what counts of each user, by ascending post id, then the newest first, then by kind."""
    rows = {id_: row for row, id_ in enumerate(posts.ids.tolist())}
    pairs = set(excluded)
    weights = kind_weights(settings)
    told = set(_within_window(events, as_of, settings))
    unlikes: dict[tuple[int, int], list[int]] = defaultdict(list)
    for user, post, age_us, kind in told:
        if kind == EventKind.UNLIKE:
            unlikes[user, post].append(age_us)
    found: dict[int, list[Action]] = defaultdict(list)
    for user, post, age_us, kind in sorted(told):
        row = rows.get(post)
        if row is None or weights.get(kind, 0.0) == 0.0:
            continue
        author = int(posts.author_ids[row])
        if author == user or (user, author) in pairs:
            continue
        if kind == EventKind.LIKE and any(
            0 <= age_us - unlike_us <= round(settings.takeback_s * 1e6) for unlike_us in unlikes[user, post]
        ):
            continue
        per_day = settings.hide_decay_per_day if kind == EventKind.HIDE else settings.decay_per_day
        found[user].append(Action(row, age_us, weights[kind] * per_day ** (age_us / DAY_US)))
    return found


def _within_window(
    events: PostEvents, as_of: np.datetime64, settings: AffinitySettings
) -> Iterator[tuple[int, int, int, int]]:
    """Give user, post, age in microseconds and kind of events no older than the window; no too short views."""
    now_us = int(as_of.astype("datetime64[us]").astype(np.int64))
    for user, post, kind, time_us, dwell_ms in zip(
        events.user_ids.tolist(),
        events.post_ids.tolist(),
        events.kinds.tolist(),
        events.occurred_at.view(np.int64).tolist(),
        events.dwell_ms.tolist(),
        strict=True,
    ):
        age_us = now_us - time_us
        too_short = kind == EventKind.VIEW and (dwell_ms < 0 or dwell_ms < settings.min_view_s * 1000)
        if 0 <= age_us < round(settings.window_days * DAY_US) and not too_short:
            yield user, post, age_us, kind


def add_up(actions: list[Action], posts: Posts) -> UserActions:
    """Add up the actions of one user by creator, topic and content type."""
    user = UserActions()
    for action in actions:
        row, positive = action.post, action.weight > 0
        topics = posts.topics[posts.topic_offsets[row] : posts.topic_offsets[row + 1]].tolist()
        likings = [(user.creators[int(posts.author_ids[row])], 1)]
        likings += [(user.topics[topic], len(topics)) for topic in topics]
        for liking, parts in likings:
            liking.positive += max(action.weight, 0.0) / parts
            liking.negative += max(-action.weight, 0.0) / parts
            liking.actions += positive
        if positive:
            user.actions += 1
            user.positive += action.weight
            user.first_age_us = max(user.first_age_us, action.age_us)
            user.content_types[int(posts.content_types[row])] += action.weight
    return user


def affinity_reach(
    events: PostEvents,
    posts: Posts,
    as_of: np.datetime64,
    settings: AffinitySettings,
    excluded: Iterable[tuple[int, int]] = (),
) -> AffinityReach:
    """Count the users who engaged anybody, each creator and each topic."""
    users = [
        add_up(actions, posts) for actions in users_actions(events, posts, as_of, settings, excluded).values()
    ]
    creators: dict[int, int] = defaultdict(int)
    topic_users = np.zeros(int(posts.topics.max()) + 1 if len(posts.topics) else 0, np.int32)
    for user in users:
        for creator, liking in user.creators.items():
            creators[creator] += liking.actions > 0
        for topic, liking in user.topics.items():
            topic_users[topic] += liking.actions > 0
    engaged = sorted(creator for creator, count in creators.items() if count)
    return AffinityReach(
        users=sum(user.actions > 0 for user in users),
        creator_ids=np.array(engaged, np.int64),
        creator_users=np.array([creators[creator] for creator in engaged], np.int32),
        topic_users=topic_users,
    )


def affinity_profiles(
    events: PostEvents,
    posts: Posts,
    as_of: np.datetime64,
    settings: AffinitySettings,
    excluded: Iterable[tuple[int, int]] = (),
    reach: AffinityReach | None = None,
) -> AffinityProfiles:
    """Profile everybody with enough actions; `excluded` are pairs of user and creator."""
    pairs = list(excluded)
    reach = reach or affinity_reach(events, posts, as_of, settings, pairs)
    creator_users = dict(zip(reach.creator_ids.tolist(), reach.creator_users.tolist(), strict=True))
    topic_users = dict(enumerate(reach.topic_users.tolist()))
    everybody = users_actions(events, posts, as_of, settings, pairs)
    profiled = [
        (id_, user)
        for id_, actions in sorted(everybody.items())
        if (user := add_up(actions, posts)).actions >= settings.min_actions
    ]
    creators = [
        _strongest(user.creators, user.positive, creator_users, reach.users, MAX_PROFILE_CREATORS)
        for _, user in profiled
    ]
    topics = [
        _strongest(user.topics, user.positive, topic_users, reach.users, MAX_PROFILE_TOPICS)
        for _, user in profiled
    ]
    shares = np.zeros((len(profiled), int(posts.content_types.max()) + 1 if len(posts) else 0))
    for row, (_, user) in enumerate(profiled):
        for content_type, weight in user.content_types.items():
            shares[row, content_type] = weight / user.positive
    return AffinityProfiles(
        user_ids=np.array([id_ for id_, _ in profiled], np.int64),
        actions=np.array([user.actions for _, user in profiled], np.int32),
        creator_offsets=_offsets(creators),
        creator_ids=np.array([id_ for chosen in creators for id_, _ in chosen], np.int64),
        creator_weights=np.array([weight for chosen in creators for _, weight in chosen], np.float32),
        topic_offsets=_offsets(topics),
        topics=np.array([code for chosen in topics for code, _ in chosen], np.uint32),
        topic_weights=np.array([weight for chosen in topics for _, weight in chosen], np.float32),
        content_type_shares=shares.astype(np.float32),
        velocity=np.array([_velocity(user) for _, user in profiled], np.float32),
        exploration=np.array([_exploration(user) for _, user in profiled], np.float32),
    )


def _strongest(
    likings: dict[int, Liking], positive: float, reached: dict[int, int], users: int, k: int
) -> list[tuple[int, np.float32]]:
    """Weigh what the user likes on balance, relative to the strongest; the k strongest, ties by the smaller key."""
    weights = {
        key: liking.net / positive * math.log(1 + max(users, 1) / (1 + reached.get(key, 0)))
        for key, liking in likings.items()
        if liking.net > 0
    }
    largest = max(weights.values(), default=1.0)
    weighed = [(key, np.float32(weight / largest)) for key, weight in weights.items()]
    return sorted(weighed, key=lambda item: (-item[1], item[0]))[:k]


def _velocity(user: UserActions) -> float:
    return user.actions / max(SHORTEST_DAYS, user.first_age_us / DAY_US)


def _exploration(user: UserActions) -> float:
    nets = [liking.net for _, liking in sorted(user.creators.items()) if liking.net > 0]
    if len(nets) < 2:
        return 0.0
    shares = [net / sum(nets) for net in nets]
    return min(1.0, max(0.0, -sum(share * math.log(share) for share in shares) / math.log(len(nets))))


def _offsets(lists: list[list[tuple[int, np.float32]]]) -> Int64:
    return np.cumsum([0, *map(len, lists)], dtype=np.int64)
