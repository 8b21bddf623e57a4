"""The corpus of the benches of feeds: posts and events of the town in memory, and pairs of people who are kept apart.

Corpus: `orchestrator town`, seed 1, 200 events and 2 posts a person in the 90 days before NOW. Events are kept in the
system's temporary folder, a file a column, under a name that changes with the code that makes them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np

from feedscore import PostEvents, Posts
from feedscore.population import Int64
from orchestrator.source.town.activity import Activity, make_activity

from .populations import NOW, SEED, corpus_code

EVENTS_PER_PERSON = 200
PAIRS_PER_EVENT = 1 / 400
"""One exclusion for each two people."""


@dataclass(frozen=True, eq=False)
class Feed:
    """All that people did with the posts, in the order in which it arrived."""

    posts: Posts
    events: PostEvents
    excluded_users: Int64
    excluded_creators: Int64
    as_of: np.datetime64


def activity(events: int) -> Activity:
    """Make the town that has so many events."""
    people = max(50, events // EVENTS_PER_PERSON)
    return make_activity(people=people, seed=SEED, now=NOW, events=events)


@cache
def feed(events: int) -> Feed:
    """Make the events, or map the files of those made before into memory."""
    town = activity(events)
    posts = town.posts.columns()
    folder = Path(tempfile.gettempdir()) / "feedscore-benches" / f"events-{events}-{SEED}-{corpus_code()}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        partial.mkdir(parents=True, exist_ok=True)
        files = {field.name: (partial / field.name).open("wb") for field in fields(PostEvents)}
        for chunk in chunks(town):
            for name, file in files.items():
                getattr(chunk, name).tofile(file)
        for file in files.values():
            file.close()
        partial.rename(folder)
    dtypes = ("int64", "int64", "uint8", "datetime64[us]", "int32")
    columns = {
        field.name: np.fromfile(folder / field.name, dtype)
        for field, dtype in zip(fields(PostEvents), dtypes, strict=True)
    }
    told = PostEvents(**columns)
    return Feed(posts, told, *exclusions(posts, told), as_of())


def chunks(town: Activity) -> Iterator[PostEvents]:
    """Give the events of people who exist, as they arrive: some peers take ids as places in arrays."""
    people = len(town.audience.by_joining)
    for chunk in town.chunks():
        known = (chunk.events.user_ids >= 1) & (chunk.events.user_ids <= people)
        yield PostEvents(**{f.name: getattr(chunk.events, f.name)[known] for f in fields(PostEvents)})


def as_of() -> np.datetime64:
    """The moment NOW, as kernels take it."""
    return np.datetime64(NOW.replace(tzinfo=None), "us")


def exclusions(posts: Posts, events: PostEvents) -> tuple[Int64, Int64]:
    """Choose people, and creators whose posts they met: the pairs that matter."""
    random = np.random.default_rng(SEED)
    rows = random.integers(0, len(events), int(len(events) * PAIRS_PER_EVENT))
    place = np.searchsorted(posts.ids, events.post_ids[rows])
    known = (place < len(posts)) & (posts.ids[np.minimum(place, len(posts) - 1)] == events.post_ids[rows])
    return np.ascontiguousarray(events.user_ids[rows[known]]), posts.author_ids[place[known]]
