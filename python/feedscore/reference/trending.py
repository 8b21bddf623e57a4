"""Trending v1 in plain NumPy and float64: the specification, and the oracle that the Rust kernel is tested against.

Formulas: docs/algorithms.md. Clear before fast.
"""

from __future__ import annotations

import numpy as np

from ..feed_settings import TrendingSettings
from ..population import Bool, Float64, Int64
from ..posts import EventKind, Instants, PostEvents, Posts
from ..trending import TrendingPosts

ENGAGEMENTS = (EventKind.LIKE, EventKind.COMMENT, EventKind.SHARE, EventKind.PROFILE_VIEW)
HOUR = np.timedelta64(1, "h")
NO_TIME = np.datetime64("NaT", "us")


def trending_posts(
    posts: Posts, events: PostEvents, as_of: np.datetime64, settings: TrendingSettings
) -> TrendingPosts:
    """Work out the figures of all posts from all events at once."""
    age = np.maximum(as_of - posts.created_at, np.timedelta64(0, "us"))
    is_young = age <= duration(settings.window_h * 3600)
    post, kind, time = counted_engagements(posts, events, is_young, as_of, settings)
    counts = np.stack([np.bincount(post[kind == k], minlength=len(posts)) for k in ENGAGEMENTS])
    is_recent = time >= as_of - duration(settings.velocity_window_h * 3600)
    recent = np.bincount(post[is_recent], minlength=len(posts))
    engagements = counts.sum(axis=0)
    gated = engagements >= settings.min_engagements
    decay = 0.5 ** (age / HOUR / settings.half_life_h)
    minutes = settings.velocity_window_h * 60
    return TrendingPosts(
        gated=gated,
        engagements=engagements.astype(np.int32),
        recent_engagements=recent.astype(np.int32),
        popularity=(weights(settings) @ counts * decay).astype(np.float32),
        velocity=(recent / minutes).astype(np.float32),
        decay_multiplier=decay.astype(np.float32),
        peak_time=peak_times(post, time, len(posts)),
        # The velocities' common factor is left out: whole numbers compare exactly.
        is_trending=gated & (recent * gated.sum() > settings.trending_ratio * recent[gated].sum()),
        avg_velocity=float(recent[gated].sum() / max(gated.sum(), 1) / minutes),
    )


def counted_engagements(
    posts: Posts, events: PostEvents, is_young: Bool, as_of: np.datetime64, settings: TrendingSettings
) -> tuple[Int64, Int64, Instants]:
    """Give (row of the post, kind, time) of each engagement that counts."""
    post, is_known = find_posts(posts, events.post_ids)
    since = as_of - duration(settings.window_h * 3600)
    concerns = is_known & is_young[post] if len(posts) else is_known
    concerns &= (events.occurred_at >= since) & (events.occurred_at <= as_of)
    concerns[concerns] &= posts.author_ids[post[concerns]] != events.user_ids[concerns]
    # Ascending by post, user, kind and time, each row once.
    distinct = np.unique(
        np.stack([
            post[concerns],
            events.user_ids[concerns],
            events.kinds[concerns].astype(np.int64),
            events.occurred_at[concerns].astype(np.int64),
        ]),
        axis=1,
    )  # fmt: skip
    post, user, kind, time = distinct
    counts = np.isin(kind, ENGAGEMENTS) & ~taken_back(post, user, kind, time, duration(settings.takeback_s))
    post, user, kind, time = distinct[:, counts]
    place = places_in_group(post, user, kind)
    kept = place < np.where(kind == EventKind.COMMENT, settings.comments_counted, 1)
    return post[kept], kind[kept], time[kept].view("datetime64[us]")


def find_posts(posts: Posts, wanted: Int64) -> tuple[Int64, Bool]:
    """Give the row of each wanted post, any row where it is not known, and whether it is."""
    if not len(posts):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    order = np.argsort(posts.ids)
    found = order[np.minimum(np.searchsorted(posts.ids, wanted, sorter=order), len(posts) - 1)]
    return found, posts.ids[found] == wanted


def taken_back(post: Int64, user: Int64, kind: Int64, time: Int64, within: np.timedelta64) -> Bool:
    """Tell which likes an unlike of the same user and post follows, or meets, within a time."""
    unlikes: dict[tuple[int, int], list[int]] = {}
    for row in np.flatnonzero(kind == EventKind.UNLIKE):
        unlikes.setdefault((post[row], user[row]), []).append(time[row])
    result = np.zeros(len(post), bool)
    limit = int(within.astype(np.int64))
    for row in np.flatnonzero(kind == EventKind.LIKE):
        times = unlikes.get((post[row], user[row]), [])
        result[row] = any(0 <= unliked - time[row] <= limit for unliked in times)
    return result


def places_in_group(*keys: Int64) -> Int64:
    """Number the rows of each run of equal keys from 0."""
    rows = np.arange(len(keys[0]))
    is_first = np.ones(len(rows), bool)
    is_first[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return rows - np.maximum.accumulate(np.where(is_first, rows, 0)) if len(rows) else rows


def peak_times(post: Int64, time: Instants, posts: int) -> Instants:
    """Give the start of the clock hour (UTC) in which each post had the most, the earliest of several; NaT if none."""
    peaks = np.full(posts, NO_TIME)
    hours = time.astype("datetime64[h]")
    for row in np.unique(post):
        hour, count = np.unique(hours[post == row], return_counts=True)
        peaks[row] = hour[np.argmax(count)]
    return peaks


def weights(settings: TrendingSettings) -> Float64:
    """Give the weight of each kind, in the order of `ENGAGEMENTS`."""
    return np.array([
        settings.like_weight,
        settings.comment_weight,
        settings.share_weight,
        settings.profile_view_weight,
    ])  # fmt: skip


def duration(seconds: float) -> np.timedelta64:
    """Give seconds as whole microseconds, to the nearest, halves up."""
    return np.timedelta64(int(np.floor(seconds * 1e6 + 0.5)), "us")
