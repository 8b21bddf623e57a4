"""The analyser that asks a model over HTTP: any server that speaks like OpenAI's or Anthropic's."""

from __future__ import annotations

import email.utils
import json
import math
import time
from dataclasses import dataclass
from typing import Any

import httpx
import stamina

from feedscore import TermFrequencies

from ...errors import SettingsError
from ...settings import Settings
from .analyser import AnalyserError, Analysis, Request, Usage
from .chat_formats import MOST_TOKENS_OUT, ChatFormat, Reply, most_tokens_in, read_answer

VERSION = "1"
TRIES = 3
LONGEST_WAIT_S = 30.0
"""A server that wants a longer rest gets it: the analysis fails, and is tried again after it."""
LARGEST_REPLY = 1_000_000
BUSY = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
A_MILLION = 1_000_000


@dataclass(frozen=True)
class HttpAnalyser:
    """One address, one model, and what its tokens cost."""

    client: httpx.Client
    url: str
    model: str
    price_in: float
    price_out: float
    is_remote: bool = True

    @property
    def name(self) -> str:
        """The version of the question, and the model that is asked."""
        return f"http {VERSION} {self.model}"

    def most(self, request: Request) -> float:
        """Tell what a request costs if every token that it may take is taken."""
        return self._cost(most_tokens_in(request), MOST_TOKENS_OUT)

    def analyse(self, request: Request) -> Analysis:
        """Ask, and read the answer."""
        reply = self._ask(request)
        usage = self._usage(request, reply)
        try:
            answer = read_answer(reply.text)
        except AnalyserError as error:
            raise AnalyserError(str(error), usage=usage) from None
        return Analysis(
            topics=tuple(answer.topics), sentiment=answer.sentiment, language=answer.language,
            summary=answer.summary, usage=usage,
        )  # fmt: skip

    def _ask(self, request: Request) -> Reply:
        form = ChatFormat.of(self.url)
        body = form.body(self.model, request)
        try:
            for attempt in stamina.retry_context(_rest_s, attempts=TRIES, timeout=None):
                with attempt:
                    return form.reply(self._post(body))
        except httpx.ConnectError as error:
            raise AnalyserError(f"the analyser cannot be reached: {error}") from None
        except httpx.HTTPStatusError as error:
            raise AnalyserError(
                f"the analyser answered {error.response.status_code}", retry_after_s=_asked_rest_s(error)
            ) from None
        except httpx.HTTPError as error:
            said = f"the analyser did not answer in full ({type(error).__name__})"
            raise AnalyserError(said, is_unknown=True) from None
        raise AssertionError("retry_context either returns or raises")

    def _post(self, body: Any) -> Any:  # Any: JSON
        with self.client.stream("POST", self.url, json=body) as response:
            response.raise_for_status()
            received = bytearray()
            for part in response.iter_bytes():
                received += part
                if len(received) > LARGEST_REPLY:
                    raise AnalyserError("the analyser's reply is larger than a megabyte", is_unknown=True)
        try:
            return json.loads(received)
        except ValueError:
            raise AnalyserError("the analyser's reply is no JSON", is_unknown=True) from None

    def _usage(self, request: Request, reply: Reply) -> Usage:
        """Tell what a reply took; one that does not say so took the most it can have."""
        tokens_in = reply.tokens_in or most_tokens_in(request)
        tokens_out = reply.tokens_out or MOST_TOKENS_OUT
        return Usage(tokens_in=tokens_in, tokens_out=tokens_out, cost=self._cost(tokens_in, tokens_out))

    def _cost(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self.price_in + tokens_out * self.price_out) / A_MILLION


def _rest_s(error: Exception) -> bool | float:
    """Tell whether to ask again, and after how long where the server says it: only if nothing was charged."""
    if isinstance(error, httpx.ConnectError):
        return True
    if not isinstance(error, httpx.HTTPStatusError) or error.response.status_code not in BUSY:
        return False
    asked = _asked_rest_s(error)
    return asked <= LONGEST_WAIT_S and (asked or True)


def _asked_rest_s(error: httpx.HTTPStatusError) -> float:
    """Read Retry-After, in seconds or as a date; 0 where there is none."""
    told = error.response.headers.get("retry-after", "")
    try:
        seconds = float(told)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(told).timestamp() - time.time()
        except ValueError:
            return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def make_http(settings: Settings, common_words: TermFrequencies) -> HttpAnalyser:
    """Make the analyser; SettingsError names what is missing."""
    del common_words
    for name in ("analyser_url", "analyser_model", "analyser_price_in", "analyser_price_out"):
        if getattr(settings, name) is None:
            raise SettingsError(f"setting {name}: must be given for the analyser http")
    assert settings.analyser_url is not None  # noqa: S101 -- narrows the type
    assert settings.analyser_model is not None  # noqa: S101 -- narrows the type
    key = settings.analyser_key.get_secret_value() if settings.analyser_key else None
    headers = ChatFormat.of(settings.analyser_url).headers(key)
    # Redirects are not followed: they could take messages and key somewhere else.
    client = httpx.Client(headers=headers, timeout=settings.analyser_timeout_s, follow_redirects=False)
    return HttpAnalyser(
        client, settings.analyser_url, settings.analyser_model,
        settings.analyser_price_in or 0.0, settings.analyser_price_out or 0.0,
    )  # fmt: skip
