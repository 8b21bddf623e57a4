"""What people do: for each kind of event the change in the application's tables, in plain SQL, and who is concerned."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psycopg

from orchestrator.triggers.events import EventName

FIRST_ID = 10**9
"""Ids of new rows begin here, far above those of the town."""
ENGAGED = 120
"""Actions with posts that make an affinity profile worth computing."""

NEW_USER = """
INSERT INTO app.users SELECT %(new)s, clock_timestamp(), clock_timestamp(), true, visibility, display_name, bio,
  birth_date, gender, latitude, longitude, photo_count FROM app.users WHERE id = %(user)s;
INSERT INTO app.preferences SELECT %(new)s, seeking, min_age, max_age, max_distance_km, goals FROM app.preferences
  WHERE user_id = %(user)s;
INSERT INTO app.quiz_answers SELECT %(new)s, question_id, value, clock_timestamp() FROM app.quiz_answers
  WHERE user_id = %(user)s;
INSERT INTO app.user_interests SELECT %(new)s, interest_id, clock_timestamp() FROM app.user_interests
  WHERE user_id = %(user)s
"""
PROFILE = """
UPDATE app.users SET bio = %(text)s, photo_count = %(small)s, last_active_at = clock_timestamp() WHERE id = %(user)s
"""
PREFERENCES = """
UPDATE app.preferences SET min_age = 18 + %(small)s, max_age = 60 + %(small)s, max_distance_km = 50 * (1 + %(small)s)
WHERE user_id = %(user)s
"""
QUIZ = """
UPDATE app.quiz_answers AS a SET answered_at = clock_timestamp(),
  value = q.scale_min + mod(a.question_id + %(small)s, 5) * (q.scale_max - q.scale_min) / 4
FROM app.quiz_questions AS q WHERE q.id = a.question_id AND a.user_id = %(user)s AND mod(a.question_id + %(small)s, 3) = 0
"""
INTERESTS = """
DELETE FROM app.user_interests WHERE user_id = %(user)s AND mod(interest_id, 4) = mod(%(small)s, 4);
INSERT INTO app.user_interests SELECT %(user)s, id, clock_timestamp() FROM app.interests WHERE mod(id, 40) = %(small)s
ON CONFLICT DO NOTHING
"""
RATING = """
INSERT INTO app.ratings VALUES (%(user)s, %(other)s, 'overall', 1 + %(small)s %% 10, clock_timestamp())
ON CONFLICT (rater_id, rated_id, attribute) DO UPDATE SET value = excluded.value
"""
LOCATION = """
UPDATE app.users AS u SET latitude = o.latitude, longitude = o.longitude FROM app.users AS o
WHERE u.id = %(user)s AND o.id = %(other)s
"""
BLOCK = "INSERT INTO app.blocks VALUES (%(user)s, %(other)s, clock_timestamp()) ON CONFLICT DO NOTHING"
REPORT = "INSERT INTO app.reports VALUES (%(new)s, %(user)s, %(other)s, NULL, 'spam', clock_timestamp())"
HIDE = "INSERT INTO app.hides VALUES (%(new)s, %(user)s, %(other)s, NULL, clock_timestamp())"
LEAVE = "UPDATE app.users SET is_active = false WHERE id = %(user)s"
MATCH = "INSERT INTO app.matches VALUES (%(new)s, %(user)s, %(other)s, clock_timestamp())"
POST = """
INSERT INTO app.posts (id, author_id, created_at, body, content_type, tags)
VALUES (%(new)s, %(user)s, clock_timestamp(), %(text)s, 'text', ARRAY['chaos', 'number' || %(small)s])
"""
ENGAGE = """
INSERT INTO app.post_events (id, user_id, post_id, kind, dwell_ms, occurred_at)
SELECT %(new)s + row_number() OVER (), %(user)s, p.id, (ARRAY['like', 'comment', 'share', 'view'])[1 + mod(p.id, 4)], 4000,
  clock_timestamp()
FROM (SELECT id FROM app.posts ORDER BY created_at DESC LIMIT %(many)s) AS p
"""
MEDIA = """
INSERT INTO app.media (id, owner_id, uri, mime_type, bytes, created_at)
VALUES (%(new)s, %(user)s, 'file:///nowhere.jpg', 'image/jpeg', 1000, clock_timestamp())
"""
CHANGES: Mapping[EventName, str] = {
    EventName.USER_CREATED: NEW_USER,
    EventName.PROFILE_UPDATED: PROFILE,
    EventName.PREFERENCES_UPDATED: PREFERENCES,
    EventName.QUIZ_SUBMITTED: QUIZ,
    EventName.INTERESTS_UPDATED: INTERESTS,
    EventName.RATING_CREATED: RATING,
    EventName.LOCATION_CHANGED: LOCATION,
    EventName.USER_BLOCKED: BLOCK,
    EventName.USER_REPORTED: REPORT,
    EventName.USER_HIDDEN: HIDE,
    EventName.USER_DEACTIVATED: LEAVE,
    EventName.MATCH_CREATED: MATCH,
    EventName.POST_CREATED: POST,
    EventName.POST_ENGAGED: ENGAGE,
    EventName.MEDIA_UPLOADED: MEDIA,
}
TELL = """
INSERT INTO feed.event_outbox (kind, user_id, other_id, post_id, moved_km) VALUES (%s, %s, %s, %s, %s) RETURNING id
"""
PAIR_IS_SHOWN = """
SELECT EXISTS (SELECT FROM feed.match_score WHERE viewer_user_id = %(user)s AND candidate_user_id = %(other)s)
  OR EXISTS (SELECT FROM feed.match_score WHERE viewer_user_id = %(other)s AND candidate_user_id = %(user)s)
"""
APART = frozenset({EventName.USER_BLOCKED, EventName.USER_REPORTED})


@dataclass
class People:
    """Who can be concerned, and fresh ids."""

    users: list[int]
    moments: random.Random
    ids: Callable[[], int] = field(default_factory=lambda: itertools.count(FIRST_ID, 1000).__next__)

    def change(self, connection: psycopg.Connection, kind: EventName) -> tuple[int, tuple[int, int] | None]:
        """Let something happen and tell of it, in one transaction.

        Gives the number of the event and, of a block or a report, the pair that must not be shown any more.
        """
        user, other = self.moments.sample(self.users, 2)
        new, small = self.ids(), self.moments.randrange(40)
        values = {
            "new": new, "user": user, "other": other, "small": small, "many": ENGAGED,
            "text": f"A word about mountains, rivers and the number {small}.",
        }  # fmt: skip
        with connection.transaction():
            for statement in CHANGES[kind].split(";\n"):
                connection.execute(statement.encode(), values)
            concerned = new if kind is EventName.USER_CREATED else user
            moved_km = (
                self.moments.choice((10.0, 500.0, None)) if kind is EventName.LOCATION_CHANGED else None
            )
            post = new if kind is EventName.POST_CREATED else None
            row = connection.execute(TELL, (kind, concerned, other, post, moved_km)).fetchone()
        assert row is not None
        if kind is EventName.USER_CREATED:
            self.users.append(new)
        return int(row[0]), (user, other) if kind in APART else None


def is_shown(connection: psycopg.Connection, pair: tuple[int, int]) -> bool:
    """Tell whether one of two is suggested to the other."""
    row = connection.execute(PAIR_IS_SHOWN, {"user": pair[0], "other": pair[1]}).fetchone()
    return bool(row and row[0])
