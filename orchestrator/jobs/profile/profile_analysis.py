"""The job profile-analysis: feed.profile_analysis from what people wrote themselves, on the record."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import psycopg
from pydantic import Field

from ...context import BatchResult, DryRun, JobContext, JobParameters
from ...errors import SkippedError
from ...registry import Budget, Group, Job, PerUser
from ..estimate import rows_in
from .analyse import Outcome, Person, analyse_all
from .analyser import Analyser, AnalyserError
from .choose_analyser import choose_analyser
from .claims import Claim, Done, claim, complete, fail, postpone, remove_gone
from .common_words import fetch_common_words
from .due import JOB_NAME, WINDOW, due_users, named_users
from .messages import fetch_written
from .spending import next_day, reserve, settle

VERSION = "1"
READS = ("app.users", "app.messages", "app.profile_views", "feed.term_frequency")
FEWEST_MESSAGES = 10
TRIES = 4
"""The first, and three more."""


class AnalysisParameters(JobParameters):
    """What profile-analysis can be told."""

    batch_size: int = Field(
        default=200, ge=1, description="People in one batch, each committed by itself; one for analyser http."
    )


@dataclass(frozen=True)
class Task:
    """What every batch needs."""

    context: JobContext
    analyser: Analyser
    users: Sequence[int]
    errors: list[str] = field(default_factory=list)
    """Why people could not be analysed."""
    lock: threading.Lock = field(default_factory=threading.Lock)


def profile_analysis(context: JobContext) -> None:
    """Describe people by their own messages: when and how much they write, about what, in which mood.

    Without names it takes those who are due: 5 new messages since the last analysis, or a view of the profile when it
    was an hour old. Nobody is analysed twice within an hour. Messages off the record are never read.
    """
    named = bool(context.parameters.user_id)
    with context.database.connection() as connection:
        context.run.step("looking for people who are due")
        users = _chosen(connection, context)
        words = fetch_common_words(connection)
    context.run.tell(
        people_due=len(users),
        people_not_open=len(set(context.parameters.user_id)) - len(users) if named else 0,
    )
    task = Task(context, choose_analyser(context.settings, words), users)
    try:
        context.run.in_batches(
            len(users),
            lambda connection, batch: _work(task, connection, users[batch.start : batch.stop]),
            inputs=hashlib.sha256(repr(users).encode()).hexdigest(),
            size=1 if task.analyser.is_remote else None,
            workers=context.settings.analyser_at_once if task.analyser.is_remote else 1,
        )
    except SkippedError as error:
        _wait_for_tomorrow(task, str(error))
        raise
    if task.errors:
        context.run.tell(first_error=task.errors[0])
        if named:
            raise AnalyserError(task.errors[0])
    if not named and context.parameters.limit is None:
        with context.database.connection() as connection:
            context.run.tell(rows_removed=remove_gone(connection), looked_until=context.now.isoformat())


def _chosen(connection: psycopg.Connection, context: JobContext) -> list[int]:
    """Give the people to analyse, ascending, at most `limit`."""
    wanted = context.parameters.user_id
    found = named_users(connection, context.now, wanted) if wanted else due_users(connection, context.now)
    return found[: context.parameters.limit]


def _work(task: Task, connection: psycopg.Connection, users: Sequence[int]) -> BatchResult:
    """Claim people, analyse them, and write what came of it."""
    context = task.context
    with _claiming(task, connection) as claiming:
        taken = claim(claiming, users, run_id=context.run.id, now=context.now)
    done: list[Done] = []
    people: list[Person] = []
    for written in fetch_written(connection, taken.known_inputs, context.now):
        inputs = written.inputs(task.analyser.name, VERSION)
        if written.count < FEWEST_MESSAGES:
            done.append(Done(user=written.user, messages=written.count, inputs=inputs))
        elif inputs == taken.known_inputs[written.user]:
            done.append(Done(user=written.user, messages=written.count, inputs=inputs, is_same=True))
        else:
            people.append(Person(written, inputs))
    context.run.tell(people_with_insufficient_data=sum(not one.is_same for one in done))
    context.run.tell(people_unchanged=sum(one.is_same for one in done))
    reserved = _reserve(task, people)
    outcome = analyse_all(task.analyser, people, context.run.check_stop)
    return _write(task, connection, taken, done, outcome, reserved)


@contextlib.contextmanager
def _claiming(task: Task, connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """Claim in the transaction of the batch, or, where an answer is waited for, in one that ends at once."""
    if not task.analyser.is_remote:
        yield connection
        return
    with task.context.database.connection() as own:
        yield own


def _reserve(task: Task, people: Sequence[Person]) -> float:
    """Set aside what analyses may cost at most; SkippedError if the budget of the day does not hold it."""
    context = task.context
    most = sum(task.analyser.most(person.written.request) for person in people)
    if most > 0:
        budget = context.settings.analyser_daily_budget
        with context.database.connection() as own:
            if not reserve(own, context.now, most, budget):
                until = f"{next_day(context.now):%Y-%m-%d %H:%M} UTC"
                raise SkippedError(
                    f"the daily budget of {budget:g} does not hold another analysis (of {most:.4g} at most); "
                    f"who is left waits until {until}"
                )
    return most


def _write(
    task: Task, connection: psycopg.Connection, taken: Claim, done: list[Done], outcome: Outcome, reserved: float
) -> BatchResult:  # fmt: skip
    context = task.context
    if task.analyser.is_remote and outcome.took:
        settle(connection, context.now, outcome.took, reserved - outcome.kept(reserved))
    took = outcome.took
    if took:
        context.run.tell(
            people_analysed=len(outcome.done), tokens_in=sum(one.tokens_in for one in took),
            tokens_out=sum(one.tokens_out for one in took), cost=sum(one.cost for one in took),
        )  # fmt: skip
    everything = [*done, *outcome.done]
    written = complete(
        connection, taken, everything, now=context.now, analyser=task.analyser.name, version=VERSION
    )
    written += fail(connection, taken, outcome.failed, now=context.now)
    lost = len(everything) + len(outcome.failed) - written
    if lost:
        context.run.tell(people_lost_to_others=lost)
    if outcome.failed:
        with task.lock:
            task.errors.extend(one.error for one in outcome.failed)
    return BatchResult(written=written, failed=len(outcome.failed))


def _wait_for_tomorrow(task: Task, why: str) -> None:
    """Let people who were asked for by name be found tomorrow; the others are due then anyway."""
    context = task.context
    if not context.parameters.user_id:
        return
    with context.database.connection() as connection:
        taken = claim(connection, task.users, run_id=context.run.id, now=context.now)
        postpone(connection, taken, list(taken.known_inputs), until=next_day(context.now), why=why)


def preview(context: JobContext) -> DryRun:
    """Tell how many people would be analysed."""
    with context.database.connection() as connection:
        items = len(_chosen(connection, context))
        rows = rows_in(connection, READS)
    return DryRun(items=items, rows_to_scan=rows, note="of messages and views only new ones are read")


JOB = Job(
    name=JOB_NAME,
    group=Group.PROFILE,
    run=profile_analysis,
    preview=preview,
    algorithm_version=VERSION,
    budget=Budget(max_rows_scanned=50_000_000, max_rows_written=1_000_000, expected_runtime_s=300),
    parameters=AnalysisParameters,
    schedule="*/5 * * * *",
    priority_by_name=90,
    max_attempts=TRIES,
    limit=PerUser(runs=1, window_s=int(WINDOW.total_seconds())),
    examples=("run profile-analysis", "enqueue profile-analysis --user-id 8"),
    writes=("feed.profile_analysis", "feed.analysis_spending"),
)
