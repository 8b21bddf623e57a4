"""The texts of posts: sentences on their topics, and the odd ones."""

from __future__ import annotations

import numpy as np

from .phrases import (
    ADJECTIVES,
    EMOJI,
    ENGLISH,
    GERMAN,
    INNOCENT,
    RUDE,
    SHORT,
    SPANISH,
    SUBJECT_WORDS,
)
from .posts import Manner, TownPosts
from .streams import Part, stream

MOST_SENTENCES = 5
SENTENCES_OF_LONG = (400, 1_000)
ANYTHING = "something new"
Draw = tuple[int, int, int, int]
"""Four numbers from 0 to 65,535 that a sentence is worded by."""
VOICES = {Manner.GERMAN: GERMAN, Manner.SPANISH: SPANISH}
FIXED = {Manner.EMOJI: EMOJI, Manner.SHORT: SHORT, Manner.RUDE: RUDE, Manner.INNOCENT: INNOCENT}


def bodies(posts: TownPosts, rows: slice, seed: int) -> list[str | None]:
    """Write the texts of some posts; the same rows must be asked for to get the same texts."""
    random = stream(seed, Part.BODIES, rows.start + 1)
    count = len(posts.author[rows])
    catalogue = posts.catalogue
    names = [name if name.isupper() else name[:1].lower() + name[1:] for name in catalogue.name]
    words = [SUBJECT_WORDS[catalogue.subjects[subject]].split() for subject in catalogue.subject.tolist()]
    general = [word for spelled in SUBJECT_WORDS.values() for word in spelled.split()]
    sentences = np.minimum(random.geometric(0.45, count), MOST_SENTENCES).tolist()
    draws = random.integers(0, 1 << 16, (count, MOST_SENTENCES, 4)).tolist()
    written: list[str | None] = []
    for manner, topic, many, drawn in zip(
        posts.manner[rows].tolist(), posts.topics[rows, 0].tolist(), sentences, draws, strict=True
    ):
        name, nouns = (names[topic], words[topic]) if topic >= 0 else (ANYTHING, general)
        if manner == Manner.NOTHING:
            written.append(None)
        elif manner in FIXED:
            choice = FIXED[Manner(manner)]
            written.append(choice[drawn[0][0] % len(choice)])
        elif manner == Manner.LONG:
            length = int(random.integers(*SENTENCES_OF_LONG))
            more = random.integers(0, 1 << 16, (length, 4)).tolist()
            written.append(" ".join(_sentence(ENGLISH, name, nouns, each) for each in more))
        else:
            voice = VOICES.get(Manner(manner), ENGLISH)
            written.append(" ".join(_sentence(voice, name, nouns, each) for each in drawn[:many]))
    return written


def _sentence(voice: tuple[str, ...], topic: str, nouns: list[str], drawn: Draw) -> str:
    kind, noun, other, adjective = drawn
    return voice[kind % len(voice)].format(
        topic=topic,
        noun=nouns[noun % len(nouns)],
        other=nouns[other % len(nouns)],
        adjective=ADJECTIVES[adjective % len(ADJECTIVES)],
    )
