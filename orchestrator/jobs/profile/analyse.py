"""Give people to an analyser, each by itself: what goes wrong with one is that one's failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ...errors import FeedscoreError
from .analyser import Analyser, AnalyserError, Usage
from .claims import Done, Failed
from .due import STUCK_AFTER
from .messages import Written
from .patience import within

ROOM_S = 10.0
"""To write what came of it before others take the person for stuck."""


@dataclass(frozen=True)
class Person:
    """Somebody to be analysed, and the fingerprint of what the analysis depends on."""

    written: Written
    inputs: int


@dataclass
class Outcome:
    """What came of some people."""

    done: list[Done] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    took: list[Usage] = field(default_factory=list)
    of_unknown_cost: int = 0
    """Requests that may have been charged for."""

    def kept(self, reserved: float) -> float:
        """Tell how much of what was reserved counts as spent because nobody knows."""
        asked = len(self.done) + len(self.failed)
        return reserved * self.of_unknown_cost / asked if asked else 0.0


def analyse_all(analyser: Analyser, people: Sequence[Person], check_stop: Callable[[], None]) -> Outcome:
    """Analyse people, all of them within five minutes; who is left by then has failed."""
    outcome = Outcome()
    if not people:
        return outcome
    try:
        within(
            STUCK_AFTER.total_seconds() - ROOM_S, lambda: _analyse_each(analyser, people, outcome), check_stop
        )
    except AnalyserError as error:  # stuck
        so_far = Outcome(
            list(outcome.done), list(outcome.failed), list(outcome.took), outcome.of_unknown_cost
        )
        ended = {one.user for one in so_far.done} | {one.user for one in so_far.failed}
        for person in people:
            if person.written.user not in ended:
                so_far.failed.append(Failed(person.written.user, str(error)))
                so_far.of_unknown_cost += 1
        return so_far
    return outcome


def _analyse_each(analyser: Analyser, people: Sequence[Person], outcome: Outcome) -> None:
    for person in people:
        user = person.written.user
        try:
            analysis = analyser.analyse(person.written.request)
        except AnalyserError as error:
            outcome.took.append(error.usage)
            outcome.of_unknown_cost += error.is_cost_unknown
            outcome.failed.append(Failed(user, str(error), error.retry_after_s))
        except Exception as error:  # a plug-in may fail in any way
            reason = str(error) if isinstance(error, FeedscoreError) else f"{type(error).__name__}: {error}"
            outcome.of_unknown_cost += 1
            outcome.failed.append(Failed(user, reason))
        else:
            outcome.took.append(analysis.usage)
            done = Done(user=user, messages=person.written.count, inputs=person.inputs, analysis=analysis)
            outcome.done.append(done)
