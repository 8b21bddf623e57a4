"""What the text of posts says: keywords, language, letters, and how likely it is that it is not safe for work.

Definitions: docs/algorithms.md, "Content features"; in plain Python: `feedscore.reference.text`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from . import _native
from .arrays import check_array, check_threads
from .feed_settings import ContentSettings
from .population import Float32, Int32, Int64, UInt8
from .text_lexicon import Lexicon, StopWords, nsfw_lexicon, stop_words

MAX_CHARACTERS = 10_000
"""Characters of a text that are looked at; what follows is ignored."""
MAX_KEYWORDS = 8
LANGUAGE_NOT_TOLD = -1


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts laid end to end: text i is `data[offsets[i]:offsets[i + 1]]`, in UTF-8."""

    data: UInt8
    offsets: Int64
    """One more than there are texts, ascending."""

    def __post_init__(self) -> None:
        check_array("data", self.data, np.uint8)
        check_array("offsets", self.offsets, np.int64)

    def __len__(self) -> int:
        """How many texts there are."""
        return max(len(self.offsets) - 1, 0)

    @classmethod
    def of(cls, texts: Sequence[str | None]) -> Texts:
        """Lay texts end to end; None is an empty one, and half a surrogate pair is dropped."""
        encoded = [(text or "").encode("utf-8", "ignore") for text in texts]
        offsets = np.concatenate([[0], np.cumsum([len(text) for text in encoded])]).astype(np.int64)
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets)


@dataclass(frozen=True)
class TermFrequencies:
    """In how many posts of a corpus each term stands."""

    posts: int
    counts: Mapping[str, int] = field(default_factory=dict)
    """Term -> posts that have it; a term that is missing is taken to be new."""


class TermCounter:
    """Counts the posts of a corpus that have each term, in chunks of any size.

    Holds at most 2 million terms: beyond that, those of the fewest posts are dropped until half are left.
    """

    def __init__(self) -> None:
        self._native = _native.TermCounter()

    @property
    def posts(self) -> int:
        """Posts counted so far."""
        return self._native.posts

    def add(self, texts: Texts) -> None:
        """Count more posts; raises ValueError where a text is no UTF-8 or offsets are wrong."""
        self._native.add(texts.data, texts.offsets)

    def frequencies(self, limit: int) -> TermFrequencies:
        """Give the terms of the most posts, at most `limit`, the most frequent first; ties by term."""
        if limit < 0:
            raise ValueError(f"limit is {limit}, must be 0 or more")
        return TermFrequencies(self.posts, dict(self._native.most_frequent(limit)))


@dataclass(frozen=True, eq=False)
class TextFeatures:
    """What n texts say, one row a text, in their order."""

    keyword_offsets: Int64
    """(n + 1,)"""
    keywords: list[str]
    """The keywords of text i stand at `keyword_offsets[i]:keyword_offsets[i + 1]`, strongest first."""
    languages: NDArray[np.int8]
    """(n,) places in `TextModel.languages`; -1 = not told."""
    letters: Int32
    """(n,) characters of all words: no addresses, numbers, signs or emoji."""
    nsfw: Float32
    """(n,) probability, in [0, 1]."""

    def __len__(self) -> int:
        return len(self.letters)

    def keywords_of(self, row: int) -> list[str]:
        """Give the keywords of one text."""
        return self.keywords[self.keyword_offsets[row] : self.keyword_offsets[row + 1]]


class TextModel:
    """Stop words, frequencies of a corpus and a lexicon, prepared for looking at posts."""

    def __init__(
        self,
        frequencies: TermFrequencies,
        settings: ContentSettings | None = None,
        *,
        stops: StopWords | None = None,
        lexicon: Lexicon | None = None,
    ) -> None:
        """Prepare; the word lists are those of the package unless others are given."""
        settings, stops, lexicon = (
            settings or ContentSettings(),
            stops or stop_words(),
            lexicon or nsfw_lexicon(),
        )
        if len(stops.languages) > 32:
            raise ValueError(f"stops has {len(stops.languages)} languages, at most 32 are possible")
        self.languages = stops.languages
        """ISO 639-1 codes that a language can be told as."""
        self._native = _native.TextModel(
            list(stops.words.items()),
            len(stops.languages),
            list(frequencies.counts.items()),
            frequencies.posts,
            (list(lexicon.patterns), lexicon.entries.tolist(), lexicon.weights.tolist()),
            (settings.language_votes, settings.language_lead, settings.keyword_share, settings.nsfw_letters),
        )

    def analyse(
        self, texts: Texts, *, threads: int = 0, progress: Callable[[int], object] | None = None
    ) -> TextFeatures:
        """Look at texts; each is told by itself, so the same text gives the same bits in any company.

        `threads` 0 = all cores. `progress` is called now and then with the texts done; what it raises ends
        the work. Raises ValueError where a text is no UTF-8 or offsets are wrong.
        """
        told = self._native.analyse(texts.data, texts.offsets, check_threads(threads), progress)
        keywords, counts, languages, letters, nsfw = told
        starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        return TextFeatures(starts, keywords, languages, letters, nsfw)
