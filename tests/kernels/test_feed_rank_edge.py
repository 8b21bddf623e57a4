"""What the feed rank kernel refuses: every fault is named, and nothing panics or reads out of bounds."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedscore import FeedIndex, FeedSettings, FeedUsers, Posts
from tests.kernels.spoiled import FAULTS, spoil

from .feeds import NOW, Feed, busy_feed, some_feed, some_posts, some_users

POST_FIELDS = [field.name for field in fields(Posts)]
USER_FIELDS = [field.name for field in fields(FeedUsers)]


def feed_of(name: str, value: Any) -> Feed:  # Any: maybe no array at all
    """A feed in which one column of the posts or of the users is another."""
    feed = some_feed(
        some_posts(3, topics=[[1], [], [2, 3]]),
        some_users([1, 2], creators=[{1001: 0.5}, {}], topics=[{1: 0.5}, {}], seen=[[1], [2]]),
    )
    if name in ("trending", "quality", "as_of", "settings"):
        return replace(feed, **{name: value})
    if name in POST_FIELDS and not (name in USER_FIELDS and len(np.atleast_1d(value)) < 3):
        return replace(feed, posts=replace(feed.posts, **{name: value}))
    return replace(feed, users=replace(feed.users, **{name: value}))


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("ids", np.array([4, 5, 4]), ValueError, r"ids\[2\] = 4: must be unique"),
        ("ids", np.arange(3, dtype=np.int32), TypeError, "ids: must be of int64, not int32"),
        ("ids", [1, 2, 3], TypeError, "ids: must be a NumPy array of int64, not list"),
        ("author_ids", np.arange(2), ValueError, r"len\(author_ids\) = 2: must be 3"),
        ("author_ids", np.arange(6)[::2], ValueError, "author_ids: must be C-contiguous"),
        ("created_at", np.arange(3), TypeError, r"created_at: must be of datetime64\[us\], not int64"),
        ("created_at", np.array([0, 1, "NaT"], "M8[us]"), ValueError, r"created_at\[2\] = NaT: must be a time"),
        ("created_at", np.array([0, 1, 2], "M8[ns]"), TypeError, r"created_at: must be of datetime64\[us\]"),
        ("content_types", np.zeros((3, 1), np.uint8), ValueError, r"content_types.shape = \(3, 1\)"),
        ("topic_offsets", np.array([0, 2, 1, 3]), ValueError, r"topic_offsets\[2\] = 1: must not descend"),
        ("topic_offsets", np.array([1, 1, 1, 3]), ValueError, r"topic_offsets\[0\] = 1: must be 0"),
        ("topic_offsets", np.array([0, 1, 1, 2]), ValueError, r"topic_offsets\[3\] = 2: must be 3"),
        ("trending", np.zeros(2, np.float32), ValueError, r"len\(trending\) = 2: must be 3"),
        ("trending", np.zeros(3), TypeError, "trending: must be of float32, not float64"),
        ("quality", np.array([0, 1.5, 0], np.float32), ValueError, r"quality\[1\] = 1.5: must be within 0 and 1"),
        ("trending", np.array([0, 0, np.nan], np.float32), ValueError, r"trending\[2\] = NaN"),
        ("as_of", np.datetime64("NaT"), ValueError, "as_of = NaT"),
        ("as_of", 17, TypeError, "as_of: must be a numpy.datetime64, not int"),
        ("user_ids", np.arange(3), ValueError, r"len\(creator_offsets\) = 3: must be 4"),
        ("creator_offsets", np.array([0, 2, 1]), ValueError, r"creator_offsets\[2\] = 1: must not descend"),
        ("creator_offsets", np.array([0, 0, 9]), ValueError, r"creator_offsets\[2\] = 9: must be 1"),
        ("creator_offsets", np.array([0, -1, 1]), ValueError, r"creator_offsets\[1\] = -1: must not descend"),
        ("creator_weights", np.array([-0.1], np.float32), ValueError, r"creator_weights\[0\] = -0.1"),
        ("creator_weights", np.zeros(0, np.float32), ValueError, r"len\(creator_weights\) = 0: must be 1"),
        ("topic_weights", np.array([np.inf], np.float32), ValueError, r"topic_weights\[0\] = inf"),
        ("topic_weights", np.zeros(2, np.float32), ValueError, r"len\(topic_weights\) = 2: must be 1"),
        ("seen_offsets", np.zeros(0, np.int64), ValueError, r"len\(seen_offsets\) = 0: must be 3"),
        ("seen_posts", np.zeros(2, np.uint32), TypeError, "seen_posts: must be of int64, not uint32"),
        ("excluded_author_offsets", np.array([0, 1, 1]), ValueError, r"excluded_author_offsets\[2\] = 1: must be 0"),
        ("excluded_posts", np.array([1]), ValueError, r"excluded_post_offsets\[2\] = 0: must be 1"),
    ],
)  # fmt: skip
def test_wrong_arrays_are_named(name: str, value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        feed_of(name, value).rank()


# The others are about trending and match cards, which the kernel knows nothing of.
@pytest.mark.parametrize(
    "field", [field.name for field in fields(FeedSettings) if field.name.endswith(("_weight", "window_days"))]
)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_impossible_settings_are_named(field: str, value: float) -> None:
    settings = replace(FeedSettings(), **{field: value})  # type: ignore[arg-type]  # that is the point
    with pytest.raises(ValueError, match=f"^{field} = .*: must be within 0 and "):
        feed_of("settings", settings).index()


def test_arguments_of_rank_are_checked() -> None:
    feed = busy_feed(1, posts=5, users=2)
    for length in (0, -1):
        with pytest.raises(ValueError, match=f"length = {length}: must be 1 or more"):
            feed.index().rank(feed.users, length=length)
    with pytest.raises(ValueError, match="threads = -1"):
        feed.index().rank(feed.users, threads=-1)
    with pytest.raises(ValueError, match="threads = 2000"):
        feed.index().rank(feed.users, threads=2000)


@pytest.mark.parametrize("moment", ["-290000-01-01", "1970-01-01", "294000-01-01"])
def test_any_moment_will_do(moment: str) -> None:
    feed = busy_feed(1, posts=5, users=2)
    times = np.array([-(2**63) + 1, -1, 0, 1, 2**63 - 1]).view("M8[us]")
    feed = replace(feed, posts=replace(feed.posts, created_at=times), as_of=np.datetime64(moment, "us"))
    assert np.isfinite(feed.rank().scores).all()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([*POST_FIELDS, *USER_FIELDS, "trending", "quality"]),
    st.integers(0, 2**32),
    st.integers(0, FAULTS - 1),
)
def test_random_wrong_arrays_never_panic(name: str, seed: int, fault: int) -> None:
    r = np.random.default_rng(seed)
    feed = busy_feed(seed % 7, posts=40, users=6)
    owner = next((key for key in ("users", "posts") if hasattr(getattr(feed, key), name)), "")
    column = getattr(getattr(feed, owner) if owner else feed, name)
    column = spoil(column, fault, r)
    change: dict[str, Any] = {name: column}
    if owner:
        change = {owner: replace(getattr(feed, owner), **change)}
    feed = replace(feed, **change)
    try:
        result = feed.rank()
    except (TypeError, ValueError):
        return
    assert result.offsets[-1] == len(result.posts) == len(result.scores)
    assert np.isfinite(result.scores).all()


def test_one_post_for_one_user() -> None:
    feed = some_feed(some_posts(1), some_users([1]))
    index = FeedIndex(feed.posts, feed.trending, feed.quality, NOW)
    assert index.rank(feed.users, length=1).post_ids.tolist() == [1]
