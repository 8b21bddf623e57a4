"""FAISS IndexFlatIP: the 200 largest cosines of the quiz vectors alone, without filters: much less."""

from __future__ import annotations

import faiss
import numpy as np

from feedscore import Population

from .columns import K

SAMPLE = 200
SAME = 1e-5


def faiss_flat(population: Population) -> tuple[np.ndarray, np.ndarray]:
    """Search everybody's quiz vector among all: positions and cosines, (n, K)."""
    index = faiss.IndexFlatIP(population.traits.shape[1])
    index.add(population.traits)
    cosines, positions = index.search(population.traits, K)
    return positions, cosines


def check_faiss(population: Population, positions: np.ndarray, cosines: np.ndarray, seed: int = 1) -> None:
    """Compare a sample with NumPy's top 200 of the same cosines; AssertionError tells how far off."""
    rows = np.random.default_rng(seed).choice(len(population), min(SAMPLE, len(population)), replace=False)
    every = population.traits[rows] @ population.traits.T
    expected = -np.sort(np.partition(-every, K, axis=1)[:, :K], axis=1)
    off = np.abs(expected - cosines[rows]).max()
    assert off <= SAME, f"FAISS: cosines differ by up to {off}"
    named = np.abs(np.take_along_axis(every, positions[rows], 1) - cosines[rows]).max()
    assert named <= SAME, f"FAISS: positions and cosines disagree by up to {named}"
