"""One text out of a column of texts."""

from __future__ import annotations

from feedscore import Texts


def text_of(texts: Texts, row: int, characters: int) -> str:
    """Give the first `characters` of the text in a row."""
    start = int(texts.offsets[row])
    # UTF-8 takes at most four bytes a character; a character cut in two at the end is beyond what is wanted.
    stop = min(int(texts.offsets[row + 1]), start + 4 * characters)
    return bytes(texts.data[start:stop]).decode("utf-8", errors="ignore")[:characters]
