"""Kernels for social and dating feeds: exact top-K match scoring, as a Rust extension with a NumPy reference."""

from . import facts, reference
from .matching import MatchIndex, simd_paths
from .pgcopy import Column, Decoder, encode_rows, fingerprint_rows
from .population import MatchLists, MatchSettings, Population

__all__ = [
    "Column",
    "Decoder",
    "MatchIndex",
    "MatchLists",
    "MatchSettings",
    "Population",
    "encode_rows",
    "facts",
    "fingerprint_rows",
    "reference",
    "simd_paths",
]
