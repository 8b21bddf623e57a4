"""Kernels for social and dating feeds: exact top-K match scoring, as a Rust extension with a NumPy reference."""

from . import facts, reference
from .matching import MatchIndex
from .population import MatchLists, MatchSettings, Population

__all__ = ["MatchIndex", "MatchLists", "MatchSettings", "Population", "facts", "reference"]
