"""What will each reader open next week? Affinity profiles in which articles stand in for creators."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from feedscore.affinity import AffinityEvents
from feedscore.affinity_profiles import AffinityProfiles
from feedscore.feed_settings import AffinitySettings
from feedscore.population import Bool, Float32, Float64, Int64
from feedscore.posts import EventKind

from .auc import auc
from .deskdrop_days import OPEN_WINDOW, popularity
from .deskdrop_log import DAY, Log
from .ranking import highest, ranks, recall

TOPS = (10, 50)
WEEK = 7 * DAY
FIRST_WEEKS = 5
SETTINGS = AffinitySettings()
WINDOW = int(SETTINGS.window_days) * DAY
PROFILE = "articles of the profile, by weight"
LATEST, OFTEN = "the reader's articles, latest first", "the reader's articles, most events first"
LIKE_PROFILE = "articles read together with those of the profile, by weight"
LIKE_ALL = "articles read together with any of the reader's, all alike"
POPULAR, READ_WEEK = "popularity", "readers of the last 7 days"
BOTH = "mean rank of popularity and the articles read together with the profile's"

OWN = frozenset({PROFILE, LATEST, OFTEN})
"""These rank nothing but what the reader has touched."""
COLUMNS = ("all, at 10", "all, at 50", "touched before, at 10", "new, at 10", "new, at 50", "new, AUC")


@dataclass(frozen=True, eq=False)
class Weeks:
    """How the rankings did for every reader with a profile, in every week in which the reader did something."""

    user: Int64
    """(m,) ids."""
    figures: dict[str, Float64]
    """(m, 6) for each ranking, in the order of COLUMNS; NaN where nothing was to be found.

    Recall among all articles; among those that the reader touched in the window before; among the others. The AUC is
    that of the others that existed and that anybody touched in the week: was it the reader?
    """
    existed: dict[str, float]
    """Share of the articles to be found that existed before the week: of all, and of the new ones."""


def next_weeks(log: Log) -> Weeks:
    """Judge all readers in all weeks, each with what was known at its beginning."""
    users: list[int] = []
    figures: dict[str, list[list[float]]] = defaultdict(list)
    existing: list[float] = []
    existing_new: list[float] = []
    for number in range(FIRST_WEEKS, int((log.at[-1] - log.at[0]) / WEEK)):
        week = _Week(log, log.at[0] + number * WEEK)
        for place, user in enumerate(week.profiles.user_ids.tolist()):
            wanted = week.wanted(user)
            if not len(wanted):
                continue
            known = week.known(place)
            users.append(user)
            existing += week.existed[wanted].tolist()
            existing_new += week.existed[wanted[~known[wanted]]].tolist()
            for name, scores in week.scores(place).items():
                figures[name].append(_judge(scores, wanted, known, week.alive & ~known))
    return Weeks(
        np.array(users, np.int64),
        {name: np.array(rows) for name, rows in figures.items()},
        {"all": float(np.mean(existing or [0.0])), "new": float(np.mean(existing_new or [0.0]))},
    )


class _Week:
    """What is known at the beginning of a week, and what happens in it."""

    def __init__(self, log: Log, cut: np.datetime64) -> None:
        past, following = log.between(cut - WINDOW, cut), log.between(cut, cut + WEEK)
        self.profiles = profiles(log, past, cut)
        self.existed: Bool = log.first_at < cut
        self.alive: Bool = self.existed & (log.readers(following) > 0)
        self._next = np.unique(np.stack([log.user[following], log.article[following]]), axis=1)
        users, row = np.unique(log.user[past], return_inverse=True)
        profiled = np.searchsorted(users, self.profiles.user_ids)
        shape = (len(users), len(log.articles))
        touched = np.zeros(shape, np.float32)
        np.add.at(touched, (row, log.article[past]), 1.0)
        self._often = touched[profiled]
        self._latest = np.zeros(shape)
        np.maximum.at(self._latest, (row, log.article[past]), log.at[past].astype(np.float64))
        self._latest = self._latest[profiled]
        near = together(np.minimum(touched, 1.0))
        self._profile = _dense(self.profiles, log.articles)
        self._like_profile = self._profile @ near
        self._like_all = np.minimum(self._often, 1.0) @ near
        self._popular = popularity(log, cut, OPEN_WINDOW, opened=EventKind.PROFILE_VIEW)
        self._read = log.readers(log.between(cut - WEEK, cut)).astype(np.float64)

    def wanted(self, user: int) -> Int64:
        """Give the articles that the reader touches in the week."""
        users, articles = self._next
        return np.asarray(articles[users == user], np.int64)

    def known(self, place: int) -> Bool:
        """Tell which articles the reader touched in the window before."""
        return np.asarray(self._often[place] > 0)

    def scores(self, place: int) -> dict[str, Float64]:
        """Score all articles for one reader; 0 = not ranked."""
        like_profile = self._like_profile[place].astype(np.float64)
        return {
            PROFILE: self._profile[place].astype(np.float64),
            LATEST: self._latest[place],
            OFTEN: self._often[place].astype(np.float64),
            LIKE_PROFILE: like_profile,
            LIKE_ALL: self._like_all[place].astype(np.float64),
            POPULAR: self._popular,
            READ_WEEK: self._read,
            BOTH: np.where(self._popular > 0, ranks(self._popular) + ranks(like_profile), 0.0),
        }


def profiles(log: Log, past: Bool, cut: np.datetime64) -> AffinityProfiles:
    """Let the kernel profile everybody from the events of the past."""
    nobody = np.empty(0, np.int64)
    collected = AffinityEvents(log.posts(), cut, SETTINGS, excluded_users=nobody, excluded_creators=nobody)
    collected.add(log.events(past, opened=EventKind.VIEW))
    return collected.profiles()


def together(touched: Float32) -> Float32:
    """Give the cosine of the readers of every two articles, 0 of an article with itself."""
    length = np.sqrt(touched.sum(axis=0))
    cosine = touched.T @ touched / np.maximum(np.outer(length, length), 1.0)
    np.fill_diagonal(cosine, 0.0)
    return np.asarray(cosine, np.float32)


def _dense(found: AffinityProfiles, articles: Int64) -> Float32:
    """Lay out the weights of the profiles, (users, articles)."""
    weights = np.zeros((len(found), len(articles)), np.float32)
    row = np.repeat(np.arange(len(found)), np.diff(found.creator_offsets))
    weights[row, np.searchsorted(articles, found.creator_ids)] = found.creator_weights
    return weights


def _judge(scores: Float64, wanted: Int64, known: Bool, alive_new: Bool) -> list[float]:
    """Give the figures of one ranking for one reader and week, in the order of COLUMNS."""
    some = np.where(scores > 0, scores, -np.inf)
    is_wanted = np.zeros(len(scores), np.bool_)
    is_wanted[wanted] = True
    figures = []
    for left_out, tops in ((np.zeros_like(known), TOPS), (~known, TOPS[:1]), (known, TOPS)):
        to_find = frozenset(np.flatnonzero(is_wanted & ~left_out).tolist())
        found = highest(np.where(left_out, -np.inf, some), TOPS[-1])
        figures += [recall(found[:top], to_find) for top in tops]
    return [*figures, auc(is_wanted[alive_new], scores[alive_new])]
