"""Kernels for social and dating feeds: exact top-K match scoring, as a Rust extension with a NumPy reference."""

from .population import MatchLists, MatchSettings, Population

__all__ = ["MatchLists", "MatchSettings", "Population"]
