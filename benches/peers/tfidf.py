"""Keywords by scikit-learn's TfidfVectorizer, told to weigh and cut as ours does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

WORD = r"(?u)\b[^\W\d_][^\W_]{2,31}\b"
"""Three to 32 letters and digits, a letter first: our words, as far as texts are of ASCII."""


def tfidf_keywords(
    texts: Sequence[str], stop_words: Sequence[str], min_posts: int, keep: int
) -> list[list[tuple[str, float]]]:
    """Give the best words of each text with their weights, the best first, ties by the word."""
    vectorizer = TfidfVectorizer(
        sublinear_tf=True,
        norm=None,
        stop_words=list(stop_words),
        token_pattern=WORD,
        min_df=min_posts,
    )
    weights = vectorizer.fit_transform(texts)
    names = vectorizer.get_feature_names_out()
    found = []
    for start, stop in zip(weights.indptr[:-1], weights.indptr[1:], strict=True):
        columns, values = weights.indices[start:stop], weights.data[start:stop]
        # Names ascend with their columns, so a tie by column is a tie by word.
        best = np.lexsort((columns, -values))[:keep]
        found.append(
            [
                (str(names[column]), float(value))
                for column, value in zip(columns[best], values[best], strict=True)
            ]
        )
    return found
