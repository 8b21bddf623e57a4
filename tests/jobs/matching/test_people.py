"""Everything an application may hold that cannot be meant, and the default that each gets."""

from __future__ import annotations

import numpy as np
import pytest

from feedscore.population import OPEN_LIMIT
from orchestrator.db.engine import Database
from orchestrator.errors import SourceError
from orchestrator.jobs.matching.people import People, load_people, midnight
from tests.jobs.conftest import NOW, execute

USERS = """INSERT INTO app.users (id, created_at, birth_date, gender, latitude, longitude)
  SELECT i, '2026-07-01', '1990-08-02', 'woman', 52.5, 13.4 FROM generate_series(1, 4) AS i"""


def load(database: Database, *statements: str) -> People:
    """Put the statements' rows behind four sound people, and read everybody."""
    execute(database, USERS, *statements)
    with database.connection() as connection:
        return load_people(connection, midnight(NOW))


def test_sound_people_have_nothing_to_tell(database: Database) -> None:
    people = load(database, "INSERT INTO app.preferences VALUES (2, '{woman}', 18, 99, 50, '{dating}')")
    p = people.population
    assert people.told == {}
    assert p.ids.tolist() == [1, 2, 3, 4]
    assert p.age.tolist() == [35] * 4  # 36 tomorrow
    assert p.gender.tolist() == [1] * 4
    assert p.seeking.tolist() == [0, 2, 0, 0]
    assert (p.min_age[1], p.max_age[1], p.max_distance_km[1], p.goal_count[1]) == (18, 99, 50, 1)
    assert (p.min_age[0], p.max_age[0], p.max_distance_km[0]) == (OPEN_LIMIT, OPEN_LIMIT, np.inf)
    assert np.allclose(p.days_since_joined, 31)
    assert p.goals.tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    "place", ["'NaN', 13", "'Infinity', 13", "52, '-Infinity'", "200, 13", "52, 181", "NULL, 13", "52, NULL"]
)
def test_an_impossible_place_is_unknown(place: str, database: Database) -> None:
    people = load(database, f"UPDATE app.users SET (latitude, longitude) = ROW({place}) WHERE id = 2")
    assert people.population.placed.tolist() == [True, False, True, True]
    assert people.told == {"places_impossible": 1}


def test_no_place_at_all_is_nothing_to_tell(database: Database) -> None:
    people = load(database, "UPDATE app.users SET latitude = NULL, longitude = NULL WHERE id = 2")
    assert people.population.placed.tolist() == [True, False, True, True]
    assert people.told == {}


@pytest.mark.parametrize(
    ("born", "age", "told"),
    [
        ("2026-08-02", 0, {"birth_dates_in_the_future": 1}),
        ("2026-08-01", 0, {}),
        ("2008-08-01", 18, {}),
        ("2008-08-02", 17, {}),
        ("2004-02-29", 22, {}),
        ("1896-08-01", 130, {}),
        ("1896-07-31", 0, {"birth_dates_over_130_years_ago": 1}),
        ("infinity", 0, {}),
        (None, 0, {}),
    ],
)
def test_ages_are_whole_years_and_impossible_ones_unknown(
    born: str | None, age: int, told: dict[str, int], database: Database
) -> None:
    literal = f"'{born}'" if born else "NULL"
    people = load(database, f"UPDATE app.users SET birth_date = {literal} WHERE id = 3")
    assert people.population.age[2] == age
    assert people.told == told


def test_blank_genders_are_unknown_and_blank_wishes_ignored(database: Database) -> None:
    people = load(
        database,
        "UPDATE app.users SET gender = '' WHERE id = 1",
        "UPDATE app.users SET gender = NULL WHERE id = 2",
        "UPDATE app.users SET gender = 'unheard of' WHERE id = 3",
        "INSERT INTO app.preferences VALUES (1, '{woman,NULL,\"\"}'), (2, '{\" \"}'), (3, '{nobody}')",
    )
    p = people.population
    assert p.gender.tolist() == [0, 0, 0, 1]
    assert p.seeking.tolist() == [0b10, 0, 0b100, 0]  # who seeks in vain is not open to all
    assert people.told == {"genders_blank": 1, "seeking_blank": 2}


def test_more_than_63_sought_genders_are_refused_by_number(database: Database) -> None:
    with pytest.raises(SourceError, match="64 different genders"):
        load(
            database,
            """INSERT INTO app.users (id, created_at, gender)
               SELECT 100 + i, now(), 'g' || i FROM generate_series(1, 64) AS i""",
            "INSERT INTO app.preferences SELECT 1, array_agg('g' || i) FROM generate_series(1, 64) AS i",
        )


def test_genders_that_nobody_has_share_one_code(database: Database) -> None:
    people = load(
        database,
        "INSERT INTO app.preferences SELECT 1, array_agg('g' || i) FROM generate_series(1, 500) AS i",
    )
    assert people.population.seeking.tolist() == [2, 0, 0, 0]


def test_impossible_limits_are_no_limits_and_an_empty_range_stays_empty(database: Database) -> None:
    people = load(
        database,
        """INSERT INTO app.preferences (user_id, min_age, max_age, max_distance_km) VALUES
             (1, -1, 1000, -5), (2, 40, 30, 'NaN'), (3, 2000000000, NULL, 'Infinity'), (4, 0, 999, 0)""",
    )
    p = people.population
    assert p.min_age.tolist() == [OPEN_LIMIT, 40, OPEN_LIMIT, 0]
    assert p.max_age.tolist() == [OPEN_LIMIT, 30, OPEN_LIMIT, 999]
    assert p.max_distance_km.tolist() == [np.inf, np.inf, np.inf, 0]
    assert people.told == {
        "min_age_impossible": 2, "max_age_impossible": 1, "max_distance_km_impossible": 2,
        "age_ranges_empty": 1,
    }  # fmt: skip


def test_goals_get_bits_alphabetically(database: Database) -> None:
    people = load(
        database,
        """INSERT INTO app.preferences (user_id, goals) VALUES
             (1, '{travel,chess,chess,NULL}'), (2, '{dating,travel}'), (3, '{dating,""}')""",
    )
    p = people.population
    assert people.vocabulary.goals == ("chess", "dating", "travel")
    assert p.goals.tolist() == [0b101, 0b110, 0b010, 0]
    assert p.goal_count.tolist() == [2, 2, 1, 0]
    assert people.told == {"goals_blank": 1}


def test_of_more_than_64_goals_only_those_get_bits_that_people_share(database: Database) -> None:
    people = load(
        database,
        """INSERT INTO app.preferences (user_id, goals)
           SELECT u, array_agg('goal ' || i) || ARRAY['travel']
           FROM generate_series(1, 40) AS i, generate_series(1, 2) AS u WHERE i % 2 = u % 2 OR i > 30 GROUP BY u
           UNION ALL SELECT 3, array_agg('other ' || i) FROM generate_series(1, 40) AS i""",
    )
    assert people.vocabulary.goals == (*(f"goal {i}" for i in range(31, 41)), "travel")
    assert people.population.goals.tolist() == [2**11 - 1, 2**11 - 1, 0, 0]
    assert people.population.goal_count.tolist() == [26, 26, 40, 0]
    assert people.vocabulary.lone_goals["goal 1"] == 1


def test_more_than_64_shared_goals_are_refused_by_number(database: Database) -> None:
    with pytest.raises(SourceError, match="65 different goals"):
        load(
            database,
            """INSERT INTO app.preferences (user_id, goals)
               SELECT u, array_agg('goal ' || i)
               FROM generate_series(1, 65) AS i, generate_series(1, 2) AS u GROUP BY u""",
        )


def test_times_of_joining_are_clamped(database: Database) -> None:
    people = load(
        database,
        "UPDATE app.users SET created_at = '2027-01-01' WHERE id = 1",
        "UPDATE app.users SET created_at = '2026-07-31 12:00+00' WHERE id = 2",
        "UPDATE app.users SET created_at = 'infinity' WHERE id = 3",
    )
    assert people.population.days_since_joined[:2].tolist() == [0, 0.5]
    assert people.population.days_since_joined[2] > 30_000


def test_preferences_and_pairs_with_people_who_are_gone_are_ignored(database: Database) -> None:
    people = load(
        database,
        "INSERT INTO app.preferences VALUES (77, '{martian}', 18, 99, 50, '{dating}')",
        "INSERT INTO app.blocks VALUES (1, 77, now()), (77, 2, now()), (3, 3, now()), (1, 4, now())",
        "INSERT INTO app.decisions VALUES (1, 77, 'like', now()), (2, 1, 'maybe', now())",
        "INSERT INTO app.hides VALUES (1, 1, 77, NULL, now()), (2, 1, NULL, 5, now())",
    )
    p = people.population
    assert people.told == {
        "preferences_of_nobody": 1, "blocks_of_nobody": 3, "decisions_of_nobody": 1, "hides_of_nobody": 1,
    }  # fmt: skip
    assert p.excluded_offsets.tolist() == [0, 1, 1, 1, 2]
    assert p.excluded_rows.tolist() == [3, 0]
    assert not p.hidden_rows.size


def test_exclusions_hold_in_the_directions_they_should(database: Database) -> None:
    people = load(
        database,
        "INSERT INTO app.decisions VALUES (1, 2, 'like', now()), (1, 3, 'pass', now())",
        "INSERT INTO app.matches VALUES (1, 4, 2, now())",
        "INSERT INTO app.reports VALUES (1, 3, 4, NULL, 'x', now()), (2, 1, NULL, 9, 'x', now())",
        "INSERT INTO app.blocks VALUES (4, 1, now()), (4, 2, now())",
    )
    p = people.population
    excluded = [
        (p.ids[viewer], p.ids[other])
        for viewer in range(4)
        for other in p.excluded_rows[p.excluded_offsets[viewer] : p.excluded_offsets[viewer + 1]]
    ]
    assert excluded == [(1, 2), (1, 3), (1, 4), (2, 4), (3, 4), (4, 1), (4, 2), (4, 3)]


def test_the_latest_hide_counts_and_one_of_today_is_fresh(database: Database) -> None:
    people = load(
        database,
        """INSERT INTO app.hides VALUES (1, 2, 4, NULL, '2026-07-01'), (2, 2, 4, NULL, '2026-07-22 00:00+00'),
             (3, 2, 1, NULL, '2026-08-01 09:00+00'), (4, 2, 3, NULL, 'infinity')""",
    )
    p = people.population
    assert p.hidden_offsets.tolist() == [0, 0, 3, 3, 3]
    assert p.hidden_rows.tolist() == [0, 2, 3]
    assert p.hidden_days.tolist() == [0, 0, 10]


def test_of_repeated_rows_in_views_the_first_in_order_counts(database: Database) -> None:
    people = load(
        database,
        "ALTER TABLE app.users DROP CONSTRAINT users_pkey",
        "ALTER TABLE app.preferences DROP CONSTRAINT preferences_pkey",
        "INSERT INTO app.users (id, created_at, gender) VALUES (2, '2020-01-01', 'man')",
        "INSERT INTO app.preferences VALUES (1, '{woman}', 30, 40), (1, '{woman}', 20, 40)",
    )
    p = people.population
    assert p.ids.tolist() == [1, 2, 3, 4]
    assert people.told == {"ids_repeated": 1, "user_ids_repeated": 1}
    assert p.age.tolist() == [35, 0, 35, 35]  # the row that joined first has no birth date
    assert p.min_age[0] == 20


def test_computed_columns_that_do_not_fit_are_as_if_not_there(database: Database) -> None:
    people = load(
        database,
        "INSERT INTO app.interests (id, slug) VALUES (5, 'jazz'), (9, 'tea')",
        "INSERT INTO feed.trait VALUES (0, 'calm', 0, 1, now(), '1'), (1, 'kind', 0, 1, now(), '1')",
        r"""INSERT INTO feed.user_trait VALUES (1, '\x0000803f00000000', 1, now(), '1'),
              (2, '\x0000803f', 1, now(), '1'), (3, '\x0000c07f0000803f', 1, now(), '1'),
              (99, '\x0000803f00000000', 1, now(), '1')""",
        """INSERT INTO feed.user_interest_set VALUES (2, '{5,7,9}', 3, now(), '1'),
              (99, '{5}', 1, now(), '1'), (1, '{9}', 1, now(), '1')""",
    )
    p = people.population
    assert p.traits.tolist() == [[1, 0], [0, 0], [0, 0], [0, 0]]
    assert people.interests.slugs == ("jazz", "tea")
    assert p.interest_offsets.tolist() == [0, 1, 3, 3, 3]
    assert p.interest_codes.tolist() == [1, 0, 1]
    assert people.told == {"traits_of_other_axes": 1, "traits_not_finite": 1, "interests_gone": 1}


def test_who_is_not_rated_has_the_prior(database: Database) -> None:
    people = load(
        database,
        """INSERT INTO feed.rating_attribute VALUES
             (-1, 'overall', 6.4, 9, now(), '1'), (0, 'wit', 5, 9, now(), '1')""",
        """INSERT INTO feed.profile_rating_aggregate VALUES
             (1, 10, 3, 0.75, '{7}', '{2}', now(), '1'), (2, NULL, 0, 0.6, '{NaN}', '{0}', now(), '1')""",
    )
    p = people.population
    assert np.allclose(p.rating_quality, [0.75, 0.6, 0.6, 0.6])
    assert p.rated.tolist() == [True, False, False, False]
    assert p.rating_attributes.tolist() == [[2], [0], [0], [0]]


def test_some_people_are_read_as_they_are_among_all(town: Database) -> None:
    with town.connection() as connection:
        everybody = load_people(connection, midnight(NOW)).population
        some = load_people(connection, midnight(NOW), np.array([3, 200, 17], np.int64)).population
    rows = np.searchsorted(everybody.ids, some.ids)
    assert some.ids.tolist() == [3, 17, 200]
    for name in (
        "active",
        "age",
        "latitude",
        "traits",
        "rating_quality",
        "rating_attributes",
        "goal_count",
        "max_age",
    ):
        assert np.array_equal(getattr(some, name), getattr(everybody, name)[rows]), name
