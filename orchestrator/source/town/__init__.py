"""The synthetic town: believable people, all made up, for an application that has none yet."""

from .make import Town, make_town
from .write import write_town

__all__ = ["Town", "make_town", "write_town"]
