"""A database with a handful of people, shared by the tests of the check: each changes it and rolls back."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.conftest import address_of

FEW_PEOPLE = b"""
INSERT INTO app.users (id, created_at, birth_date, gender, latitude, longitude)
  SELECT i, '2024-01-01', '1990-01-01', 'woman', 52.5, 13.4 FROM generate_series(1, 20) AS i;
INSERT INTO app.users (id, created_at, is_active, visibility) VALUES (21, '2024-01-01', false, 'hidden');
INSERT INTO app.preferences VALUES
  (1, '{woman}', 18, 99, 50, '{dating}'), (2, '{}', NULL, 40, NULL, NULL), (3, NULL, 30, 30, 0, '{}');
INSERT INTO app.quiz_questions VALUES
  (1, 'big5', 'openness', 1, 1, 5, NULL), (2, 'big5', 'openness', -1, 0, 1, 'Why?');
INSERT INTO app.quiz_answers VALUES
  (1, 1, 1, '2024-01-01'), (1, 2, 0.5, '2024-01-01'), (2, 1, 5, '2024-01-01');
INSERT INTO app.subjects VALUES (1, 'music');
INSERT INTO app.interests VALUES (1, 1, 'jazz', 'Jazz'), (2, NULL, 'hiking', NULL);
INSERT INTO app.user_interests VALUES (1, 1, '2024-01-01'), (1, 2, '2024-01-01'), (2, 1, '2024-01-01');
INSERT INTO app.ratings VALUES (1, 2, 'overall', 10, '2024-01-01'), (1, 2, 'humour', 1, '2024-01-01');
INSERT INTO app.decisions VALUES (1, 2, 'like', '2024-01-01'), (2, 3, 'pass', '2024-01-01');
INSERT INTO app.matches VALUES (1, 4, 5, '2024-01-01');
INSERT INTO app.blocks VALUES (1, 6, '2024-01-01');
INSERT INTO app.reports VALUES (1, 1, 7, NULL, 'spam', '2024-01-01'), (2, 1, NULL, 99, NULL, '2024-01-01');
INSERT INTO app.hides VALUES (1, 1, 8, NULL, '2024-01-01'), (2, 1, NULL, 99, '2024-01-01');
"""


@pytest.fixture(scope="package")
def address_of_people(server_url: str, template: str) -> Iterator[str]:
    """The address of a database with a few people and something right in every table that a job reads."""
    name = f"{template}_people"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        address = address_of(server_url, name)
        with psycopg.connect(address) as connection:
            connection.execute(FEW_PEOPLE)
        yield address
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def people(address_of_people: str) -> Iterator[psycopg.Connection]:
    """A connection to those people; what the test changes, tables included, is rolled back."""
    with psycopg.connect(address_of_people, options="-c timezone=UTC") as connection:
        yield connection
        connection.rollback()
