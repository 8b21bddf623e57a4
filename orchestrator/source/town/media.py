"""The pictures and films of posts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedscore.population import Int32, Int64

from .posts import CONTENT_TYPES, TownPosts
from .streams import Part, stream

MIME_TYPES = ("image/jpeg", "image/png", "image/webp", "video/mp4")
ENDINGS = ("jpg", "png", "webp", "mp4")
IMAGE_SHARES = (0.8, 0.12, 0.08)
FILM = 3
MOST_PHOTOS = 6
WITH_TEXT = 0.1
"""Share of texts and polls that carry a picture."""
MIME_UNKNOWN, SIZE_UNKNOWN = 0.03, 0.05
MEDIAN_BYTES = (400_000.0, 9_000_000.0)
"""Of a picture, of a film."""


@dataclass(frozen=True, eq=False)
class Media:
    """The files of some posts."""

    count: Int32
    """(n,) files of each post."""
    post: Int64
    """(m,) row of the post of each file."""
    place: Int64
    """(m,) 1, 2, ... within the post."""
    form: Int64
    """(m,) place in MIME_TYPES and ENDINGS."""
    mime_type: Int64
    """(m,) the same, -1 = NULL."""
    bytes: Int64
    """(m,) -1 = NULL."""

    def __len__(self) -> int:
        return len(self.post)

    def uris(self) -> list[str]:
        """Name the files, by paths below a folder for uploads."""
        return [
            f"uploads/{post // 1_000}/{post + 1}-{place}.{ENDINGS[form]}"
            for post, place, form in zip(
                self.post.tolist(), self.place.tolist(), self.form.tolist(), strict=True
            )
        ]


def make_media(posts: TownPosts, rows: slice, seed: int) -> Media:
    """Give photo posts one to six pictures, films one film, and a few others a picture."""
    random = stream(seed, Part.MEDIA, rows.start + 1)
    kind = posts.content_type[rows]
    n = len(kind)
    photos = np.minimum(random.geometric(0.6, n), MOST_PHOTOS)
    others = (random.random(n) < WITH_TEXT).astype(np.int64)
    is_film = kind == CONTENT_TYPES.index("video")
    count = np.where(is_film, 1, np.where(kind == CONTENT_TYPES.index("photo"), photos, others))
    post = np.repeat(np.arange(n), count)
    place = np.arange(len(post)) - np.repeat(np.cumsum(count) - count, count) + 1
    form = random.choice(len(IMAGE_SHARES), len(post), p=IMAGE_SHARES)
    form = np.where(is_film[post], FILM, form).astype(np.int64)
    median = np.where(form == FILM, MEDIAN_BYTES[1], MEDIAN_BYTES[0])
    size = np.floor(median * random.lognormal(0.0, 0.8, len(post))).astype(np.int64)
    size[random.random(len(post)) < SIZE_UNKNOWN] = -1
    mime_type = np.where(random.random(len(post)) < MIME_UNKNOWN, -1, form)
    return Media(count.astype(np.int32), rows.start + post, place, form, mime_type, size)
