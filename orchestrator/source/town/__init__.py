"""The synthetic town: believable people, all made up, for an application that has none yet."""

from .activity import Activity, EventChunk, make_activity
from .make import Town, make_town
from .write import write_town

__all__ = ["Activity", "EventChunk", "Town", "make_activity", "make_town", "write_town"]
