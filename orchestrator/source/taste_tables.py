"""The part of the contract about what people answered and chose: the quiz and the interests."""

from __future__ import annotations

from .faults import FaultKind
from .terms import Column, ColumnType, Index, Reference, Rule, Search, Table

NOT_FINITE = "('NaN', 'Infinity', '-Infinity')"
IGNORED = "The row is ignored."
QUESTION_IGNORED = "The question is ignored, and its answers with it."

OUTSIDE_THE_SCALE = """
SELECT t.user_id,
  format('user_id=%%s, question_id=%%s, value=%%s, scale %%s to %%s', t.user_id, t.question_id, t.value,
    q.scale_min, q.scale_max)
FROM app.quiz_answers AS t
JOIN app.quiz_questions AS q ON q.id = t.question_id
WHERE t.value NOT BETWEEN q.scale_min AND q.scale_max
  AND t.value NOT IN ('NaN', 'Infinity', '-Infinity') AND q.scale_min < q.scale_max"""

QUIZ_QUESTIONS = Table(
    "quiz_questions",
    "Questions of all quizzes; each measures one trait.",
    ("id",),
    (
        Column("id", ColumnType.BIGINT, "the question", required=True),
        Column("quiz", ColumnType.TEXT, "the quiz it belongs to", required=True, default="'quiz'"),
        Column("trait", ColumnType.TEXT, "what it measures; at most 64 different ones", required=True),
        Column("key", ColumnType.SMALLINT, "+1, or -1 when reverse-keyed", required=True, default="1"),
        Column("scale_min", ColumnType.REAL, "the lowest answer", required=True, default="1"),
        Column("scale_max", ColumnType.REAL, "the highest answer", required=True, default="5"),
        Column("prompt", ColumnType.TEXT, "the question as people read it"),
    ),
    ("build-user-traits",),
    indexes=(Index("id", "build-user-traits", "the question of an answer"),),
    rules=(
        Rule(("key",), "t.key NOT IN (1, -1)", "key is neither 1 nor -1", QUESTION_IGNORED),
        Rule(
            ("scale_min", "scale_max"),
            f"t.scale_min >= t.scale_max OR t.scale_min IN {NOT_FINITE} OR t.scale_max IN {NOT_FINITE}",
            "the scale is empty or not finite",
            QUESTION_IGNORED,
        ),
        Rule(("trait",), "t.trait !~ '[^[:space:]]'", "trait is an empty text", QUESTION_IGNORED),
    ),
    searches=(
        Search(
            "trait",
            ("quiz_questions.trait",),
            "SELECT row_number() OVER (ORDER BY trait), trait"
            " FROM (SELECT trait FROM app.quiz_questions GROUP BY 1 ORDER BY 1 OFFSET 64) AS beyond",
            "more than 64 traits; those beyond",
            "A quiz vector has 64 places, and build-user-traits refuses to run.",
            FaultKind.TOO_MANY,
        ),
    ),
)

QUIZ_ANSWERS = Table(
    "quiz_answers",
    "One row for each question that a person has answered.",
    ("user_id", "question_id"),
    (
        Column("user_id", ColumnType.BIGINT, "who answered", required=True),
        Column("question_id", ColumnType.BIGINT, "which question", required=True),
        Column("value", ColumnType.REAL, "the answer, within the question's scale", required=True),
        Column("answered_at", ColumnType.TIME, "when, or when last changed", required=True),
    ),
    ("build-user-traits",),
    indexes=(
        Index("user_id", "build-user-traits", "one person's answers"),
    ),
    references=(
        Reference("user_id", "users", IGNORED),
        Reference("question_id", "quiz_questions", IGNORED),
    ),
    rules=(Rule(("value",), f"t.value IN {NOT_FINITE}", "the answer is not a finite number", IGNORED),),
    searches=(
        Search(
            "value",
            (
                "quiz_answers.user_id", "quiz_answers.question_id", "quiz_answers.value",
                "quiz_questions.id", "quiz_questions.scale_min", "quiz_questions.scale_max",
            ),
            OUTSIDE_THE_SCALE,
            "the answer is outside the question's scale",
            IGNORED,
        ),
    ),
)  # fmt: skip

SUBJECTS = Table(
    "subjects",
    "Fields that interests belong to.",
    ("id",),
    (
        Column("id", ColumnType.BIGINT, "the subject", required=True),
        Column("slug", ColumnType.TEXT, "its short name", required=True),
    ),
)

INTERESTS = Table(
    "interests",
    "Things that people can be interested in; at most 65,535 that anybody chose.",
    ("id",),
    (
        Column("id", ColumnType.BIGINT, "the interest", required=True),
        Column("subject_id", ColumnType.BIGINT, "its subject"),
        Column("slug", ColumnType.TEXT, "its short name, spelled in reasons", required=True),
        Column("name", ColumnType.TEXT, "its name for people"),
    ),
    ("match-scores",),
    indexes=(Index("id", "match-scores", "the slug of a shared interest"),),
    references=(Reference("subject_id", "subjects", "No job reads the subject yet."),),
    rules=(
        Rule(
            ("slug",),
            "t.slug !~ '[^[:space:]]'",
            "slug is an empty text",
            "Reasons read shared_interest_ and no more.",
        ),
    ),
)

USER_INTERESTS = Table(
    "user_interests",
    "Which interests a person chose; at most 500 a person.",
    ("user_id", "interest_id"),
    (
        Column("user_id", ColumnType.BIGINT, "who chose", required=True),
        Column("interest_id", ColumnType.BIGINT, "what", required=True),
        Column("created_at", ColumnType.TIME, "when", required=True, default="'epoch'"),
    ),
    ("user-interest-sets",),
    indexes=(Index("user_id", "user-interest-sets", "one person's interests"),),
    references=(
        Reference("user_id", "users", IGNORED),
        Reference("interest_id", "interests", IGNORED),
    ),
    searches=(
        Search(
            "interest_id",
            ("user_interests.user_id", "user_interests.interest_id"),
            "SELECT user_id, format('user_id=%%s: %%s interests', user_id, count(*))"
            " FROM app.user_interests GROUP BY user_id HAVING count(*) > 500",
            "more than 500 interests for one person",
            "The 500 chosen last count.",
            FaultKind.TOO_MANY,
        ),
        Search(
            "interest_id",
            ("user_interests.interest_id",),
            "SELECT interest_id, format('interest_id=%%s', interest_id)"
            " FROM (SELECT interest_id FROM app.user_interests GROUP BY 1 ORDER BY 1 OFFSET 65535) AS beyond",
            "more than 65,535 different interests; those beyond",
            "match-scores has 65,535 codes for interests, and refuses to run.",
            FaultKind.TOO_MANY,
        ),
    ),
)

TASTE_TABLES = (QUIZ_QUESTIONS, QUIZ_ANSWERS, SUBJECTS, INTERESTS, USER_INTERESTS)
