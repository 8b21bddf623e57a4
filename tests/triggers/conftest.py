"""The town of the jobs' tests, for tests of what events do to it."""

from tests.jobs.conftest import run_in_town, town, town_settings, town_template

__all__ = ["run_in_town", "town", "town_settings", "town_template"]
