"""What people write about themselves: their work, their city, and something about an interest of theirs."""

from __future__ import annotations

import numpy as np

from .make import Town
from .people import EMPTY, NO_BIO
from .words import ABOUT, WORK


def bios(town: Town) -> list[str | None]:
    """Write everybody's bio; None where there is none."""
    interests, catalogue = town.interests, town.interests.catalogue
    names = [name if name.isupper() else name[:1].lower() + name[1:] for name in catalogue.name]
    sizes = np.diff(interests.offsets)
    # The middle one of a person's interests: some everyday one, the same each time.
    middle = np.minimum(interests.offsets[:-1] + sizes // 2, max(len(interests.codes) - 1, 0))
    favourite = interests.codes[middle] if len(interests.codes) else np.zeros(len(town), np.uint16)
    return [
        _bio(work, about, city, names[interest] if size else None)
        for work, about, city, interest, size in zip(
            town.people.work.tolist(),
            town.people.about.tolist(),
            [town.cities.name[city] for city in town.places.city.tolist()],
            favourite.tolist(),
            sizes.tolist(),
            strict=True,
        )
    ]


def _bio(work: int, about: int, city: str, interest: str | None) -> str | None:
    if about == NO_BIO:
        return None
    if about == EMPTY:
        return ""
    phrase = ABOUT[about]
    if "{interest}" in phrase:
        phrase = phrase.format(interest=interest) if interest else "Ask me anything."
    return f"{WORK[work]} in {city}. {phrase}"
