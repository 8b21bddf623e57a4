"""The rules of a feed in plain Python over the rows of the database: slow, and separate from the job."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from orchestrator.db.engine import Database
from tests.jobs.conftest import rows

SLOTS = (5, 15, 25)


class Item(NamedTuple):
    kind: int
    id: int
    score: float


class Post(NamedTuple):
    id: int
    author: int
    at: datetime
    topics: frozenset[int]
    quality: float
    trending: float


class PlainFeeds:
    """The feeds of everybody at one moment, one at a time."""

    def __init__(self, database: Database, now: datetime) -> None:
        self._database = database
        self.now = now
        self.hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        self.active, self.public = (
            {row[0] for row in rows(database, f"SELECT id FROM app.users WHERE is_active AND {which}")}
            for which in ("true", "visibility = 'public'")
        )
        self.posts = self._posts()
        self.seen = set(rows(database, "SELECT user_id, post_id FROM app.post_events WHERE kind = 'seen'"))
        self.apart = self._apart()
        self.refused = set(
            rows(
                database,
                "SELECT user_id, hidden_post_id FROM app.hides UNION SELECT reporter_id, reported_post_id"
                " FROM app.reports UNION SELECT user_id, post_id FROM app.post_events WHERE kind IN ('hide', 'report')",
            )
        )
        self.profiles = {
            row[0]: (dict(zip(row[1], row[2], strict=True)), dict(zip(row[3], row[4], strict=True)))
            for row in rows(
                database,
                "SELECT user_id, creator_ids, creator_weights, topic_ids, topic_weights FROM feed.affinity_profile",
            )
        }

    def feed(self, user: int, length: int = 60) -> list[Item]:
        """What a user sees, from the first slot on."""
        shown: list[Item] = [Item(0, post.id, score) for score, post in self.ranked(user, length)]
        for slot, card in zip(SLOTS, self.cards(user), strict=False):
            if slot <= length and len(shown) >= slot - 1:
                shown.insert(slot - 1, card)
        return shown[:length]

    def ranked(self, user: int, length: int) -> list[tuple[float, Post]]:
        found = [(self.score(user, post), post) for post in self.posts if self.may_see(user, post)]
        return spread(sorted(found, key=lambda pair: (-pair[0], pair[1].id)), length)

    def may_see(self, user: int, post: Post) -> bool:
        return (
            post.author != user
            and (user, post.author) not in self.apart
            and (user, post.id) not in self.refused
        )

    def score(self, user: int, post: Post) -> float:
        creators: dict[int, float]
        topics: dict[int, float]
        creators, topics = self.profiles.get(user, ({}, {}))
        hours = max((self.hour - post.at).total_seconds() / 3600, 0)
        return (
            0.30 * creators.get(post.author, 0)
            + 0.25 * max([topics.get(topic, 0) for topic in post.topics] or [0])
            + 0.15 * post.trending
            + 0.10 * post.quality
            + 0.20 / math.log2(2 + hours)
            - (0.5 if (user, post.id) in self.seen else 0)
        )

    def cards(self, user: int) -> list[Item]:
        """Whom the cards of a user show: by kind, each person once, at most three."""
        chosen: dict[int, Item] = {}
        for kind, others in enumerate((self._matches(user), self._revived(user), self._suggestions(user)), 1):
            for other, score in others:
                if other != user and other in self.active and (user, other) not in self.apart:
                    chosen.setdefault(other, Item(kind, other, score))
        return list(chosen.values())[:3]

    def _matches(self, user: int) -> list[tuple[int, float]]:
        found = rows(
            self._database,
            "SELECT CASE user_a WHEN %s THEN user_b ELSE user_a END, created_at FROM app.matches"
            " WHERE %s IN (user_a, user_b) AND created_at BETWEEN %s AND %s",
            *(user, user, self.hour - timedelta(days=7), self.now),
        )
        return [(other, 0.0) for other, _ in sorted(found, key=lambda row: (-row[1].timestamp(), row[0]))]

    def _revived(self, user: int) -> list[tuple[int, float]]:
        written: dict[int, list[datetime]] = {}
        for other, at in rows(
            self._database,
            "SELECT CASE sender_id WHEN %s THEN recipient_id ELSE sender_id END, sent_at FROM app.messages"
            " WHERE %s IN (sender_id, recipient_id) AND NOT off_the_record AND sent_at <= %s ORDER BY sent_at",
            *(user, user, self.now),
        ):
            written.setdefault(other, []).append(at)
        again = []
        for other, times in written.items():
            for before, after in itertools.pairwise(times):
                if after >= self.hour - timedelta(hours=48) and after - before >= timedelta(days=14):
                    again.append((after, other))
        return [(other, 0.0) for _, other in sorted(again, key=lambda pair: (-pair[0].timestamp(), pair[1]))]

    def _suggestions(self, user: int) -> list[tuple[int, float]]:
        decided = rows(
            self._database,
            "SELECT target_id FROM app.decisions WHERE user_id = %s UNION SELECT user_b FROM app.matches"
            " WHERE user_a = %s UNION SELECT user_a FROM app.matches WHERE user_b = %s",
            *(user, user, user),
        )
        listed = rows(
            self._database,
            "SELECT c.id, c.score FROM feed.match_list, unnest(candidate_ids, scores) AS c(id, score)"
            " WHERE viewer_id = %s AND c.score >= 0.8::real ORDER BY c.score DESC, c.id",
            user,
        )
        open_to = self.public - {row[0] for row in decided} if user in self.public else set()
        return [(other, score) for other, score in listed if other in open_to]

    def _apart(self) -> set[tuple[int, int]]:
        both_ways = rows(
            self._database,
            "SELECT blocker_id, blocked_id FROM app.blocks UNION SELECT reporter_id, reported_user_id FROM app.reports",
        )
        hidden = rows(self._database, "SELECT user_id, hidden_user_id FROM app.hides")
        return {(a, b) for a, b in (*both_ways, *((b, a) for a, b in both_ways), *hidden)}

    def _posts(self) -> list[Post]:
        velocities = dict(
            rows(
                self._database,
                "SELECT post_id, velocity FROM feed.trending_post WHERE expires_at > %s",
                self.hour,
            )
        )
        top = quantile(sorted(velocities.values()), 0.99)
        found: list[tuple[Any, ...]] = rows(  # Any: what SQL gives
            self._database,
            "SELECT p.id, p.author_id, p.created_at, f.topic_ids, f.quality FROM app.posts AS p"
            " LEFT JOIN feed.content_feature AS f ON f.post_id = p.id"
            " WHERE p.deleted_at IS NULL AND f.nsfw_flagged IS NOT TRUE AND p.created_at BETWEEN %s AND %s",
            *(self.hour - timedelta(days=7), self.now),
        )
        return [
            Post(
                *(id_, author, at, frozenset(topics or ()), quality or 0.0),
                min(velocities.get(id_, 0) / top, 1) if top else 0.0,
            )
            for id_, author, at, topics, quality in found
            if author in self.public
        ]


def quantile(ascending: Sequence[float], share: float) -> float:
    """Interpolate between neighbours; 0 of nothing."""
    if not ascending:
        return 0.0
    place = share * (len(ascending) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ascending) - 1)
    return ascending[low] + (place - low) * (ascending[high] - ascending[low])


def spread(best_first: list[tuple[float, Post]], length: int) -> list[tuple[float, Post]]:
    """No author twice in a row where avoidable."""
    left = list(best_first)
    chosen: list[tuple[float, Post]] = []
    slots = min(length, len(left))
    while slots:
        last = chosen[-1][1].author if chosen else None
        counts = Counter(post.author for _, post in left)
        others = [pair for pair in left if pair[1].author != last]
        urgent = [pair for pair in others if 2 * (len(left) - counts[pair[1].author]) < slots]
        pick = (urgent or others or left)[0]
        left.remove(pick)
        chosen.append(pick)
        slots -= 1
    return chosen
