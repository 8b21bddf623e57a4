"""The analyser that asks nobody: counts, lengths, words and an English sentiment, and no claim beyond them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feedscore import TermFrequencies, TextModel, Texts

from ...settings import Settings
from ..sentiment import LANGUAGE, Sentiment, load_sentiment
from .analyser import Analysis, Lengths, Message, Request, Rhythm

VERSION = "1"
MOST_TOPICS = 8
MESSAGES_OF_A_TOPIC = 2
"""A word that is outstanding in one message alone is a word, and no topic."""
MESSAGES_WITH_SENTIMENT = 100
"""Of the newest so many messages the sentiment is told."""


@dataclass(frozen=True)
class LocalAnalyser:
    """Statistics of one's own messages."""

    model: TextModel
    sentiment: Sentiment | None
    is_remote: bool = False

    @property
    def name(self) -> str:
        """Without the extra `text` it is another one: what it made is made anew once the extra is there."""
        return f"local {VERSION}" if self.sentiment else f"local {VERSION} without sentiment"

    def most(self, request: Request) -> float:
        """Tell that it costs nothing."""
        del request
        return 0.0

    def analyse(self, request: Request) -> Analysis:
        """Count, measure, and pick out words."""
        messages = request.messages
        written = [message.text for message in messages if message.text.strip()]
        language = self._language(written)
        return Analysis(
            topics=self._topics(written),
            sentiment=self._mean_sentiment(written) if language == LANGUAGE else None,
            language=language,
            rhythm=rhythm(messages),
            lengths=lengths(written),
        )

    def _language(self, texts: Sequence[str]) -> str | None:
        """Tell the language of the newest texts together: one message alone is too short for it."""
        told = self.model.analyse(Texts.of(["\n".join(reversed(texts))]), threads=1).languages[0]
        return self.model.languages[told] if told >= 0 else None

    def _topics(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Give the words that are keywords of the most messages; ties by the word."""
        found = Counter(self.model.analyse(Texts.of(texts), threads=1).keywords)
        several = [word for word, messages in found.items() if messages >= MESSAGES_OF_A_TOPIC]
        return tuple(sorted(several, key=lambda word: (-found[word], word))[:MOST_TOPICS])

    def _mean_sentiment(self, texts: Sequence[str]) -> float | None:
        if not self.sentiment or not texts:
            return None
        told = [self.sentiment(text) for text in texts[-MESSAGES_WITH_SENTIMENT:]]
        return round(sum(told) / len(told), 4)


def rhythm(messages: Sequence[Message]) -> Rhythm:
    """Count messages by hour, weekday and day, in UTC."""
    hours = Counter(message.sent_at.hour for message in messages)
    weekdays = Counter(message.sent_at.weekday() for message in messages)
    return Rhythm(
        by_hour=tuple(hours[hour] for hour in range(24)),
        by_weekday=tuple(weekdays[day] for day in range(7)),
        days=len({message.sent_at.date() for message in messages}),
    )


def lengths(texts: Sequence[str]) -> Lengths | None:
    """Measure texts in characters; None where there are none."""
    if not texts:
        return None
    sizes = np.array([len(text) for text in texts], np.float64)
    median, ninth = np.quantile(sizes, (0.5, 0.9)).round(1).tolist()
    return Lengths(len(texts), round(float(sizes.mean()), 1), median, ninth)


def make_local(settings: Settings, common_words: TermFrequencies) -> LocalAnalyser:
    """Make the analyser; words are measured by how common they are in posts."""
    return LocalAnalyser(TextModel(common_words, settings.content), load_sentiment())
