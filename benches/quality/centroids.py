"""Which class a document is of, by the words it has: the nearest centroid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feedscore.population import Float64, Int64

Documents = Sequence[Sequence[str]]


class Centroids:
    """Each class as the mean of its documents, words weighted by how rare they are, cut to unit length."""

    def __init__(self, documents: Documents, label: Int64, classes: int) -> None:
        words = sorted({word for document in documents for word in document})
        self._place = {word: place for place, word in enumerate(words)}
        posts = np.zeros(len(words))
        for document in documents:
            posts[self._rows(document)] += 1
        self._rarity = np.log((1 + len(documents)) / (1 + posts)) + 1
        self._means = np.zeros((classes, len(words)))
        for document, kind in zip(documents, label.tolist(), strict=True):
            rows = self._rows(document)
            if len(rows):
                self._means[kind, rows] += self._unit(rows)
        lengths = np.linalg.norm(self._means, axis=1, keepdims=True)
        self._means /= np.where(lengths > 0, lengths, 1)

    def nearest(self, documents: Documents) -> Int64:
        """Name the class of the largest cosine for each document; -1 where no word is known."""
        found = np.full(len(documents), -1, np.int64)
        for place, document in enumerate(documents):
            rows = self._rows(document)
            if len(rows):
                found[place] = np.argmax(self._means[:, rows] @ self._unit(rows))
        return found

    def _rows(self, document: Sequence[str]) -> Int64:
        return np.array(sorted({self._place[word] for word in document if word in self._place}), np.int64)

    def _unit(self, rows: Int64) -> Float64:
        weights = self._rarity[rows]
        return np.asarray(weights / np.linalg.norm(weights))
