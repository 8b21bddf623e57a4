"""The town's jobs, for tests of what events do to it."""

from tests.jobs.conftest import run_in_town

__all__ = ["run_in_town"]
