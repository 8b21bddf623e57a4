"""The sentiment of English texts, by VADER: the extra `text`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

MODULE = "vaderSentiment"
LANGUAGE = "en"
MOST_CHARACTERS = 2_000
"""Of each text the beginning: VADER's time grows with the square of the words."""

Sentiment = Callable[[str], float]


def load_sentiment() -> Sentiment | None:
    """Give the function from an English text to [-1, 1]; None where the extra `text` is not installed."""
    if not find_spec(MODULE):
        return None
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415 -- an extra

    analyser = SentimentIntensityAnalyzer()

    def sentiment(text: str) -> float:
        return float(analyser.polarity_scores(text[:MOST_CHARACTERS])["compound"])

    return sentiment
