"""Everybody's columns as files: the same people as in the database, and nothing where they would not be."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from orchestrator.db.engine import Database
from orchestrator.jobs import registry
from orchestrator.jobs.matching.people import midnight
from orchestrator.jobs.matching.population_store import MANIFEST, Base, base_key, read_base, write_base
from orchestrator.settings import Settings
from orchestrator.triggers.events import Event, EventName, emit
from orchestrator.triggers.refresher import Refresher
from orchestrator.triggers.standing import read_everybody
from tests.jobs.conftest import NOW, Runner, execute, rows, versions
from tests.triggers.test_refresher import work_off


def test_a_refresher_that_starts_anew_maps_the_files_and_reads_who_had_an_event(
    town: Database, town_settings: Settings, run_in_town: Runner
) -> None:
    work_off(Refresher(town, town_settings, registry), town)
    (version,) = (town_settings.data_dir / "population").iterdir()
    execute(town, "UPDATE app.users SET latitude = 40, longitude = -74 WHERE id IN (3, 4)")
    with town.connection() as connection:
        emit(connection, Event(kind=EventName.LOCATION_CHANGED, user_id=3))
        emit(connection, Event(kind=EventName.LOCATION_CHANGED, user_id=4))
    execute(town, "UPDATE feed.event_outbox SET processed_at = clock_timestamp() WHERE user_id = 4")
    work_off(Refresher(town, town_settings, registry), town)
    # Whoever reads everybody writes files of another name, and removes these.
    assert list((town_settings.data_dir / "population").iterdir()) == [version]
    refreshed = versions(town, "feed.match_list", "viewer_id")
    run_in_town("match-scores")
    after = versions(town, "feed.match_list", "viewer_id")
    assert 3 not in {viewer for viewer in after if after[viewer] != refreshed.get(viewer)}


def test_files_are_of_no_use_for_another_day_or_run_or_when_damaged(
    town: Database, town_settings: Settings, tmp_path: Path
) -> None:
    with town.connection() as connection:
        standing = read_everybody(connection, town_settings, NOW)
        key, taken_at = base_key(connection, midnight(NOW))
        base = Base(standing.live.people(np.arange(len(standing.live.ids))), taken_at)
    first = write_base(tmp_path, base, key)
    second = write_base(tmp_path, base, key)
    assert not first.exists()
    found = read_base(tmp_path, key)
    assert found is not None
    np.testing.assert_array_equal(found.people.population.traits, base.people.population.traits)
    assert found.people.vocabulary.goals == base.people.vocabulary.goals
    assert not found.people.population.traits.flags.writeable
    execute(town, "UPDATE feed.job_run SET status = 'FAILED' WHERE job = 'ratings-aggregate'")
    with town.connection() as connection:
        assert read_base(tmp_path, base_key(connection, midnight(NOW))[0]) is None
    with (second / "words.npy").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x55")
    assert read_base(tmp_path, key) is None
    (second / MANIFEST).write_text("{")
    assert read_base(tmp_path, key) is None
    assert read_base(tmp_path / "nothing", key) is None


def test_the_files_are_those_of_the_database_they_were_read_from(
    town: Database, town_settings: Settings
) -> None:
    with town.connection() as connection:
        standing = read_everybody(connection, town_settings, NOW)
        again = read_everybody(connection, town_settings, NOW)
        anew = read_everybody(connection, town_settings, NOW, anew=True)
    np.testing.assert_array_equal(standing.live.inputs, again.live.inputs)
    np.testing.assert_array_equal(standing.live.inputs, anew.live.inputs)
    assert rows(town, "SELECT count(*) FROM feed.match_rarity") == [(1,)]
