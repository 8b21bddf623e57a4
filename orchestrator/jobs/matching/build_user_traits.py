"""The job build-user-traits: feed.trait and feed.user_trait from app.quiz_answers."""

from __future__ import annotations

import numpy as np
import psycopg
from pydantic import Field

from feedscore import Column
from feedscore.population import Float64, Int64

from ...context import DryRun, JobContext, JobParameters
from ...db.replace import Table, replace_rows
from ...registry import Budget, Group, Job
from ..estimate import preview_users
from ..ids import fetch_scope, fetch_users
from ..write import Output, stamps, write_people
from .answers import add_answers
from .questions import Questions, fetch_questions
from .traits import TraitTotals, TraitVectors

VERSION = "1"
READS = ("app.users", "app.quiz_questions", "app.quiz_answers")
AXES = "SELECT trait, mean FROM feed.trait ORDER BY position"
"""The axes of the stored vectors, in order, with the means they were centred on."""
FORGET_AXES = "DELETE FROM feed.trait"
"""Make room for axes of other names."""


class TraitParameters(JobParameters):
    """What build-user-traits can be told."""

    batch_size: int = Field(
        default=20_000, ge=1, description="People in one batch, each committed by itself."
    )


def build_user_traits(context: JobContext) -> None:
    """Turn quiz answers into one vector a person, centred on everybody's means.

    For named users the stored axes and means are used, so that nobody else's vector moves; where there
    are none yet, they are computed from everybody.
    """
    with context.database.connection() as connection:
        context.run.step("reading quiz answers")
        scope = fetch_scope(connection, context.parameters.user_id)
        names, means = _fetch_axes(connection) if scope is not None else ([], np.empty(0))
        everybody = scope is None or not names
        people = fetch_users(connection) if scope is None or not names else scope
        questions = fetch_questions(connection, names)
        totals = TraitTotals(len(people), len(questions.traits))
        told = add_answers(connection, totals, people, questions, context, everybody=everybody)
    result = totals.vectors(means if names else None)
    context.run.tell(**told, answers_ignored=result.ignored, questions_ignored=questions.ignored)
    if not names:
        _write_axes(context, questions, result)
    answered = result.answered > 0
    if scope is not None:
        answered &= np.isin(people, scope)
    write_people(context, Output("feed.user_trait", _columns(people, result, answered), scope), VERSION)


def _fetch_axes(connection: psycopg.Connection) -> tuple[list[str], Float64]:
    rows = connection.execute(AXES).fetchall()
    return [row[0] for row in rows], np.array([row[1] for row in rows], np.float64)


def _write_axes(context: JobContext, questions: Questions, result: TraitVectors) -> None:
    context.run.check_stop()
    count = len(questions.traits)
    with context.database.connection() as connection:
        if _fetch_axes(connection)[0] != list(questions.traits):
            connection.execute(FORGET_AXES)
        columns = [
            Column("position", "int2", np.arange(count, dtype=np.int16)),
            Column("trait", "text", list(questions.traits)),
            Column("mean", "float8", result.means),
            Column("people", "int8", result.people),
            *stamps(context, count, VERSION),
        ]
        replace_rows(connection, Table(name="feed.trait", key=("position",)), columns, keep_missing=False)


def _columns(
    people: Int64, result: TraitVectors, answered: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> list[Column]:
    vectors = np.ascontiguousarray(result.vectors[answered], "<f4")
    return [
        Column("user_id", "int8", people[answered]),
        Column("traits", "bytea", vectors.view(np.uint8).reshape(len(vectors), 4 * vectors.shape[1])),
        Column("answered", "int4", result.answered[answered].astype(np.int32)),
    ]


def preview(context: JobContext) -> DryRun:
    """Tell how many people have answers to read."""
    return preview_users(context, READS)


JOB = Job(
    name="build-user-traits",
    group=Group.MATCHING,
    run=build_user_traits,
    preview=preview,
    algorithm_version=VERSION,
    budget=Budget(max_rows_scanned=100_000_000, max_rows_written=2_000_000, expected_runtime_s=60),
    parameters=TraitParameters,
    schedule="0 2 * * *",
    examples=("run build-user-traits", "run build-user-traits --user-id 8"),
    writes=("feed.trait", "feed.user_trait"),
)
