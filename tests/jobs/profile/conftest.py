"""The world that the tests of analyses share."""

from __future__ import annotations

import pytest

from orchestrator.db.engine import Database
from orchestrator.settings import Settings

from .conversations import World


@pytest.fixture
def world(database: Database, settings: Settings) -> World:
    """Nine people who have written nothing."""
    return World(database, settings)
