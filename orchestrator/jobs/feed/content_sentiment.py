"""The sentiment of posts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from feedscore import Texts
from feedscore.population import Bool, Float32

from ..sentiment import LANGUAGE, MOST_CHARACTERS, Sentiment
from .content_texts import text_of


def sentiment_of(
    texts: Texts, languages: NDArray[np.int8], names: tuple[str, ...], sentiment: Sentiment | None
) -> tuple[Float32, Bool]:
    """Give the sentiment in [-1, 1] of each text and where it is known: of English texts alone, (n,) each."""
    scores, known = np.zeros(len(texts), np.float32), np.zeros(len(texts), np.bool_)
    if sentiment is None or LANGUAGE not in names:
        return scores, known
    known = np.asarray(languages == names.index(LANGUAGE))
    for row in np.flatnonzero(known).tolist():
        scores[row] = sentiment(text_of(texts, row, MOST_CHARACTERS))
    return scores, known
