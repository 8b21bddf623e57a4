"""How common words are in posts, as content-features has counted it; nothing is counted here."""

from __future__ import annotations

import psycopg

from feedscore import TermFrequencies

STORED = "SELECT posts, terms, counts FROM feed.term_frequency"


def fetch_common_words(connection: psycopg.Connection) -> TermFrequencies:
    """Read the frequencies; where there are none yet, every word counts as new."""
    row = connection.execute(STORED).fetchone()
    if not row:
        return TermFrequencies(0)
    posts, terms, counts = row
    return TermFrequencies(int(posts), dict(zip(terms, counts, strict=True)))
