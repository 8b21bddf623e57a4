"""Read quiz answers, some people at a time, into the running sums of their traits."""

from __future__ import annotations

import numpy as np
import psycopg

from feedscore.population import Int64

from ...context import JobContext
from ...db.columns import Columns, fetch
from ..ids import rows_of, slices
from .questions import Questions
from .traits import TraitTotals

# The answers of a slice of people, as they come.
ANSWERS = "SELECT user_id, question_id, value FROM app.quiz_answers WHERE {scope} AND question_id IS NOT NULL"
# The same, each person and question once: the latest answer, of several at one time the largest.
LATEST_ANSWERS = """
SELECT DISTINCT ON (user_id, question_id) user_id, question_id, value FROM app.quiz_answers
WHERE {scope} AND question_id IS NOT NULL
ORDER BY user_id, question_id, answered_at DESC NULLS LAST, value DESC
"""
IN_SLICE = "user_id > %(after)s AND user_id <= %(until)s"
"""All answers of a slice, and of people who are gone."""
OF_THESE = "user_id = ANY (%(users)s)"
"""The answers of named people."""
KINDS = {"user_id": "int8", "question_id": "int8", "value": "float4?"}
MARKS = 2**27
"""At most this many (person, question) pairs are marked at a time, one byte each."""


def add_answers(
    connection: psycopg.Connection,
    totals: TraitTotals,
    people: Int64,
    questions: Questions,
    context: JobContext,
    *,
    everybody: bool,
) -> dict[str, int]:
    """Add the answers of these people, ascending ids, to the totals; tell how many were read and left out."""
    told = dict.fromkeys(
        ("rows_scanned", "answers_repeated", "answers_of_nobody", "answers_to_no_question"), 0
    )
    for part in slices(people, max(1000, MARKS // max(len(questions.ids), 1))):
        context.run.check_stop()
        scope = IN_SLICE if everybody else OF_THESE
        params = {"after": part.after, "until": part.until, "users": people[part.start : part.stop]}
        rows_per_chunk = context.parameters.candidate_batch_size
        answers = fetch(connection, ANSWERS.format(scope=scope), KINDS, params, rows_per_chunk=rows_per_chunk)
        scanned = answers.rows
        if _has_repetition(answers, people[part.start : part.stop], questions.ids):
            answers = fetch(
                connection, LATEST_ANSWERS.format(scope=scope), KINDS, params, rows_per_chunk=rows_per_chunk
            )
        person, known = rows_of(people, answers.int64("user_id"))
        question, asked = rows_of(questions.ids, answers.int64("question_id")[known])
        value = answers.float32("value")[known][asked]
        person, axis = person[asked], questions.trait[question]
        on_axis = axis >= 0
        person, question, value, axis = person[on_axis], question[on_axis], value[on_axis], axis[on_axis]
        totals.add(
            person,
            axis,
            questions.key[question],
            questions.scale_min[question],
            questions.scale_max[question],
            value,
        )
        told["rows_scanned"] += scanned
        told["answers_repeated"] += scanned - answers.rows
        told["answers_of_nobody"] += int((~known).sum())
        told["answers_to_no_question"] += int(known.sum()) - len(value)
    return told


def _has_repetition(answers: Columns, people: Int64, questions: Int64) -> bool:
    """Tell whether somebody has two answers to one question, which only a view without a key can show."""
    person, known = rows_of(people, answers.int64("user_id"))
    question, asked = rows_of(questions, answers.int64("question_id")[known])
    pairs = person[asked] * len(questions) + question
    marks = np.zeros(len(people) * len(questions), np.bool_)
    marks[pairs] = True
    return bool(np.count_nonzero(marks) < len(pairs))
