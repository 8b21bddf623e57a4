"""The compiled kernels; use the names of the package, which check their arguments first."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .feed_rank import FeedUsers
from .feed_settings import AffinitySettings, FeedSettings, TrendingSettings
from .population import Bool, Float32, Int32, Int64, MatchSettings, Population, UInt8, UInt32, UInt64
from .posts import Posts

# Any: the dtype follows from the kind
CopyParts: TypeAlias = tuple[
    str, str, NDArray[Any] | Sequence[str | None], Int64 | None, Bool | None, Sequence[str] | None
]
CopyRead: TypeAlias = tuple[NDArray[Any] | list[str | None], Int64 | None, Bool | None]

def copy_encode(columns: list[CopyParts], rows: UInt32 | None, header: bool, trailer: bool) -> bytes: ...
def copy_fingerprint(columns: list[CopyParts], seed: int) -> Int64: ...

class CopyDecoder:
    def __new__(cls, fields: list[tuple[str, str]]) -> CopyDecoder: ...
    def feed(self, chunk: bytes) -> None: ...
    def take(self) -> list[CopyRead]: ...
    def finish(self) -> list[CopyRead]: ...

def simd_paths() -> list[str]: ...

class MatchIndex:
    def __new__(cls, population: Population, settings: MatchSettings, simd: str | None) -> MatchIndex: ...
    def order(self) -> UInt32: ...
    def nbytes(self) -> int: ...
    def top(
        self,
        viewers: UInt32,
        k: int,
        threads: int,
        progress: Callable[[int], object] | None,
        candidates: UInt32,
        scores: Float32,
        facts: Int64,
    ) -> Int64: ...
    def count_eligible(self, viewers: UInt32, threads: int) -> UInt64: ...
    def seen_by(self, candidates: UInt32, thresholds: Float32) -> UInt32: ...
    def amend(self, rows: UInt32, population: Population, total: int) -> None: ...

class AffinityEvents:
    def __new__(
        cls,
        posts: Posts,
        as_of_us: int,
        settings: AffinitySettings,
        excluded_users: Int64,
        excluded_creators: Int64,
    ) -> AffinityEvents: ...
    def nbytes(self) -> int: ...
    def held(self) -> int: ...
    def code_counts(self) -> tuple[int, int]: ...
    def add(
        self,
        user_ids: Int64,
        post_ids: Int64,
        kinds: UInt8,
        occurred_at: Int64,
        dwell_ms: Int32,
        threads: int,
    ) -> None: ...
    def reach(
        self, threads: int, progress: Callable[[int], object] | None
    ) -> tuple[int, Int64, Int32, Int32]: ...
    def profiles(
        self,
        told: tuple[int, Int64, Int32, Int32] | None,
        threads: int,
        progress: Callable[[int], object] | None,
    ) -> dict[str, Any]: ...  # Any: arrays
    def tallies(
        self, ages_us: tuple[int, int], taken_back: bool, threads: int
    ) -> dict[str, dict[str, Any]]: ...  # Any: arrays

class TrendingEvents:
    def __new__(
        cls, ids: Int64, author_ids: Int64, created_us: Int64, as_of_us: int, settings: TrendingSettings
    ) -> TrendingEvents: ...
    def add(
        self, user_ids: Int64, post_ids: Int64, kinds: UInt8, occurred_us: Int64, threads: int
    ) -> None: ...
    def trends(
        self, threads: int, progress: Callable[[int], object] | None
    ) -> dict[str, Any]: ...  # Any: the columns of TrendingPosts
    def ignored(self) -> tuple[int, int, int, int, int]: ...
    def nbytes(self) -> int: ...

class FeedIndex:
    def __new__(
        cls, posts: Posts, trending: Float32, quality: Float32, as_of: int, settings: FeedSettings
    ) -> FeedIndex: ...
    def posts(self) -> int: ...
    def nbytes(self) -> int: ...
    def rank(
        self,
        users: FeedUsers,
        length: int,
        threads: int,
        progress: Callable[[int], object] | None,
        posts: UInt32,
        post_ids: Int64,
        scores: Float32,
    ) -> Int64: ...

class TermCounter:
    def __new__(cls) -> TermCounter: ...
    @property
    def posts(self) -> int: ...
    def add(self, data: UInt8, offsets: Int64) -> None: ...
    def most_frequent(self, limit: int) -> list[tuple[str, int]]: ...

class TextModel:
    def __new__(
        cls,
        stop_words: list[tuple[str, int]],
        languages: int,
        terms: list[tuple[str, int]],
        posts: int,
        lexicon: tuple[list[str], list[int], list[float]],
        rules: tuple[float, float, float, float],
    ) -> TextModel: ...
    def analyse(
        self, data: UInt8, offsets: Int64, threads: int, progress: Callable[[int], object] | None
    ) -> tuple[list[str], UInt8, NDArray[np.int8], Int32, Float32]: ...
