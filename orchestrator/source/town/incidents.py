"""What does not happen by habit: a viral post, a spammer, a brigade, broken clocks and broken clients."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from feedscore.population import Int64
from feedscore.posts import UNKNOWN_DWELL_MS, EventKind

from .audience import Audience
from .looks import Drafts
from .posts import Manner, TownPosts
from .streams import Part, stream

HOUR, DAY = 3_600_000_000, 86_400_000_000
"""In microseconds."""
BURST, FEWEST_BURST, MOST_BURST = 0.004, 400, 12_000
BURST_AT_MOST = 0.02
"""Of the events of a town too small for the fewest."""
BURST_PARTS = {9: 0.43, 6: 0.26, 14: 0.16, 20: 0.1, 30: 0.05}
"""The age in hours of the viral post and of four that rise beside it, and what each has of the burst."""
BURST_HOURS, BURST_GROWTH_HOURS = 5, 1.5
BURST_KINDS = (EventKind.IMPRESSION, EventKind.SEEN, EventKind.VIEW, EventKind.LIKE, EventKind.COMMENT,
               EventKind.SHARE, EventKind.PROFILE_VIEW)  # fmt: skip
BURST_SHARES = (0.35, 0.25, 0.12, 0.16, 0.05, 0.04, 0.03)
SPAM, MOST_SPAM, SPAM_EVERY_US = 0.01, 5_000, 1_100_000
BRIGADE, BRIGADE_POSTS = 40, 3
RARE = 2e-6
"""Share of the events with each fault of its own: of unknown people or posts, from the future, of negative dwell."""
FEWEST_RARE = 4
UNKNOWN_ROW = 1 << 40


@dataclass(frozen=True, kw_only=True, eq=False)
class Incidents:
    """Extra events in the order in which they arrive, and who and what they are about."""

    drafts: Drafts
    arrival: Int64
    """Microseconds since the start of the 90 days, as the times of the drafts."""
    viral_post: int
    spammer: int
    brigaded: int
    """Row of the author."""


def make_incidents(posts: TownPosts, audience: Audience, events: int, seed: int) -> Incidents:
    """Let a few percent of the `events` be incidents; fewer of each kind when there are few events."""
    random = stream(seed, Part.INCIDENTS)
    end = round((audience.timeline.end - audience.timeline.start) * 1e6)
    rising = [_plain_post(posts, audience, end - age * HOUR) for age in BURST_PARTS]
    target = _plain_post(posts, audience, end - 2 * DAY)
    spammer = int(random.integers(0, len(audience.joined_at)))
    parts = (
        *(
            _burst(random, audience, post, end, round(part * _burst_events(events)))
            for post, part in zip(rising, BURST_PARTS.values(), strict=True)
        ),
        _spam(random, audience, spammer, end, min(round(SPAM * events), MOST_SPAM)),
        _brigade(random, posts, audience, target, end, events),
        *_broken(random, audience, end, events),
    )
    arrival = np.concatenate([np.minimum(part.at, end - 1) for part in parts])
    order = np.argsort(arrival, kind="stable")
    drafts = Drafts(
        *(np.concatenate([getattr(part, field.name) for part in parts])[order] for field in fields(Drafts))
    )
    return Incidents(
        drafts=drafts,
        arrival=arrival[order],
        viral_post=rising[0],
        spammer=spammer,
        brigaded=int(posts.author[target]),
    )


def _plain_post(posts: TownPosts, audience: Audience, at: int) -> int:
    """Find the latest plain post up to a moment that is still there; failing that, the latest one."""
    latest = max(int(np.searchsorted(audience.created_ms, at // 1_000, side="right")) - 1, 0)
    fit = np.isnan(posts.deleted_at[: latest + 1]) & (posts.manner[: latest + 1] == Manner.PLAIN)
    return int(np.flatnonzero(fit)[-1]) if fit.any() else latest


def _burst_events(events: int) -> int:
    """Tell how many of the events make up the burst."""
    usual = min(max(round(BURST * events), FEWEST_BURST), MOST_BURST)
    return min(usual, round(BURST_AT_MOST * events))


def _burst(random: np.random.Generator, audience: Audience, post: int, end: int, count: int) -> Drafts:
    """Let many come across a post within hours, more and more of them."""
    before = random.standard_exponential(count) * BURST_GROWTH_HOURS % BURST_HOURS * HOUR
    at = np.maximum(end - 1 - before.astype(np.int64), int(audience.created_ms[post]) * 1_000 + 1_000)
    kind = random.choice(BURST_KINDS, count, p=BURST_SHARES).astype(np.uint8)
    dwell = np.where(kind == EventKind.VIEW, random.integers(2_500, 60_000, count), UNKNOWN_DWELL_MS)
    user = audience.readers(random, audience.timeline.start + at / 1e6)
    return Drafts(user, np.full(count, post), kind, at, dwell.astype(np.int32))


def _spam(random: np.random.Generator, audience: Audience, spammer: int, end: int, count: int) -> Drafts:
    """Let one person like a post a second, without ever looking, three days before the end."""
    at = end - 3 * DAY + SPAM_EVERY_US * np.arange(count)
    post = audience.browse(random, at // 1_000)
    latest = np.maximum(np.searchsorted(audience.created_ms, at // 1_000, side="right") - 1, 0)
    post = np.where(random.random(count) < 0.7, random.integers(0, latest + 1), np.maximum(post, 0))
    post = audience.still_there(post, at // 1_000)
    at = np.maximum(at, (audience.created_ms[post] + 1) * 1_000)
    return _drafts(np.full(count, spammer), post, EventKind.LIKE, at)


def _brigade(
    random: np.random.Generator, posts: TownPosts, audience: Audience, target: int, end: int, events: int
) -> Drafts:
    """Let a group report and hide one author's latest posts within two hours, a day before the end."""
    about = np.flatnonzero((posts.author == posts.author[target]) & (np.arange(len(posts)) <= target))
    about = about[-BRIGADE_POSTS:]
    group = min(BRIGADE, events // 100, len(audience.joined_at) // 10)
    member = random.permutation(np.flatnonzero(np.arange(len(audience.joined_at)) != posts.author[target]))
    user, post = np.repeat(member[:group], len(about)), np.tile(about, len(member[:group]))
    at = end - DAY + random.integers(0, 2 * HOUR, len(user))
    both = [
        _drafts(user, post, kind, at + after)
        for kind, after in ((EventKind.REPORT, 0), (EventKind.HIDE, 4_000_000))
    ]
    return _joined(both)


def _broken(
    random: np.random.Generator, audience: Audience, end: int, events: int
) -> tuple[Drafts, Drafts, Drafts, Drafts]:
    """Make events of people and posts that do not exist, from the future, and of less than no time."""
    count = min(max(FEWEST_RARE, round(RARE * events)), events // 50)

    def some(kind: EventKind) -> Drafts:
        at = np.sort(random.integers(end // 2, end, count))
        user = audience.readers(random, audience.timeline.start + at / 1e6)
        post = np.maximum(np.searchsorted(audience.created_ms, at // 1_000, side="right") - 1, 0)
        return _drafts(user, post, kind, np.maximum(at, (audience.created_ms[post] + 1) * 1_000))

    nobody, nothing, early, odd = (some(EventKind(2 + i % 2)) for i in range(1, 5))
    unknown = UNKNOWN_ROW + np.arange(count)
    return (
        Drafts(unknown, nobody.post, nobody.kind, nobody.at, nobody.dwell_ms),
        Drafts(nothing.user, unknown, nothing.kind, nothing.at, nothing.dwell_ms),
        Drafts(early.user, early.post, early.kind, end + np.linspace(HOUR, 3 * DAY, count).astype(np.int64), early.dwell_ms),
        Drafts(
            odd.user, odd.post, np.full(count, EventKind.VIEW, np.uint8), odd.at,
            random.integers(-90_000, -1, count).astype(np.int32),
        ),
    )  # fmt: skip


def _drafts(user: Int64, post: Int64, kind: EventKind, at: Int64) -> Drafts:
    count = len(user)
    dwell = np.full(count, UNKNOWN_DWELL_MS, np.int32)
    return Drafts(
        user.astype(np.int64),
        post.astype(np.int64),
        np.full(count, kind, np.uint8),
        at.astype(np.int64),
        dwell,
    )


def _joined(parts: list[Drafts]) -> Drafts:
    return Drafts(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Drafts))
    )
