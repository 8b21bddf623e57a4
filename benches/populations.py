"""The corpus of the benches: the synthetic town as a Population, in memory, without a database.

Corpus: `orchestrator town`; seed 1 unless told otherwise; the moment NOW. What is made once is kept in the
system's temporary folder, under a name that changes with the code that makes it.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from feedscore import Population
from feedscore.population import Float32, Int64, UInt32
from orchestrator.jobs.matching import ratings as job_ratings
from orchestrator.jobs.matching import traits as job_traits
from orchestrator.source import town as town_package
from orchestrator.source.town import Town, make_town
from orchestrator.source.town.quiz import SCALE_MAX, SCALE_MIN
from orchestrator.source.town.relations import Pairs

SEED = 1
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS_PER_DAY = 86_400.0
RATING_PRIOR_WEIGHT = 5.0


def town_population(people: int, seed: int = SEED) -> Population:
    """Make the population of a town, or read the one made before."""
    path = Path(tempfile.gettempdir()) / "feedscore-benches" / f"town-{people}-{seed}-{corpus_code()}.npz"
    if path.exists():
        with np.load(path) as columns:
            return Population(**columns)
    population = from_town(make_town(people, seed, NOW))
    path.parent.mkdir(exist_ok=True)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, **{name: column for name, column in vars(population).items() if column is not None})
    partial.rename(path)
    return population


def without_distance_limits(population: Population) -> Population:
    """The same people, everybody within everybody's reach."""
    return replace(population, max_distance_km=np.full(len(population), np.inf, np.float32))


def from_town(town: Town) -> Population:
    """Turn a town into the columns that match scoring reads, by the jobs' own pure functions."""
    people, wishes, places, n = town.people, town.preferences, town.places, len(town)
    excluded_offsets, excluded_rows, _ = _pairs(n, *_exclusions(town))
    hidden_days = (NOW.timestamp() - town.relations.hides.at) / SECONDS_PER_DAY
    hidden = _pairs(n, town.relations.hides.one, town.relations.hides.other, hidden_days)
    quality, rated, preference, attributes = _ratings(town)
    return Population(
        ids=people.ids,
        active=people.is_active & ~people.hidden,
        age=np.where(np.isnat(people.birth_date), 0, people.true_age).astype(np.uint8),
        gender=np.where(people.gender_known, people.true_gender + 1, 0).astype(np.uint8),
        seeking=wishes.seeking.astype(np.uint64) << np.uint64(1),
        min_age=wishes.min_age,
        max_age=wishes.max_age,
        placed=places.known,
        latitude=np.where(places.known, places.latitude, 0.0),
        longitude=np.where(places.known, places.longitude, 0.0),
        max_distance_km=np.where(np.isnan(wishes.max_distance_km), np.inf, wishes.max_distance_km).astype(
            np.float32
        ),
        traits=_traits(town),
        interest_offsets=town.interests.offsets,
        interest_codes=town.interests.codes,
        goals=wishes.goals.astype(np.uint64),
        goal_count=np.bitwise_count(wishes.goals).astype(np.uint8),
        rating_quality=quality,
        rated=rated,
        rating_preference=preference,
        rating_attributes=attributes,
        days_since_joined=((NOW.timestamp() - people.created_at) / SECONDS_PER_DAY).astype(np.float32),
        excluded_offsets=excluded_offsets,
        excluded_rows=excluded_rows,
        hidden_offsets=hidden[0],
        hidden_rows=hidden[1],
        hidden_days=hidden[2].astype(np.float32),
    )


def _traits(town: Town) -> Float32:
    questions, answers = town.quiz.questions, town.quiz.answers
    trait = np.array([questions.traits.index(name) for name in questions.trait])
    totals = job_traits.TraitTotals(len(town), len(questions.traits))
    for start in range(0, len(town), 50_000):
        person, question = np.nonzero(answers[start : start + 50_000])
        person += start
        value = answers[person, question].astype(np.float64)
        totals.add(
            person,
            trait[question],
            questions.key[question],
            np.full(len(value), SCALE_MIN),
            np.full(len(value), SCALE_MAX),
            value,
        )
    return totals.vectors().vectors


def _ratings(town: Town) -> tuple[Float32, np.ndarray, Float32, Float32]:
    """Quality, whether rated, preference and attributes, as ratings-aggregate and match-scores make them."""
    given = town.ratings
    pair, column = np.nonzero(given.values)
    attributes = given.values.shape[1] - 1
    rows = job_ratings.Ratings(
        rater=given.rater[pair],
        rated=given.rated[pair],
        attribute=np.where(column == 0, attributes, column - 1),
        value=given.values[pair, column].astype(np.float64),
        people=len(town),
        attributes=attributes,
    )
    means, profiles = job_ratings.global_means(rows), job_ratings.profile_ratings(rows)
    quality = job_ratings.quality(profiles, means.overall, RATING_PRIOR_WEIGHT)
    return (
        quality.astype(np.float32),
        profiles.overall_count > 0,
        job_ratings.preferences(rows, profiles, means).vectors,
        job_ratings.centred_attributes(profiles, means).astype(np.float32),
    )


def _exclusions(town: Town) -> tuple[Int64, Int64]:
    """Blocks, reports and matches both ways, decisions one way."""
    relations = town.relations
    mutual: list[Pairs] = [relations.blocks, relations.reports, relations.matches]
    viewers = [relations.decisions.one, *(p.one for p in mutual), *(p.other for p in mutual)]
    others = [relations.decisions.other, *(p.other for p in mutual), *(p.one for p in mutual)]
    return np.concatenate(viewers), np.concatenate(others)


def _pairs(
    people: int, viewer: Int64, other: Int64, value: np.ndarray | None = None
) -> tuple[Int64, UInt32, np.ndarray]:
    """Make a CSR, each pair once; of values that one pair has several of, the smallest."""
    value = np.zeros(len(viewer)) if value is None else value
    order = np.lexsort((value, other, viewer))
    viewer, other, value = viewer[order], other[order], value[order]
    first = np.ones(len(viewer), bool)
    first[1:] = (np.diff(viewer) != 0) | (np.diff(other) != 0)
    counts = np.bincount(viewer[first], minlength=people)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return offsets, other[first].astype(np.uint32), value[first]


def corpus_code() -> str:
    """Fingerprint the code that decides what a population looks like."""
    folder = Path(str(town_package.__file__)).parent
    sources = [
        Path(__file__),
        Path(job_traits.__file__),
        Path(job_ratings.__file__),
        *sorted(folder.iterdir()),
    ]
    digest = hashlib.sha256()
    for path in sources:
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
