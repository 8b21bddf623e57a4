"""Numba, the strongest design we found: count by user, scatter packed events, sort each user's few, walk twice.

An event of a user is one number of 64 bits (post 18, age 43, kind 3), which holds for up to 262,143 posts; ids are taken
as places in arrays, which holds for ids from 1. Ours does neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba as nb
import numpy as np

from feedscore import AffinityProfiles, AffinitySettings

from ..town_events import Feed

POST_SHIFT, KIND_BITS = 46, 3
UNLIKE, LIKE, HIDE = 0, 1, 6
DAY_US = 86_400e6
CODES = np.array([255, 255, 2, 1, 0, 3, 4, 5, 6, 255], np.uint8)
"""Event kind -> kind of a packed event, an unlike before a like; 255 = never counts."""
CHUNKS_PER_THREAD = 8


@dataclass(frozen=True, eq=False)
class Prepared:
    """The columns as the kernels below take them."""

    users: int
    posts: tuple[np.ndarray, ...]
    """Row by id: author, content type, start of the topics (one more at the end); and the topics."""
    excluded: tuple[np.ndarray, np.ndarray]
    """CSR by user, ascending."""
    topic_count: int
    as_of: int
    weights: np.ndarray
    rates: tuple[float, float]
    limits: tuple[int, int, int, int]
    """Window, takeback (both in microseconds), shortest view in ms, fewest actions."""


def prepare(feed: Feed, settings: AffinitySettings) -> Prepared:
    """Lay out what is known besides the events; untimed."""
    n, p = len(feed.posts), feed.posts
    assert (p.ids == np.arange(1, n + 1)).all()
    assert n < 1 << (64 - POST_SHIFT)
    users = int(max(feed.events.user_ids.max(), p.author_ids.max())) + 1
    pairs = np.unique(feed.excluded_users * users + feed.excluded_creators)
    offsets = np.searchsorted(pairs // users, np.arange(users + 1))
    weights = [0.0, settings.like_weight, settings.view_weight, settings.comment_weight, settings.share_weight,
               settings.profile_view_weight, settings.hide_weight]  # fmt: skip
    return Prepared(
        users=users,
        posts=(
            np.concatenate([[0], p.author_ids]).astype(np.int32),
            np.concatenate([[0], p.content_types]).astype(np.uint8),
            np.concatenate([[0], p.topic_offsets]).astype(np.int32),
            p.topics.astype(np.int32),
        ),
        excluded=(offsets.astype(np.int32), (pairs % users).astype(np.int32)),
        topic_count=int(p.topics.max()) + 1,
        as_of=int(feed.as_of.astype("M8[us]").astype(np.int64)),
        weights=np.array(weights),
        rates=(np.log(settings.decay_per_day) / DAY_US, np.log(settings.hide_decay_per_day) / DAY_US),
        limits=(
            round(settings.window_days * DAY_US),
            round(settings.takeback_s * 1e6),
            round(settings.min_view_s * 1000),
            int(settings.min_actions),
        ),
    )


@nb.njit(inline="always")
def _code(kind: Any, time: Any, dwell: Any, post: Any, as_of: Any, limits: Any, posts: Any) -> Any:
    code = CODES[kind]
    age = as_of - time
    if code == 255 or age < 0 or age >= limits[0] or (code == 2 and dwell < limits[2]):
        return np.uint8(255)
    return np.uint8(255) if post < 1 or post > posts else code


@nb.njit(parallel=True)
def _by_user(
    user: Any, post: Any, kind: Any, time: Any, dwell: Any, as_of: Any, limits: Any, users: Any, posts: Any
) -> Any:
    threads = nb.get_num_threads()
    n = len(user)
    counts = np.zeros((threads, users + 1), np.int64)
    for t in nb.prange(threads):
        for i in range(n * t // threads, n * (t + 1) // threads):
            if _code(kind[i], time[i], dwell[i], post[i], as_of, limits, posts) != 255:
                counts[t, user[i]] += 1
    starts = np.zeros(users + 1, np.int64)
    total = 0
    for u in range(users):
        starts[u] = total
        for t in range(threads):
            count = counts[t, u]
            counts[t, u] = total
            total += count
    starts[users] = total
    packed = np.empty(total, np.uint64)
    for t in nb.prange(threads):
        for i in range(n * t // threads, n * (t + 1) // threads):
            code = _code(kind[i], time[i], dwell[i], post[i], as_of, limits, posts)
            if code != 255:
                at = counts[t, user[i]]
                counts[t, user[i]] = at + 1
                packed[at] = (
                    np.uint64(post[i]) << np.uint64(POST_SHIFT)
                    | np.uint64(as_of - time[i]) << np.uint64(KIND_BITS)
                    | np.uint64(code)
                )
    return starts, packed


@nb.njit(inline="always")
def _is_out(excluded: Any, user: Any, author: Any) -> Any:
    for at in range(excluded[0][user], excluded[0][user + 1]):
        if excluded[1][at] == author:
            return True
    return author == user


@nb.njit(parallel=True)
def _reach(starts: Any, packed: Any, posts: Any, excluded: Any, topic_count: Any, takeback: Any) -> Any:
    """Sort each user's events, take out what does not count (as 0), and count who engaged whom."""
    threads = nb.get_num_threads()
    users = len(starts) - 1
    author, _, topic_starts, topics = posts
    creators = np.zeros((threads, users), np.int32)
    reached = np.zeros((threads, topic_count), np.int32)
    engaged = np.zeros(threads, np.int64)
    for t in nb.prange(threads):
        seen, seen_topic = np.zeros(users, np.int32), np.zeros(topic_count, np.int32)
        for user in range(users * t // threads, users * (t + 1) // threads):
            own = packed[starts[user] : starts[user + 1]]
            if len(own) == 0:
                continue
            own.sort()
            last, unlike, any_action, out = np.uint64(0), np.int64(-1), False, False
            post = np.int64(-1)
            for at in range(len(own)):
                event = own[at]
                kind = event & np.uint64(7)
                age = np.int64((event >> np.uint64(KIND_BITS)) & np.uint64((1 << 43) - 1))
                if np.int64(event >> np.uint64(POST_SHIFT)) != post:
                    post, unlike = np.int64(event >> np.uint64(POST_SHIFT)), np.int64(-1)
                    out = _is_out(excluded, user, author[post])
                if event == last or out:
                    last, own[at] = event, np.uint64(0)
                    continue
                last = event
                if kind == UNLIKE:
                    unlike, own[at] = age, np.uint64(0)
                elif kind == LIKE and unlike >= 0 and age - unlike <= takeback:
                    own[at] = np.uint64(0)
                elif kind != HIDE:
                    any_action = True
                    if seen[author[post]] != user + 1:
                        seen[author[post]] = user + 1
                        creators[t, author[post]] += 1
                    for place in range(topic_starts[post], topic_starts[post + 1]):
                        if seen_topic[topics[place]] != user + 1:
                            seen_topic[topics[place]] = user + 1
                            reached[t, topics[place]] += 1
            engaged[t] += any_action
    return engaged.sum(), creators, reached


@nb.njit(inline="always")
def _best(
    net: Any, positive: Any, touched: Any, count: Any, rarity: Any, keys: Any, k: Any, ids: Any, weights: Any
) -> Any:
    """Write the k strongest, ties by the smaller id; give their number."""
    largest = 0.0
    for i in range(count):
        key = touched[i]
        if net[key] > 1e-9 * positive[key]:
            largest = max(largest, net[key] * rarity[key])
    found = 0
    for i in range(count):
        key = touched[i]
        if net[key] > 1e-9 * positive[key]:
            # Weights are in [0, 1]: as fixed point they are ordered like the floats they came from, to 2^-40.
            weight = np.uint64(np.float32(net[key] * rarity[key] / largest) * np.float64(1 << 40))
            keys[found] = ~(weight << np.uint64(23) | np.uint64((1 << 23) - 1 - key))
            found += 1
    chosen = keys[:found]
    chosen.sort()
    for i in range(min(k, found)):
        ids[i] = (1 << 23) - 1 - np.int64(~chosen[i] & np.uint64((1 << 23) - 1))
        weights[i] = np.float64(~chosen[i] >> np.uint64(23)) / np.float64(1 << 40)
    return min(k, found)


@nb.njit(parallel=True, fastmath=True)
def _profiles(  # noqa: PLR0912, PLR0915 - one loop that numba shall see whole
    starts: Any, packed: Any, posts: Any, kinds: Any, rates: Any, least: Any, rarity: Any, out: Any
) -> None:
    users = len(starts) - 1
    author, content_type, topic_starts, topics = posts
    creator_rarity, topic_rarity = rarity
    (
        actions,
        creator_ids,
        creator_weights,
        creator_counts,
        topic_ids,
        topic_weights,
        topic_counts,
        shares,
        velocity,
        exploration,
    ) = out
    chunks = nb.get_num_threads() * CHUNKS_PER_THREAD
    for chunk in nb.prange(chunks):
        net, positive = np.zeros(users), np.zeros(users)
        topic_net, topic_positive = np.zeros(len(topic_rarity)), np.zeros(len(topic_rarity))
        mark, topic_mark = np.zeros(users, np.int32), np.zeros(len(topic_rarity), np.int32)
        touched, topic_touched = np.empty(users, np.int32), np.empty(len(topic_rarity), np.int32)
        keys = np.empty(max(users, len(topic_rarity)), np.uint64)
        for user in range(users * chunk // chunks, users * (chunk + 1) // chunks):
            count, topic_count, acted, first = 0, 0, 0, np.int64(0)
            for at in range(starts[user], starts[user + 1]):
                event = packed[at]
                if event == 0:
                    continue
                post = np.int64(event >> np.uint64(POST_SHIFT))
                kind = np.int64(event & np.uint64(7))
                age = np.int64((event >> np.uint64(KIND_BITS)) & np.uint64((1 << 43) - 1))
                weight = kinds[kind] * np.exp((rates[1] if kind == HIDE else rates[0]) * age)
                plus = weight
                if kind == HIDE:
                    weight, plus = -weight, 0.0
                else:
                    acted += 1
                    first = max(first, age)
                    shares[user, content_type[post]] += weight
                creator = author[post]
                if mark[creator] != user + 1:
                    mark[creator], net[creator], positive[creator] = user + 1, 0.0, 0.0
                    touched[count] = creator
                    count += 1
                net[creator] += weight
                positive[creator] += plus
                parts = topic_starts[post + 1] - topic_starts[post]
                for place in range(topic_starts[post], topic_starts[post + 1]):
                    topic = topics[place]
                    if topic_mark[topic] != user + 1:
                        topic_mark[topic], topic_net[topic], topic_positive[topic] = user + 1, 0.0, 0.0
                        topic_touched[topic_count] = topic
                        topic_count += 1
                    topic_net[topic] += weight / parts
                    topic_positive[topic] += plus / parts
            if acted < least:
                continue
            actions[user] = acted
            creator_counts[user] = _best(
                net,
                positive,
                touched,
                count,
                creator_rarity,
                keys,
                20,
                creator_ids[user],
                creator_weights[user],
            )
            topic_counts[user] = _best(
                topic_net,
                topic_positive,
                topic_touched,
                topic_count,
                topic_rarity,
                keys,
                30,
                topic_ids[user],
                topic_weights[user],
            )
            total = shares[user].sum()
            for code in range(shares.shape[1]):
                shares[user, code] /= total
            velocity[user] = acted / max(1.0, first / DAY_US)
            liked, sum_net, sum_log = 0, 0.0, 0.0
            for i in range(count):
                value = net[touched[i]]
                if value > 1e-9 * positive[touched[i]]:
                    liked += 1
                    sum_net += value
                    sum_log += value * np.log(value)
            if liked > 1:
                exploration[user] = min(1.0, max(0.0, (np.log(sum_net) - sum_log / sum_net) / np.log(liked)))


def affinity_numba(feed: Feed, prepared: Prepared) -> tuple[np.ndarray, ...]:
    """Profile everybody; rows by user id, a list of 20 and 30 places each."""
    events, users = feed.events, prepared.users
    starts, packed = _by_user(
        events.user_ids, events.post_ids, events.kinds, events.occurred_at.view(np.int64), events.dwell_ms,
        prepared.as_of, prepared.limits, users, len(feed.posts),
    )  # fmt: skip
    engaged, creators, topics = _reach(
        starts, packed, prepared.posts, prepared.excluded, prepared.topic_count, prepared.limits[1]
    )
    rarity = tuple(np.log(1.0 + engaged / (1.0 + counts.sum(axis=0))) for counts in (creators, topics))
    types = int(feed.posts.content_types.max()) + 1
    out = (
        np.zeros(users, np.int32), np.zeros((users, 20), np.int64), np.zeros((users, 20), np.float32),
        np.zeros(users, np.int32), np.zeros((users, 30), np.int64), np.zeros((users, 30), np.float32),
        np.zeros(users, np.int32), np.zeros((users, types)), np.zeros(users, np.float32), np.zeros(users, np.float32),
    )  # fmt: skip
    _profiles(
        starts, packed, prepared.posts, prepared.weights, prepared.rates, prepared.limits[3], rarity, out
    )
    return out


def as_profiles(out: tuple[np.ndarray, ...]) -> AffinityProfiles:
    """Bring the answer into the shape of ours; untimed."""
    (
        actions,
        creator_ids,
        creator_weights,
        creator_counts,
        topics,
        topic_weights,
        topic_counts,
        shares,
        velocity,
        exploration,
    ) = out
    users = np.flatnonzero(actions)
    listed = np.arange(20) < creator_counts[users, None]
    listed_topics = np.arange(30) < topic_counts[users, None]
    return AffinityProfiles(
        user_ids=users,
        actions=actions[users],
        creator_offsets=np.concatenate([[0], np.cumsum(creator_counts[users])]),
        creator_ids=creator_ids[users][listed],
        creator_weights=creator_weights[users][listed],
        topic_offsets=np.concatenate([[0], np.cumsum(topic_counts[users])]),
        topics=topics[users][listed_topics].astype(np.uint32),
        topic_weights=topic_weights[users][listed_topics],
        content_type_shares=shares[users].astype(np.float32),
        velocity=velocity[users],
        exploration=exploration[users],
    )
