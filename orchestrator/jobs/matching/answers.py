"""Read quiz answers, some people at a time, into the running sums of their traits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import psycopg

from feedscore.population import Float32, Int64

from ...context import JobContext
from ...db.columns import fetch
from ..grouped import owners
from ..ids import rows_of, slices
from .questions import Questions
from .traits import TraitTotals

# The answers of a slice of people, a row each: a third of the time that a row an answer takes.
ANSWERS = """
SELECT user_id, array_agg(question_id), array_agg(coalesce(value, 'NaN')) FROM app.quiz_answers
WHERE {scope} AND question_id IS NOT NULL GROUP BY user_id
"""
# The same, each question once: the latest answer, of several at one time the largest.
LATEST_ANSWERS = """
SELECT user_id, array_agg(question_id), array_agg(coalesce(value, 'NaN')) FROM (
  SELECT DISTINCT ON (user_id, question_id) user_id, question_id, value FROM app.quiz_answers
  WHERE {scope} AND question_id IS NOT NULL
  ORDER BY user_id, question_id, answered_at DESC NULLS LAST, value DESC) AS latest
GROUP BY user_id
"""
IN_SLICE = "user_id > %(after)s AND user_id <= %(until)s"
"""All answers of a slice, and of people who are gone."""
OF_THESE = "user_id = ANY (%(users)s)"
"""The answers of named people."""
KINDS = {"user_id": "int8", "questions": "int8[]", "values": "float4[]"}
PEOPLE_AT_A_TIME = 50_000
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
    for part in slices(people, max(1000, min(PEOPLE_AT_A_TIME, MARKS // max(len(questions.ids), 1)))):
        context.run.check_stop()
        scope = IN_SLICE if everybody else OF_THESE
        params = {"after": part.after, "until": part.until, "users": people[part.start : part.stop]}
        answers = _fetch(connection, ANSWERS.format(scope=scope), params)
        scanned = len(answers.user)
        if _has_repetition(answers, people[part.start : part.stop], questions.ids):
            answers = _fetch(connection, LATEST_ANSWERS.format(scope=scope), params)
        person, known = rows_of(people, answers.user)
        question, asked = rows_of(questions.ids, answers.question[known])
        axis = questions.trait[question]
        person, value = person[asked][axis >= 0], answers.value[known][asked][axis >= 0]
        question, axis = question[axis >= 0], axis[axis >= 0]
        low, high = questions.scale_min[question], questions.scale_max[question]
        totals.add(person, axis, questions.key[question], low, high, value)
        told["rows_scanned"] += scanned
        told["answers_repeated"] += scanned - len(answers.user)
        told["answers_of_nobody"] += int((~known).sum())
        told["answers_to_no_question"] += int(known.sum()) - len(value)
    return told


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers as they are stored, one an entry."""

    user: Int64
    question: Int64
    value: Float32


def _fetch(connection: psycopg.Connection, query: str, params: dict[str, object]) -> Answers:
    found = fetch(connection, query, KINDS, params)
    return Answers(
        owners(found, "user_id", "questions"),
        found.int64_lists("questions")[0],
        found.float32_lists("values")[0],
    )


def _has_repetition(answers: Answers, people: Int64, questions: Int64) -> bool:
    """Tell whether somebody has two answers to one question, which only a view without a key can show."""
    person, known = rows_of(people, answers.user)
    question, asked = rows_of(questions, answers.question[known])
    pairs = person[asked] * len(questions) + question
    marks = np.zeros(len(people) * len(questions), np.bool_)
    marks[pairs] = True
    return bool(np.count_nonzero(marks) < len(pairs))
