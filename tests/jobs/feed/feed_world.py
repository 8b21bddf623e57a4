"""A small world of posts, affinity, events and encounters in which every rule of feeds has something to do."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.db.engine import Database

NOW = datetime(2026, 8, 1, 12, 34, 56, tzinfo=UTC)
USERS = range(1, 41)
TOPICS = range(1, 13)
POSTS = range(1, 181)
AUTHORS = 15
"""The first so many people write all posts: few enough for authors to follow themselves."""


def insert(database: Database, table: str, columns: str, values: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows; Any: what the columns hold."""
    marks = ", ".join(["%s"] * len(values[0]))
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})".encode(), values)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def add_users(database: Database, ids: Sequence[int] = USERS) -> None:
    insert(
        database,
        "app.users",
        "id, created_at, display_name, is_active, visibility",
        [(i, days_ago(99), f"Name {i}", i % 13 != 0, "hidden" if i % 11 == 0 else "public") for i in ids],
    )


def add_posts(database: Database, posts: Sequence[tuple[int, int, datetime]]) -> None:
    """Add posts: id, author, time."""
    insert(database, "app.posts", "id, author_id, created_at, body, content_type", [
        (*post, f"Text of post {post[0]}", "text") for post in posts
    ])  # fmt: skip


def add_features(
    database: Database, features: Sequence[tuple[int, list[int], float]], *, flagged: bool = False
) -> None:
    """Add features of posts: id, topics, quality."""
    insert(
        database,
        "feed.content_feature",
        "post_id, topic_ids, quality, nsfw, nsfw_flagged, inputs, computed_at, algorithm_version",
        [(*one, 0.9 if flagged else 0.1, flagged, 0, NOW, "1") for one in features],
    )


def add_trending(
    database: Database, posts: Sequence[tuple[int, float]], *, computed_at: datetime = NOW
) -> None:
    """Add trending posts: id, velocity."""
    insert(
        database,
        "feed.trending_post",
        "post_id, popularity, velocity, avg_velocity, decay_multiplier, engagements, is_trending, peak_time,"
        " expires_at, computed_at, algorithm_version",
        [
            (*(i, 1, v, 1, 1, 9, False, computed_at), computed_at + timedelta(hours=48), computed_at, "1")
            for i, v in posts
        ],
    )


def add_profiles(
    database: Database, profiles: Sequence[tuple[int, list[int], list[float], list[int], list[float]]]
) -> None:
    """Add affinity profiles: user, creators and weights, topics and weights."""
    insert(
        database,
        "feed.affinity_profile",
        "user_id, creator_ids, creator_weights, topic_ids, topic_weights, content_types, content_type_shares,"
        " engagement_velocity, exploration_factor, actions, computed_at, algorithm_version",
        [(*one, [], [], 1, 0.5, 20, NOW, "1") for one in profiles],
    )


def add_match_lists(database: Database, lists: Sequence[tuple[int, list[int], list[float]]]) -> None:
    """Add match lists: viewer, candidates, scores."""
    insert(
        database,
        "feed.match_list",
        "viewer_id, candidate_ids, scores, facts, interests, goals, inputs, fingerprint, computed_at,"
        " algorithm_version",
        [(*one, [0] * len(one[1]), [], [], 0, 0, NOW, "1") for one in lists],
    )


def make_world(database: Database, seed: int = 1) -> None:
    """Fill the database."""
    draw = random.Random(seed)
    add_users(database)
    insert(database, "feed.topic", "tag", [(f"topic{i:02}",) for i in TOPICS])
    ages = {i: draw.uniform(-0.01, 8.5) for i in POSTS}
    add_posts(database, [(i, draw.randint(1, AUTHORS), days_ago(ages[i])) for i in POSTS])
    described = draw.sample(POSTS, 150)
    features = [(i, draw.sample(TOPICS, draw.randint(0, 4)), draw.random()) for i in described]
    add_features(database, features[:140])
    add_features(database, features[140:], flagged=True)
    add_trending(database, [(i, draw.uniform(0, 3)) for i in POSTS if ages[i] < 2])
    add_profiles(database, [_profile(draw, user) for user in USERS if user % 4])
    _add_events(database, draw)
    _add_refusals(database, draw)
    _add_encounters(database, draw)


def _profile(draw: random.Random, user: int) -> tuple[int, list[int], list[float], list[int], list[float]]:
    creators, topics = draw.sample(range(1, AUTHORS + 1), 6), draw.sample(TOPICS, 5)
    return user, creators, [draw.random() for _ in creators], topics, [draw.random() for _ in topics]


def _add_events(database: Database, draw: random.Random) -> None:
    kinds = ("impression", "seen", "seen", "seen", "view", "like", "hide", "report")
    insert(database, "app.post_events", "id, user_id, post_id, kind, occurred_at", [
        (i, draw.choice(USERS), draw.choice(POSTS), draw.choice(kinds), days_ago(draw.uniform(0, 6.9)))
        for i in range(1, 1500)
    ])  # fmt: skip
    insert(database, "app.post_events", "id, user_id, post_id, kind, occurred_at", [
        (9001, 1, 999, "seen", NOW), (9002, 999, 1, "seen", NOW), (9003, 1, 1, "stared", NOW),
    ])  # fmt: skip
    with database.connection() as connection:
        connection.execute("UPDATE app.posts SET deleted_at = %s WHERE id %% 17 = 0", (NOW,))


def _add_refusals(database: Database, draw: random.Random) -> None:
    pairs = draw.sample([(a, b) for a in USERS for b in USERS if a != b], 90)
    insert(
        database, "app.blocks", "blocker_id, blocked_id, created_at", [(*pair, NOW) for pair in pairs[:30]]
    )
    insert(database, "app.reports", "id, reporter_id, reported_user_id, reported_post_id, created_at", [
        (i, user, *((other, None) if i % 2 else (None, draw.choice(POSTS))), NOW)
        for i, (user, other) in enumerate(pairs[30:60])
    ])  # fmt: skip
    insert(database, "app.hides", "id, user_id, hidden_user_id, hidden_post_id, created_at", [
        (i, user, *((other, None) if i % 2 else (None, draw.choice(POSTS))), NOW)
        for i, (user, other) in enumerate(pairs[60:])
    ])  # fmt: skip


def _add_encounters(database: Database, draw: random.Random) -> None:
    pairs = draw.sample([(a, b) for a in USERS for b in USERS if a < b], 110)
    insert(database, "app.matches", "id, user_a, user_b, created_at", [
        (i, *pair, days_ago(draw.choice((draw.uniform(0, 7), draw.uniform(8, 60)))))
        for i, pair in enumerate(pairs[:40])
    ])  # fmt: skip
    messages: list[tuple[int, int, datetime, bool]] = []
    for pair in pairs[40:90]:
        ages = draw.choice(([0.5, 20], [0.5, 1, 20.5], [0.5, 9], [0.5], [3, 20], [0.2, 16.0]))
        for age in ages:
            sender, recipient = draw.sample(pair, 2)
            messages += [(sender, recipient, days_ago(age + draw.random() / 5), draw.random() < 0.1)]
    insert(database, "app.messages", "id, sender_id, recipient_id, sent_at, off_the_record", [
        (i, *message) for i, message in enumerate(messages)
    ])  # fmt: skip
    lists = []
    for user in USERS:
        candidates = draw.sample([other for other in USERS if other != user], 12)
        scores = sorted((draw.uniform(0.5, 0.9) for _ in candidates), reverse=True)
        lists.append((user, candidates, scores))
    add_match_lists(database, lists)
    insert(database, "app.decisions", "user_id, target_id, decision, created_at", [
        (user, candidates[0], draw.choice(("like", "pass")), NOW) for user, candidates, _ in lists[::3]
    ])  # fmt: skip
