"""What people of a town do in a bench: a change of their rows and its event, in one transaction."""

from __future__ import annotations

import numpy as np
import psycopg

from orchestrator.triggers.events import Event, EventName, emit

# Each kind of event, as likely as any other, with the statements that change what it tells of.
STATEMENTS: dict[EventName, tuple[str, ...]] = {
    EventName.PROFILE_UPDATED: (
        "UPDATE app.users SET birth_date = birth_date + (1 + 300 * %(share)s)::int WHERE id = %(one)s",
    ),
    EventName.PREFERENCES_UPDATED: (
        "UPDATE app.preferences SET max_age = min_age + 4 + (20 * %(share)s)::int,"
        " max_distance_km = 20 + 100 * %(share)s WHERE user_id = %(one)s",
    ),
    EventName.QUIZ_SUBMITTED: (
        "UPDATE app.quiz_answers AS a SET value = q.scale_min + round(%(share)s * (q.scale_max - q.scale_min))"
        " FROM app.quiz_questions AS q WHERE q.id = a.question_id AND q.id %% 5 = 0 AND a.user_id = %(one)s",
    ),
    EventName.INTERESTS_UPDATED: (
        "DELETE FROM app.user_interests WHERE user_id = %(one)s AND interest_id = (SELECT max(interest_id)"
        " FROM app.user_interests WHERE user_id = %(one)s)",
    ),
    EventName.LOCATION_CHANGED: (
        "UPDATE app.users SET (latitude, longitude) = (SELECT latitude, longitude FROM app.users WHERE id = %(other)s)"
        " WHERE id = %(one)s",
    ),
    EventName.RATING_CREATED: (
        "INSERT INTO app.ratings (rater_id, rated_id, attribute, value, created_at)"
        " VALUES (%(one)s, %(other)s, 'overall', 1 + round(9 * %(share)s), now())"
        " ON CONFLICT (rater_id, rated_id, attribute) DO UPDATE SET value = excluded.value",
    ),
    EventName.USER_DEACTIVATED: ("UPDATE app.users SET is_active = NOT is_active WHERE id = %(one)s",),
    EventName.USER_BLOCKED: (
        "INSERT INTO app.blocks VALUES (%(one)s, %(other)s, now()) ON CONFLICT DO NOTHING",
    ),
    EventName.USER_HIDDEN: (
        "INSERT INTO app.hides (id, user_id, hidden_user_id, created_at)"
        " SELECT coalesce(max(id), 0) + 1, %(one)s, %(other)s, now() FROM app.hides",
    ),
    EventName.MATCH_CREATED: (
        "INSERT INTO app.matches (id, user_a, user_b, created_at)"
        " SELECT coalesce(max(id), 0) + 1, %(one)s, %(other)s, now() FROM app.matches",
    ),
    EventName.USER_CREATED: (
        "INSERT INTO app.users (id, created_at, birth_date, gender, latitude, longitude, is_active, visibility)"
        " SELECT %(new)s, now(), birth_date, gender, latitude, longitude, true, 'public' FROM app.users"
        " WHERE id = %(one)s",
        "INSERT INTO app.preferences (user_id, seeking, min_age, max_age, max_distance_km, goals)"
        " SELECT %(new)s, seeking, min_age, max_age, max_distance_km, goals FROM app.preferences"
        " WHERE user_id = %(one)s",
        "INSERT INTO app.quiz_answers (user_id, question_id, value, answered_at)"
        " SELECT %(new)s, question_id, value, answered_at FROM app.quiz_answers WHERE user_id = %(other)s",
        "INSERT INTO app.user_interests (user_id, interest_id, created_at)"
        " SELECT %(new)s, interest_id, created_at FROM app.user_interests WHERE user_id = %(other)s",
    ),
}
KINDS = tuple(STATEMENTS)


def act(
    connection: psycopg.Connection, r: np.random.Generator, people: int, new: int
) -> tuple[int, EventName]:
    """Let somebody do something, and give the number and kind of the event; the caller commits."""
    kind = KINDS[r.integers(len(KINDS))]
    one = int(r.integers(people))
    one, other = 1 + one, 1 + (one + int(r.integers(1, people))) % people
    values = {"one": one, "other": other, "new": new, "share": float(r.random())}
    for statement in STATEMENTS[kind]:
        connection.execute(statement.encode(), values)
    user = new if kind is EventName.USER_CREATED else one
    number = emit(connection, Event(kind=kind, user_id=user, other_id=other))
    assert number is not None
    return number, kind
