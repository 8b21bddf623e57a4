"""The parts of content features that need an optional package: without it their columns stay NULL."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedscore import Texts
from feedscore.population import Bool, Float32

SENTIMENT_LANGUAGE = "en"
SENTIMENT_CHARACTERS = 2_000


class Extra(IntFlag):
    """Optional parts, as feed.content_feature.extras counts them."""

    NONE = 0
    SENTIMENT = 1


PACKAGES = {Extra.SENTIMENT: ("vaderSentiment", "text")}
"""The module each part needs, and the extra of this distribution that brings it."""


@dataclass(frozen=True)
class Extras:
    """The parts that are here, ready to use."""

    here: Extra
    missing: str
    """What to tell of those that are not; empty where all are."""
    analyser: Any = None  # Any: vaderSentiment has no types

    def sentiment(
        self, texts: Texts, languages: NDArray[np.int8], names: tuple[str, ...]
    ) -> tuple[Float32, Bool]:
        """Give the sentiment in [-1, 1] of each text and where it is known: of English texts alone, (n,) each."""
        scores = np.zeros(len(texts), np.float32)
        if not self.here & Extra.SENTIMENT or SENTIMENT_LANGUAGE not in names:
            return scores, np.zeros(len(texts), np.bool_)
        known = np.asarray(languages == names.index(SENTIMENT_LANGUAGE))
        data = texts.data.tobytes()
        for row in np.flatnonzero(known).tolist():
            text = data[texts.offsets[row] : texts.offsets[row + 1]].decode("utf-8")
            scores[row] = self.analyser.polarity_scores(text[:SENTIMENT_CHARACTERS])["compound"]
        return scores, known


def load_extras() -> Extras:
    """Load the parts whose packages are installed."""
    here, absent = Extra.NONE, []
    for extra, (module, bundle) in PACKAGES.items():
        if find_spec(module):
            here |= extra
        else:
            absent.append(f"{str(extra.name).lower()} needs feedscore[{bundle}]")
    analyser = None
    if here & Extra.SENTIMENT:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415 -- an extra

        analyser = SentimentIntensityAnalyzer()
    return Extras(here, "; ".join(absent), analyser)
