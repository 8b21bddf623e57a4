"""What people do, with the event that tells of it: each changes rows of schema app at random."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import psycopg

from orchestrator.triggers.events import Event, EventName
from tests.jobs.conftest import NOW

Deed = Callable[[psycopg.Connection, np.random.Generator, int, int], Event]


def sql(connection: psycopg.Connection, statement: str, *values: object) -> None:
    connection.execute(statement.encode(), values)


def create(connection: psycopg.Connection, r: np.random.Generator, one: int, other: int) -> Event:
    new = int(r.integers(1, 10**9)) * (-1 if r.random() < 0.2 else 1)
    sql(connection, """INSERT INTO app.users (id, created_at, birth_date, gender, latitude, longitude, is_active, visibility)
      SELECT %s, %s, birth_date, gender, latitude, longitude, true, 'public' FROM app.users WHERE id = %s""",
        new, NOW - timedelta(days=1), one)  # fmt: skip
    sql(connection, "INSERT INTO app.quiz_answers (user_id, question_id, value, answered_at)"
        " SELECT %s, question_id, value, answered_at FROM app.quiz_answers WHERE user_id = %s", new, other)  # fmt: skip
    return Event(kind=EventName.USER_CREATED, user_id=new)


def deactivate(connection: psycopg.Connection, r: np.random.Generator, one: int, other: int) -> Event:
    sql(connection, "UPDATE app.users SET is_active = NOT is_active WHERE id = %s", one)
    return Event(kind=EventName.USER_DEACTIVATED, user_id=one)


def move(connection: psycopg.Connection, r: np.random.Generator, one: int, other: int) -> Event:
    sql(connection, "UPDATE app.users AS u SET (latitude, longitude) = (SELECT latitude, longitude FROM app.users"
        " WHERE id = %s) WHERE id = %s", other, one)  # fmt: skip
    return Event(kind=EventName.LOCATION_CHANGED, user_id=one)


def prefer(connection: psycopg.Connection, r: np.random.Generator, one: int, other: int) -> Event:
    sql(connection, "DELETE FROM app.preferences WHERE user_id = %s", one)
    wish = r.choice(["{woman}", "{man}", "{woman,man}", "{man}", "{robot}", "{}"])
    aim = r.choice(["{marriage}", "{casual,friendship}", "{casual}", "{a new goal}", "{}"])
    sql(connection, "INSERT INTO app.preferences VALUES (%s, %s, %s, %s, %s, %s)",
        one, wish, int(r.integers(18, 30)), int(r.integers(30, 80)), float(r.integers(10, 5000)), aim)  # fmt: skip
    return Event(kind=EventName.PREFERENCES_UPDATED, user_id=one)


def gender(connection: psycopg.Connection, r: np.random.Generator, one: int, other: int) -> Event:
    sql(connection, "UPDATE app.users SET gender = %s WHERE id = %s", r.choice(["robot", "woman", "x"]), one)
    return Event(kind=EventName.PROFILE_UPDATED, user_id=one)


def answer(connection: psycopg.Connection, r: np.random.Generator, one: int, other: int) -> Event:
    sql(connection, "UPDATE app.quiz_answers AS a SET value = q.scale_min + %s * (q.scale_max - q.scale_min)"
        " FROM app.quiz_questions AS q WHERE q.id = a.question_id AND user_id = %s AND q.id %% 3 = 0",
        r.random(), one)  # fmt: skip
    return Event(kind=EventName.QUIZ_SUBMITTED, user_id=one)


def like(connection: psycopg.Connection, r: np.random.Generator, one: int, other: int) -> Event:
    sql(connection, "DELETE FROM app.user_interests WHERE user_id = %s", one)
    sql(connection, "INSERT INTO app.user_interests (user_id, interest_id, created_at)"
        " SELECT %s, id, now() FROM app.interests ORDER BY random() LIMIT 6", one)  # fmt: skip
    return Event(kind=EventName.INTERESTS_UPDATED, user_id=one)


def block(connection: psycopg.Connection, r: np.random.Generator, one: int, other: int) -> Event:
    sql(connection, "INSERT INTO app.blocks VALUES (%s, %s, now()) ON CONFLICT DO NOTHING", one, other)
    return Event(kind=EventName.USER_BLOCKED, user_id=one, other_id=other)


def unblock(connection: psycopg.Connection, r: np.random.Generator, one: int, other: int) -> Event:
    sql(connection, "DELETE FROM app.blocks WHERE blocker_id = %s OR blocked_id = %s", one, one)
    return Event(kind=EventName.PROFILE_UPDATED, user_id=one)


def hide(connection: psycopg.Connection, r: np.random.Generator, one: int, other: int) -> Event:
    sql(connection, "INSERT INTO app.hides (id, user_id, hidden_user_id, created_at) VALUES (%s, %s, %s, %s)",
        int(r.integers(10**9, 10**10)), one, other, NOW - timedelta(days=3))  # fmt: skip
    return Event(kind=EventName.USER_HIDDEN, user_id=one, other_id=other)


def rate(connection: psycopg.Connection, r: np.random.Generator, one: int, other: int) -> Event:
    for attribute in ("overall", "humor"):
        sql(connection, "INSERT INTO app.ratings (rater_id, rated_id, attribute, value, created_at)"
            " VALUES (%s, %s, %s, %s, now())"
            " ON CONFLICT (rater_id, rated_id, attribute) DO UPDATE SET value = excluded.value",
            one, other, attribute, int(r.integers(1, 11)))  # fmt: skip
    return Event(kind=EventName.RATING_CREATED, user_id=one, other_id=other)


DEEDS: tuple[Deed, ...] = (
    create, deactivate, move, prefer, gender, answer, like, block, unblock, hide, rate,
)  # fmt: skip
