"""How likely a text is not safe for work, by whole words of a lexicon, in plain Python: the oracle of the Rust matcher."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable

import numpy as np

from ..feed_settings import ContentSettings
from ..text_lexicon import Lexicon
from .text import bare, chunks, probability, words

LETTER_FOR = {"0": "o", "3": "e", "4": "a", "@": "a", "5": "s", "$": "s", "7": "t", "8": "b", "9": "g"}
JOINED = range(3, 21)


def nsfw_probability(text: str, lexicon: Lexicon, settings: ContentSettings) -> np.float32:
    """Look for each pattern as whole words in each way to read the text."""
    hits: list[int] = []
    for line in readings(text):
        told = f" {' '.join(line)} "
        spans = [
            (match.start(), match.start() + len(pattern) + 2, int(entry))
            for pattern, entry in zip(lexicon.patterns, lexicon.entries, strict=True)
            for match in re.finditer(f"(?={re.escape(f' {pattern} ')})", told)
        ]
        innocent = [(start, end) for start, end, entry in spans if lexicon.weights[entry] == 0]
        hits += [
            entry
            for start, end, entry in spans
            if lexicon.weights[entry] > 0 and not any(a <= start and end <= b for a, b in innocent)
        ]
    letters = sum(map(len, words(text)))
    share = min(settings.nsfw_letters / max(letters, 1), 1.0)
    return probability(hits, lexicon.weights.tolist(), share)


def readings(text: str) -> list[list[str]]:
    """Give the lines of words that a text can be read as.

    As it stands; with letters for digits and signs, 1 as i or l, repeated letters once or twice; and each
    word that is put together from pieces or spaced letters.
    """
    plain: list[str] = []
    forms: tuple[list[str], list[str]] = ([], [])
    joined: list[str] = []
    spaced: list[str] = []
    is_altered = False
    for chunk in chunks(bare(text)):
        plain += _split(chunk, _is_plain)
        for run in _signed(chunk, "@$!*"):
            if _has_other_reading(run):
                is_altered = True
                forms[0].append(form(run, "i", 1))
                forms[1].append(form(run, "l", 2))
            else:
                for line in forms:
                    line.extend(_split(run, _is_plain))
        pieces = _signed(chunk, "@$!")
        sizes = [len(piece) for piece in pieces]
        if len(pieces) > 1 and (max(sizes) <= 2 or min(sizes) == 1):
            joined += _put_together("".join(pieces))
        if sizes == [1]:
            spaced += pieces
        elif pieces:
            joined += _put_together("".join(spaced))
            spaced = []
    joined += _put_together("".join(spaced))
    return [plain, *(forms if is_altered else ()), *([word] for word in joined)]


def form(run: str, one: str, kept: int) -> str:
    """Write letters for digits and signs, and three or more of one letter in a row `kept` times."""
    letters = "".join(one if c in "1!" else LETTER_FOR.get(c, c) for c in run)
    groups = ((c, len(list(same))) for c, same in itertools.groupby(letters))
    return "".join(c * (kept if size > 2 and _is_letter(c) else size) for c, size in groups)


def _put_together(letters: str) -> list[str]:
    fits = len(letters) in JOINED and any(map(_is_letter, letters))
    return [form(letters, "i", 1)] if fits else []


def _has_other_reading(run: str) -> bool:
    repeated = any(len(list(same)) > 2 and _is_letter(c) for c, same in itertools.groupby(run))
    return any(map(_is_letter, run)) and (repeated or any(c in "1!*" or c in LETTER_FOR for c in run))


def _signed(chunk: str, signs: str) -> list[str]:
    """Give the runs of letters, digits and signs, without ! and * at the ends, and @ at the end."""
    runs = _split(chunk, lambda c: c in signs or _is_plain(c))
    return [run for run in (run.lstrip("!*").rstrip("!*@") for run in runs) if run]


def _split(chunk: str, belongs: Callable[[str], bool]) -> list[str]:
    grouped: Iterable[tuple[bool, Iterable[str]]] = itertools.groupby(chunk, belongs)
    return ["".join(run) for is_run, run in grouped if is_run]


def _is_plain(c: str) -> bool:
    return _is_letter(c) or unicodedata.category(c) == "Nd"


def _is_letter(c: str) -> bool:
    return unicodedata.category(c)[0] == "L"
