"""The sentiment of English texts, by VADER: the extra `text`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from feedscore import Texts
from feedscore.population import Bool, Float32

from .content_texts import text_of

LANGUAGE = "en"
CHARACTERS = 2_000
"""Of each text the beginning: VADER's time grows with the square of the words."""


class Sentiment:
    """VADER, loaded."""

    def __init__(self) -> None:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415 -- an extra

        self._analyser = SentimentIntensityAnalyzer()

    def of(self, texts: Texts, languages: NDArray[np.int8], names: tuple[str, ...]) -> tuple[Float32, Bool]:
        """Give the sentiment in [-1, 1] of each text and where it is known: of English texts alone, (n,) each."""
        scores = np.zeros(len(texts), np.float32)
        if LANGUAGE not in names:
            return scores, np.zeros(len(texts), np.bool_)
        known = np.asarray(languages == names.index(LANGUAGE))
        for row in np.flatnonzero(known).tolist():
            scores[row] = self._analyser.polarity_scores(text_of(texts, row, CHARACTERS))["compound"]
        return scores, known
