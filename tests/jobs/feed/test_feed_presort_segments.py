"""Cards among posts, and the cut into segments, against plain lists."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feedscore import FeedLists, FeedSettings
from orchestrator.jobs.feed.feed_presort_cards import Cards
from orchestrator.jobs.feed.feed_presort_segments import Shape, cut_segments, place_cards

FEEDS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 4)), min_size=1, max_size=6)


def ranked(sizes: list[int]) -> FeedLists:
    """Posts 0, 1, 2, ... for each user, with scores that tell them apart."""
    ids = np.concatenate([np.arange(size) for size in sizes]).astype(np.int64)
    return FeedLists(
        offsets=np.cumsum([0, *sizes], dtype=np.int64),
        posts=ids.astype(np.uint32),
        post_ids=ids,
        scores=(1 / (1 + ids)).astype(np.float32),
    )


def cards(sizes: list[int]) -> Cards:
    """Cards about users 900, 901, ... for each user."""
    nth = np.concatenate([np.arange(size) for size in sizes]).astype(np.int64)
    offsets = np.cumsum([0, *sizes], dtype=np.int64)
    return Cards(offsets, np.full(len(nth), 3, np.int32), 900 + nth, np.full(len(nth), 0.9, np.float32))


@given(FEEDS, st.integers(1, 7), st.integers(1, 5), st.integers(1, 12), st.integers(1, 9))
def test_cards_and_segments_are_those_of_plain_lists(
    sizes: list[tuple[int, int]], first: int, step: int, segment_size: int, max_segments: int
) -> None:
    shape = Shape(segment_size, max_segments)
    settings = FeedSettings(first_card_slot=first, card_slot_step=step)
    feeds = place_cards(ranked([s[0] for s in sizes]), cards([s[1] for s in sizes]), settings, shape.length)
    columns = cut_segments(np.arange(len(sizes)), feeds, shape)
    expected = []
    for user, (posts, given_cards) in enumerate(sizes):
        shown = [(0, post) for post in range(posts)]
        for nth in range(given_cards):
            slot = first + nth * step
            if len(shown) >= slot - 1:
                shown.insert(slot - 1, (3, 900 + nth))
        shown = shown[: shape.length]
        for number, start in enumerate(range(0, len(shown), segment_size), 1):
            expected.append((user, number, shown[start : start + segment_size]))
    offsets = columns[2].offsets
    assert offsets is not None
    kinds, ids, scores = (np.asarray(column.values) for column in columns[2:5])
    found = [
        (int(user), int(segment), list(zip(kinds[a:b].tolist(), ids[a:b].tolist(), strict=True)))
        for user, segment, a, b in zip(
            columns[0].values, columns[1].values, offsets[:-1], offsets[1:], strict=True
        )
    ]
    assert found == expected
    assert np.array_equal(scores[kinds == 0], (1 / (1 + ids[kinds == 0])).astype(np.float32))
    assert (scores[kinds == 3] == np.float32(0.9)).all()


def test_equal_segments_have_equal_fingerprints_and_others_do_not() -> None:
    def fingerprints(sizes: list[int]) -> list[int]:
        feeds = place_cards(ranked(sizes), cards([0] * len(sizes)), FeedSettings(), 60)
        column = cut_segments(np.arange(len(sizes)), feeds, Shape(20, 3))[-1]
        return [int(value) for value in np.asarray(column.values)]

    assert fingerprints([25, 25]) == fingerprints([25, 25])
    assert len(set(fingerprints([25, 25]))) == 4
    assert fingerprints([25])[0] == fingerprints([30])[0]
    assert fingerprints([25])[1] != fingerprints([30])[1]
