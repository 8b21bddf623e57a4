"""How a run of feed rank behaves: progress, interruption, threads, memory."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest

from feedscore import FeedIndex, FeedLists, FeedUsers

from .feeds import assert_same, busy_feed, some_users


def test_the_index_keeps_a_copy() -> None:
    feed = busy_feed(9, users=20)
    index = feed.index()
    before = index.rank(feed.users)
    for column in ("ids", "author_ids", "topics", "topic_offsets"):
        getattr(feed.posts, column)[:] = 0
    feed.quality[:] = 0
    assert_same(before, index.rank(feed.users))


def many(users: FeedUsers, times: int) -> FeedUsers:
    """The same users again and again, without what they may not see."""
    plain = some_users(np.tile(users.user_ids, times).tolist())
    creators = [{int(creator): 0.5 for creator in users.creator_ids[:20]}] * len(plain)
    return some_users(plain.user_ids.tolist(), creators=creators)


def test_progress_counts_up_to_everybody() -> None:
    feed, told = busy_feed(1), list[int]()
    users = many(feed.users, 2000)
    feed.index().rank(users, progress=told.append, threads=1)
    assert told[-1] == len(users)
    assert told == sorted(told)


def test_what_progress_raises_ends_the_run() -> None:
    def stop(done: int) -> None:
        raise LookupError(f"stopped after {done}")

    feed = busy_feed(1, posts=5000, authors=3)
    with pytest.raises(LookupError, match="stopped after"):
        feed.index().rank(many(feed.users, 2000), progress=stop, threads=1)


def test_ctrl_c_ends_a_long_run() -> None:
    feed = busy_feed(1, posts=5000, authors=3)
    index, users = feed.index(), many(feed.users, 20_000)
    threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        index.rank(users, threads=1)
    assert time.monotonic() - began < 5


def test_the_interpreter_is_free_meanwhile() -> None:
    feed = busy_feed(1, posts=5000, authors=3)
    index, users = feed.index(), many(feed.users, 3000)
    counted, running = 0, threading.Event()

    def work() -> None:
        running.set()
        index.rank(users, threads=1)
        running.clear()

    thread = threading.Thread(target=work)
    thread.start()
    running.wait()
    while running.is_set():
        counted += 1
        time.sleep(0.001)
    thread.join()
    assert counted > 20


def test_threads_may_share_an_index() -> None:
    feed = busy_feed(5, users=300)
    index = feed.index()
    expected = index.rank(feed.users)
    results: list[FeedLists] = []
    threads = [threading.Thread(target=lambda: results.append(index.rank(feed.users))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for result in results:
        assert_same(expected, result)


def test_the_memory_of_the_index_is_told() -> None:
    small, large = busy_feed(1, posts=2000).index(), busy_feed(1, posts=20_000).index()
    assert isinstance(small, FeedIndex)
    assert 100 < large.nbytes / len(large) < 400
    assert small.nbytes < large.nbytes
