"""The word lists that ship with the package: stop words, and what is not safe for work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from .population import Float64, Int32

STOP_WORDS_VERSION = "1"
LEXICON_VERSION = "1"
MIN_MASKED_LETTERS = 4
"""Shorter words are not looked for behind stars: too much else could stand there."""


@dataclass(frozen=True, eq=False)
class StopWords:
    """Words that carry no topic, of several languages."""

    languages: tuple[str, ...]
    """ISO 639-1 codes, ascending; at most 32."""
    words: dict[str, int]
    """Word -> a bit for each language that has it, that of `languages[0]` lowest."""


@dataclass(frozen=True, eq=False)
class Lexicon:
    """What to look for, as whole words."""

    version: str
    patterns: tuple[str, ...]
    """Bare letters in lower case, words between single spaces, each once."""
    entries: Int32
    """(patterns,) the entry that each pattern spells."""
    weights: Float64
    """(entries,) from 0 to below 1; 0 = innocent, hides what it covers."""


@cache
def stop_words() -> StopWords:
    """Read the stop words of the package."""
    told = {language: words.split() for language, words in _rows(f"stop_words_v{STOP_WORDS_VERSION}.tsv")}
    languages = tuple(sorted(told))
    bits: dict[str, int] = {}
    for place, language in enumerate(languages):
        for word in told[language]:
            bits[word] = bits.get(word, 0) | 1 << place
    return StopWords(languages, bits)


@cache
def nsfw_lexicon() -> Lexicon:
    """Read the lexicon of the package, with all spellings of its entries."""
    entry_of: dict[str, int] = {}
    weights: list[float] = []
    for row in _rows(f"nsfw_lexicon_v{LEXICON_VERSION}.tsv"):
        weight, word, endings, masked = (*row, "", "")[:4]
        entry = len(weights)
        weights.append(float(weight))
        for pattern in _spellings(word, endings.split(",") if endings else [], masked=masked == "*"):
            entry_of.setdefault(pattern, entry)
    return Lexicon(
        LEXICON_VERSION, tuple(entry_of), np.array(list(entry_of.values()), np.int32), np.array(weights)
    )


def _spellings(word: str, endings: list[str], *, masked: bool) -> Iterator[str]:
    stems = [word, *_masks(word)] if masked else [word]
    for ending in ["", *endings]:
        for stem in stems:
            yield stem + ending


def _masks(word: str) -> Iterator[str]:
    """Hide each inner letter by a star, and then all."""
    if len(word) >= MIN_MASKED_LETTERS:
        for place in range(1, len(word) - 1):
            yield f"{word[:place]}*{word[place + 1 :]}"
        yield word[0] + "*" * (len(word) - 2) + word[-1]


def _rows(name: str) -> Iterator[list[str]]:
    text = (files("feedscore.text_data") / name).read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")
