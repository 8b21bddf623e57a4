"""The quiz: 48 questions on 32 traits from questions.csv, and correlated answers to them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from feedscore.population import Bool, Float32, Float64, Int64, UInt8

from .character import FACTORS, Character
from .people import SECONDS_PER_DAY, People
from .streams import Part, pieces, stream

QUIZ_NAME = "about-you"
SCALE_MIN, SCALE_MAX = 1, 5
WITHOUT_ANSWERS = 0.12
ANSWERED = (8.5, 1.5)
"""Beta distribution of the share of questions that a person answers: 0.85 on average."""


@dataclass(frozen=True, eq=False)
class Questions:
    """The rows of app.quiz_questions; question q has id q + 1."""

    trait: tuple[str, ...]
    key: Int64
    """+1, or -1 when reverse-keyed."""
    prompt: tuple[str, ...]

    @property
    def traits(self) -> tuple[str, ...]:
        """The traits, each once, in order of appearance."""
        return tuple(dict.fromkeys(self.trait))


@dataclass(frozen=True, eq=False)
class Quiz:
    """Everybody's answers."""

    questions: Questions
    answers: UInt8
    """(n, q) 1 to 5; 0 = not answered."""
    answered_at: Float64
    """(n,) seconds since 1970, when the person filled in the quiz."""


@cache
def read_questions() -> Questions:
    """Read questions.csv."""
    rows = list(csv.DictReader(files(__package__).joinpath("questions.csv").read_text("utf-8").splitlines()))
    return Questions(
        trait=tuple(row["trait"] for row in rows),
        key=np.array([int(row["key"]) for row in rows], np.int64),
        prompt=tuple(row["prompt"] for row in rows),
    )


def make_quiz(people: People, character: Character, seed: int, now: float) -> Quiz:
    """Let everybody answer the quiz, or part of it, or nothing."""
    questions, n = read_questions(), len(people)
    random = stream(seed, Part.QUIZ)
    loadings, level = _loadings(random, questions)
    share = np.where(random.random(n) < WITHOUT_ANSWERS, 0.0, random.beta(*ANSWERED, n))
    agreeing = (0.3 * random.standard_normal(n)).astype(np.float32)
    answers = np.empty((n, len(questions.trait)), np.uint8)
    for rows in pieces(n):
        leaning = character.factors[rows] @ loadings + level + agreeing[rows, None]
        leaning += 0.7 * random.standard_normal(leaning.shape, np.float32)
        chosen = np.clip(np.rint(leaning), SCALE_MIN, SCALE_MAX).astype(np.uint8)
        given: Bool = random.random(chosen.shape, np.float32) < share[rows, None].astype(np.float32)
        answers[rows] = np.where(given, chosen, 0)
    longest = np.maximum(now - people.created_at, 0.0)
    answered_at = people.created_at + np.floor(np.minimum(random.exponential(SECONDS_PER_DAY, n), longest))
    return Quiz(questions, answers, answered_at)


def _loadings(random: np.random.Generator, questions: Questions) -> tuple[Float32, Float32]:
    """Draw how each question leans on the factors (f, q), and its mean (q,); questions of a trait agree."""
    traits = questions.traits
    by_trait = random.standard_normal((FACTORS, len(traits)))
    by_trait *= 0.9 / np.linalg.norm(by_trait, axis=0)
    column = np.array([traits.index(trait) for trait in questions.trait])
    mean = 3 + questions.key * random.normal(0.3, 0.4, len(questions.trait))
    return (by_trait[:, column] * questions.key).astype(np.float32), mean.astype(np.float32)
