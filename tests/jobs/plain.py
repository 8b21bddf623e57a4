"""The definitions of docs/algorithms.md in plain Python over the application's rows: slow, and separate."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from statistics import fmean
from typing import Any

from orchestrator.db.engine import Database
from tests.jobs.conftest import rows

Row = tuple[Any, ...]  # Any: what SQL gives
RADIUS_KM = 6371.0088


def unit(vector: list[float]) -> list[float]:
    length = math.sqrt(sum(x * x for x in vector))
    return [x / length for x in vector] if length > 1e-6 else [0.0] * len(vector)


def quiz_vectors(database: Database) -> dict[int, list[float]]:
    """User -> unit vector over the traits by name, of those who answered."""
    questions = {
        row[0]: row[1:]
        for row in rows(database, "SELECT id, trait, key, scale_min, scale_max FROM app.quiz_questions")
    }
    traits = sorted({question[0] for question in questions.values()})
    signed: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    answers = "SELECT user_id, question_id, value FROM app.quiz_answers JOIN app.users AS u ON u.id = user_id"
    for user, question, value in rows(database, answers):
        trait, key, low, high = questions[question]
        if low <= value <= high:
            signed[user][trait].append(key * (2 * (value - low) / (high - low) - 1))
    means = {user: {trait: fmean(z) for trait, z in answered.items()} for user, answered in signed.items()}
    overall = {t: fmean([m[t] for m in means.values() if t in m] or [0.0]) for t in traits}
    return {user: unit([m[t] - overall[t] if t in m else 0.0 for t in traits]) for user, m in means.items()}


@dataclass
class Rated:
    """What ratings come to."""

    overall: float = 5.5
    quality: dict[int, float] = field(default_factory=dict)
    """Of profiles with an overall rating."""
    centred: dict[int, list[float]] = field(default_factory=dict)
    preference: dict[int, list[float]] = field(default_factory=dict)


def ratings(database: Database) -> Rated:
    given = [
        row
        for row in rows(database, "SELECT rater_id, rated_id, attribute, value FROM app.ratings")
        if 1 <= row[3] <= 10 and row[0] != row[1]
    ]
    names = sorted({row[2] for row in given} - {"overall"})
    received: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    everything: dict[str, list[float]] = defaultdict(list)
    for _, user, attribute, value in given:
        received[user][attribute].append(value)
        everything[attribute].append(value)
    result = Rated(fmean(everything["overall"] or [5.5]))
    for user, by_attribute in received.items():
        scores = by_attribute.get("overall", [])
        if scores:
            mean = (sum(scores) + 5 * result.overall) / (len(scores) + 5)
            result.quality[user] = (mean - 1) / 9
        result.centred[user] = [
            fmean(by_attribute[name]) - fmean(everything[name]) if name in by_attribute else 0.0
            for name in names
        ]
    liked: dict[int, list[Row]] = defaultdict(list)
    for row in given:
        if row[2] == "overall":
            liked[row[0]].append(row)
    for rater, own in liked.items():
        middle = fmean(row[3] for row in own)
        result.preference[rater] = unit([
            fmean((row[3] - middle) * result.centred[row[1]][a] for row in own) for a in range(len(names))
        ])  # fmt: skip
    return result


@dataclass
class Person:
    """One person, as the application has them."""

    id: int
    joined: datetime
    shown: bool
    age: int | None
    gender: str | None
    place: tuple[float, float] | None
    seeking: frozenset[str] = frozenset()
    min_age: int | None = None
    max_age: int | None = None
    max_km: float | None = None
    goals: frozenset[str] = frozenset()
    interests: frozenset[int] = frozenset()


class Plain:
    """Scores pairs of a town, one at a time, as they are at midnight of a day."""

    def __init__(self, database: Database, day: date) -> None:
        self.midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        self.people = {person.id: person for person in self._people(database, day)}
        self.quiz = quiz_vectors(database)
        self.rated = ratings(database)
        self.apart = self._apart(database)
        self.hidden: dict[tuple[int, int], datetime] = {}
        for user, other, at in rows(
            database, "SELECT user_id, hidden_user_id, created_at FROM app.hides ORDER BY created_at"
        ):
            self.hidden[user, other] = at

    def best(self, viewer: int, k: int = 200) -> list[tuple[int, float]]:
        """The k best candidates with their scores, the best first."""
        found = [(other, self.score(viewer, other)) for other in self.people if self.fits(viewer, other)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]

    def fits(self, viewer: int, other: int) -> bool:
        u, v = self.people[viewer], self.people[other]
        km = self.distance(u, v)
        return (
            viewer != other
            and all(p.shown and p.age is not None and p.age >= 18 for p in (u, v))
            and all(not a.seeking or b.gender in a.seeking for a, b in ((u, v), (v, u)))
            and all(
                (a.min_age is None or b.age >= a.min_age) and (a.max_age is None or b.age <= a.max_age)  # type: ignore[operator]  # both are adults
                for a, b in ((u, v), (v, u))
            )
            and all(km is None or p.max_km is None or km <= p.max_km for p in (u, v))
            and (viewer, other) not in self.apart
        )

    def score(self, viewer: int, other: int) -> float:
        u, v = self.people[viewer], self.people[other]
        km = self.distance(u, v)
        days = max((self.midnight - v.joined).total_seconds() / 86400, 0)
        total = (
            0.30 * self._fit(self.quiz.get(viewer), self.quiz.get(other))
            + 0.20 * (jaccard(u.interests, v.interests) if u.interests and v.interests else 0)
            + 0.15 * (0.25 if km is None else math.exp(-km / 50))
            + 0.10 * (jaccard(u.goals, v.goals) if u.goals and v.goals else 0.5)
            + 0.05 * age_fit(u, v)
            + 0.08 * self.rated.quality.get(other, (self.rated.overall - 1) / 9)
            + 0.07 * self._fit(self.rated.preference.get(viewer), self.rated.centred.get(other))
            + 0.05 * math.exp(-days / 14)
        )
        if (viewer, other) in self.hidden:
            since = max((self.midnight - self.hidden[viewer, other]).total_seconds() / 86400, 0)
            total *= 1 - 0.9 * math.exp(-since / 90)
        return total

    def distance(self, u: Person, v: Person) -> float | None:
        if u.place is None or v.place is None:
            return None
        (a, b), (c, d) = (tuple(map(math.radians, p)) for p in (u.place, v.place))
        h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
        return 2 * RADIUS_KM * math.asin(math.sqrt(min(1.0, h)))

    @staticmethod
    def _fit(mine: list[float] | None, theirs: list[float] | None) -> float:
        if not mine or not theirs or not any(mine) or not any(theirs):
            return 0.5
        return (1 + sum(a * b for a, b in zip(unit(mine), unit(theirs), strict=True))) / 2

    @staticmethod
    def _people(database: Database, day: date) -> Iterable[Person]:
        wishes = {
            row[0]: row[1:]
            for row in rows(
                database,
                "SELECT user_id, seeking, min_age, max_age, max_distance_km, goals FROM app.preferences",
            )
        }
        chosen: dict[int, set[int]] = defaultdict(set)
        for user, interest in rows(database, "SELECT user_id, interest_id FROM app.user_interests"):
            chosen[user].add(interest)
        users = """SELECT id, created_at, is_active, visibility, birth_date, gender, latitude, longitude
          FROM app.users"""
        for user, joined, active, visibility, born, gender, latitude, longitude in rows(database, users):
            age = born and day.year - born.year - ((day.month, day.day) < (born.month, born.day))
            seeking, low, high, km, goals = wishes.get(user, (None, None, None, None, None))
            yield Person(
                user, joined, active and visibility == "public", age, gender,
                None if latitude is None or longitude is None else (latitude, longitude),
                frozenset(seeking or ()), low, high, km, frozenset(goals or ()), frozenset(chosen[user]),
            )  # fmt: skip

    @staticmethod
    def _apart(database: Database) -> set[tuple[int, int]]:
        both = rows(database, """
            SELECT blocker_id, blocked_id FROM app.blocks
            UNION SELECT reporter_id, reported_user_id FROM app.reports
            UNION SELECT user_a, user_b FROM app.matches""")  # fmt: skip
        decided = rows(database, "SELECT user_id, target_id FROM app.decisions")
        return {(a, b) for a, b in both} | {(b, a) for a, b in both} | {(a, b) for a, b in decided}


def jaccard(a: frozenset[Any], b: frozenset[Any]) -> float:  # Any: whatever they hold
    return len(a & b) / len(a | b)


def age_fit(u: Person, v: Person) -> float:
    misses = []
    for wish, age in ((u, v.age), (v, u.age)):
        if wish.min_age is None or wish.max_age is None or age is None:
            return 0.5
        middle, half = (wish.min_age + wish.max_age) / 2, (wish.max_age - wish.min_age) / 2
        misses.append(abs(age - middle) / (half + 1))
    return min(max(1 - 0.5 * sum(misses), 0), 1)
