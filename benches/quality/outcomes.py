"""What became of the dates, beside what was known before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from feedscore import MatchSettings
from feedscore.population import Bool, Float64, Int64
from orchestrator.source.importers.speed_dating_file import SpeedDating

SCORE, SIMILARITY, RATINGS = "match score v1", "similarity alone (quiz)", "rating factors alone"


@dataclass(frozen=True, eq=False)
class Outcome:
    """One thing that can become of a date, an entry for each side of each date that it is known of."""

    name: str
    label: Bool
    viewer: Int64
    wave: Int64
    order: Int64
    """The how manieth date of the evening for the viewer, from 1."""
    scores: Mapping[str, Float64]
    """What is to be judged -> the viewer's score of the other one."""

    def only(self, chosen: Bool) -> Outcome:
        """Leave out the other entries."""
        return Outcome(
            name=self.name,
            label=self.label[chosen],
            viewer=self.viewer[chosen],
            wave=self.wave[chosen],
            order=self.order[chosen],
            scores={name: score[chosen] for name, score in self.scores.items()},
        )


def outcomes(experiment: SpeedDating, factors: Mapping[str, Float64]) -> list[Outcome]:
    """Bring the labels of the experiment together with the scores of each date, by factor."""
    dates, scores = experiment.dates, _judged(factors)
    found = []
    for name, labels in (
        ("`dec`: the viewer wants to meet again", [date.liked for date in dates]),
        ("`match`: both want to meet again", [date.matched for date in dates]),
    ):
        outcome = Outcome(
            name=name,
            label=np.array([bool(label) for label in labels]),
            viewer=np.array([date.rater for date in dates], np.int64),
            wave=np.array([date.wave for date in dates], np.int64),
            order=np.array([date.order for date in dates], np.int64),
            scores=scores,
        )
        found.append(outcome.only(np.array([label is not None for label in labels])))
    return found


def _judged(factors: Mapping[str, Float64]) -> dict[str, Float64]:
    weights: Sequence[str] = ("rating_quality", "rating_fit")
    settings = MatchSettings()
    ratings = sum(
        (getattr(settings, f"{name}_weight") * factors[name] for name in weights),
        np.zeros_like(factors["score"]),
    )
    return {
        SCORE: factors["score"],
        SIMILARITY: factors["quiz"],
        RATINGS: ratings,
        "rating_quality alone": factors["rating_quality"],
        "rating_fit alone": factors["rating_fit"],
        "match score v1 without ratings": factors["score"] - ratings,
        "interests alone": factors["interests"],
        "goals alone": factors["goals"],
        "proximity alone": factors["proximity"],
    }
