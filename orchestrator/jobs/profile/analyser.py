"""What an analyser is given and what it gives back; whoever writes a plug-in needs this file alone.

A plug-in is a function `make(settings, common_words) -> Analyser`, published as an entry point of the group
`feedscore.analysers`; the setting `analyser` chooses it by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from feedscore import TermFrequencies

from ...errors import FeedscoreError
from ...settings import Settings


@dataclass(frozen=True)
class Message:
    """One message that the person wrote, never one off the record."""

    sent_at: datetime
    """UTC."""
    text: str
    """Its first 2,000 characters; empty where it has none."""


@dataclass(frozen=True)
class Request:
    """What is known about one person: no name, no id, and nothing that anybody else wrote."""

    messages: tuple[Message, ...]
    """The newest 500 at most, oldest first; 10 or more."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What an analysis took."""

    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    """In the currency of the prices."""


@dataclass(frozen=True)
class Rhythm:
    """When the person writes, in UTC."""

    by_hour: tuple[int, ...]
    """(24,) messages of each hour of the day."""
    by_weekday: tuple[int, ...]
    """(7,) messages of each day of the week, Monday first."""
    days: int
    """Days with a message."""


@dataclass(frozen=True)
class Lengths:
    """How much the person writes, in characters a message that has a text."""

    messages: int
    """Messages that have a text."""
    mean: float
    median: float
    ninth_decile: float


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What an analyser found; None where it cannot or does not tell."""

    topics: tuple[str, ...]
    """The strongest first."""
    sentiment: float | None
    """From -1 to 1."""
    language: str | None = None
    """ISO 639-1."""
    summary: str | None = None
    rhythm: Rhythm | None = None
    lengths: Lengths | None = None
    usage: Usage = Usage()


class AnalyserError(FeedscoreError):
    """An analysis failed in a way that the message explains; it is tried again later."""

    def __init__(
        self,
        message: str,
        *,
        usage: Usage | None = None,
        retry_after_s: float = 0.0,
        is_unknown: bool = False,
    ) -> None:
        super().__init__(message)
        self.usage = usage or Usage()
        """What it took all the same."""
        self.retry_after_s = retry_after_s
        """Not before."""
        self.is_cost_unknown = is_unknown
        """Whether it may have been charged for: then what was reserved counts as spent."""


class Analyser(Protocol):
    """Analyses one person at a time; used by several threads at once."""

    @property
    def name(self) -> str:
        """What made a result: its name, its version, and whatever else changes what it gives."""

    @property
    def is_remote(self) -> bool:
        """Whether messages leave this machine: then each person is one request, and a budget is kept."""

    def most(self, request: Request) -> float:
        """Tell what an analysis may cost at most."""

    def analyse(self, request: Request) -> Analysis:
        """Analyse a person; AnalyserError, or any other exception, lets it be tried again later."""


Make = Callable[[Settings, TermFrequencies], Analyser]
