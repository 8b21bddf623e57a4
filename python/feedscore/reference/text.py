"""What the text of posts says, in plain Python: the specification, and the oracle of the Rust kernels.

Definitions: docs/algorithms.md, "Content features". One text at a time; clear before fast.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..feed_settings import ContentSettings
from ..text import LANGUAGE_NOT_TOLD, MAX_CHARACTERS, MAX_KEYWORDS, TermFrequencies
from ..text_lexicon import StopWords

WHITE_SPACE = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
ADDRESS = re.compile(r"https?://|www\.")


@dataclass(frozen=True)
class TextTold:
    """What one text says."""

    keywords: list[str]
    language: int
    """Place in the languages of the stop words; -1 = not told."""
    letters: int


def composed(text: str) -> str:
    """Give the first characters in form NFKC, in lower case, without invisible ones."""
    seen = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS])
    return "".join(c for c in _lower(seen) if unicodedata.category(c) != "Cf")


def bare(text: str) -> str:
    """Give the same in form NFKD and without marks."""
    seen = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS])
    return "".join(c for c in _lower(seen) if unicodedata.category(c) != "Cf" and not _is_mark(c))


def chunks(text: str) -> list[str]:
    """Cut at white space, and cut the addresses of pages off."""
    return [ADDRESS.split(chunk, maxsplit=1)[0] for chunk in WHITE_SPACE.split(text)]


def words(text: str) -> list[str]:
    """Give the words of a text: letters, and marks and digits behind them; no numbers, mentions, addresses."""
    found: list[str] = []
    for chunk in chunks(composed(text)):
        if "@" not in chunk:
            found += [run for run in _runs(chunk) if _is_letter(run[0])]
    return found


def is_term(word: str) -> bool:
    """Tell whether a word can be a keyword: 3 to 32 characters, or 2 where it is not of ASCII."""
    return 2 <= len(word) <= 32 and (len(word) > 2 or not word.isascii())


def term_frequencies(texts: Iterable[str], limit: int) -> TermFrequencies:
    """Count the texts that have each term; keep those of the most texts, ties by term."""
    counts: Counter[str] = Counter()
    posts = 0
    for text in texts:
        posts += 1
        counts.update({word for word in words(text) if is_term(word)})
    kept = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]
    return TermFrequencies(posts, dict(kept))


def tell_text(
    text: str, frequencies: TermFrequencies, stops: StopWords, settings: ContentSettings
) -> TextTold:
    """Tell language, keywords and letters of one text."""
    found = words(text)
    times = Counter(found)
    language = _language(times, stops, settings)
    return TextTold(
        keywords=_keywords(times, language, frequencies, stops, settings),
        language=language,
        letters=sum(map(len, found)),
    )


def _language(times: Counter[str], stops: StopWords, settings: ContentSettings) -> int:
    votes = [0.0] * len(stops.languages)
    for word in sorted(times):
        bits = stops.words.get(word, 0)
        for place in range(len(votes)):
            if bits >> place & 1:
                votes[place] += times[word] / bits.bit_count()
    if not votes:
        return LANGUAGE_NOT_TOLD
    best, *others = sorted(votes, reverse=True)
    told = best >= settings.language_votes and best >= settings.language_lead * max([*others, 0.0])
    return votes.index(best) if told else LANGUAGE_NOT_TOLD


def _keywords(
    times: Counter[str],
    language: int,
    frequencies: TermFrequencies,
    stops: StopWords,
    settings: ContentSettings,
) -> list[str]:
    mask = -1 if language == LANGUAGE_NOT_TOLD else 1 << language
    n, weights = frequencies.posts, {}
    for word, count in times.items():
        posts = frequencies.counts.get(word, 0)
        is_shared = max(posts, 1) >= settings.keyword_share * n
        if is_shared and is_term(word) and not stops.words.get(word, 0) & mask:
            weights[word] = (1.0 + math.log(count)) * (math.log((1.0 + n) / (1.0 + posts)) + 1.0)
    return sorted(weights, key=lambda word: (-weights[word], word))[:MAX_KEYWORDS]


def _runs(chunk: str) -> Iterator[str]:
    run = ""
    for c in [*chunk, " "]:
        if _is_letter(c) or _is_digit(c) or (run and _is_mark(c)):
            run += c
        elif run:
            yield run
            run = ""


def _lower(text: str) -> str:
    """Lower each character by itself, whatever stands beside it."""
    return "".join(c.lower() for c in text)


def _is_letter(c: str) -> bool:
    return unicodedata.category(c)[0] == "L"


def _is_mark(c: str) -> bool:
    return unicodedata.category(c)[0] == "M"


def _is_digit(c: str) -> bool:
    return unicodedata.category(c) == "Nd"


def probability(found: Iterable[int], weights: Sequence[float], share: float) -> np.float32:
    """Put the weights of entries together, each once: the strongest in full, of the others a share."""
    told = [weights[entry] for entry in sorted(set(found))]
    if not told:
        return np.float32(0)
    strongest, none = told.index(max(told)), 1.0
    for place, weight in enumerate(told):
        none *= 1.0 - (weight if place == strongest else share * weight)
    return np.float32(1.0 - none)
