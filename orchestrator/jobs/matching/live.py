"""Everybody in memory, brought up to date person by person, so that a refresh reads a few rows and not all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import psycopg

from feedscore import MatchIndex, MatchSettings, Population
from feedscore.population import Bool, Float32, Int64
from feedscore.population_rows import join, take

from ..ids import fetch_users, rows_of
from .match_rows import viewer_inputs
from .people import People, load_people
from .vocabulary import Known, VocabularyError

MOST_AMENDED = 1000
"""With more people changed, the columns and the index are made anew."""
LOW = 2**32 - 1


@dataclass(frozen=True, eq=False)
class LiveLists:
    """What is stored for the person of each row."""

    fingerprint: Int64
    """0 = no list, or one that is not to be trusted."""
    stored: Bool
    threshold: Float32
    """The score that it takes to stand in the list; -inf where it is short or missing."""

    @classmethod
    def none(cls, rows: int) -> LiveLists:
        """Nothing is stored for anybody."""
        return cls(np.zeros(rows, np.int64), np.zeros(rows, bool), np.full(rows, -np.inf, np.float32))

    def grown(self, by: int) -> LiveLists:
        """The same with so many rows more for which nothing is stored."""
        new = LiveLists.none(by)
        return LiveLists(
            np.concatenate([self.fingerprint, new.fingerprint]),
            np.concatenate([self.stored, new.stored]),
            np.concatenate([self.threshold, new.threshold]),
        )


class LivePopulation:
    """Everybody as they are known now: the columns as they were read, and on top whoever has changed since."""

    def __init__(self, base: People, as_of: datetime, settings: MatchSettings, version: str) -> None:
        self.as_of = as_of
        self.ids: Int64 = np.asarray(base.population.ids)
        self.inputs = viewer_inputs(base, settings, version)
        self.lists = LiveLists.none(len(self.ids))
        self._settings, self._version, self._base = settings, version, base
        self._vocabulary = base.vocabulary
        self._sorted_ids, self._sorted_rows = self.ids, np.arange(len(self.ids), dtype=np.int64)
        self._changed: Int64 = np.empty(0, np.int64)
        self._changes: Population = take(base.population, self._changed)
        self._build(base.population)

    def rows(self, ids: Int64) -> tuple[Int64, Bool]:
        """Find the rows of ids: of those that are known, and which these are."""
        places, found = rows_of(self._sorted_ids, ids)
        return self._sorted_rows[places], found

    def people(self, rows: Int64) -> People:
        """Give the people of some rows; sparse columns name rows of everybody, and codes are everybody's."""
        return replace(self._base, population=self._population(rows))

    def seen_by(self, ids: Int64) -> Int64:
        """List the ids of the viewers in whose lists some people stand, or should."""
        rows = self.rows(ids)[0].astype(np.uint32)
        return np.asarray(self.ids[self.index.seen_by(rows, self.lists.threshold)])

    def update(self, connection: psycopg.Connection, users: Int64) -> Int64:
        """Read some users again, and whom they are newly kept apart from or no more; give the ids of all that are known.

        VocabularyError where that takes other codes or axes: then everybody has to be read again.
        """
        people = self._read(connection, users)
        extra = np.setdiff1d(self.ids[self._newly_apart(people)], users)
        if len(extra):
            users = np.union1d(users, extra)
            people = self._read(connection, users)
        self._take_in(people, users)
        return np.asarray(users[self.rows(users)[1]])

    def note(self, rows: Int64, fingerprint: Int64, threshold: Float32) -> None:
        """Note what is stored now for some rows."""
        self.lists.fingerprint[rows], self.lists.threshold[rows] = fingerprint, threshold
        self.lists.stored[rows] = True

    def note_absent(self, rows: Int64) -> None:
        """Note that nothing is stored for some rows."""
        self.lists.fingerprint[rows], self.lists.threshold[rows] = 0, -np.inf
        self.lists.stored[rows] = False

    def distrust(self, rows: Int64) -> None:
        """Let the lists of some rows be written anew whatever they hold, and be asked for at every change."""
        self.lists.fingerprint[rows], self.lists.threshold[rows] = 0, -np.inf

    def _read(self, connection: psycopg.Connection, users: Int64) -> People:
        self._admit(fetch_users(connection, users))
        p, interests = self._base.population, self._base.interests
        assert p.interest_people is not None  # noqa: S101 -- whoever reads everybody settles how rare things are
        assert p.goal_people is not None  # noqa: S101 -- the same
        known = Known(
            self._vocabulary, interests.ids, interests.slugs, p.interest_people, p.goal_people, self.rows
        )
        people = load_people(connection, self.as_of, users, known=known)
        for name in ("traits", "rating_preference"):
            if getattr(people.population, name).shape[1] != getattr(p, name).shape[1]:
                raise VocabularyError(f"the axes of {name} have changed")
        self._vocabulary = people.vocabulary
        return people

    def _admit(self, users: Int64) -> None:
        """Give rows to users who are new."""
        new = users[~self.rows(users)[1]]
        if not len(new):
            return
        rows = np.arange(len(self.ids), len(self.ids) + len(new))
        places = np.searchsorted(self._sorted_ids, new)
        self._sorted_ids = np.insert(self._sorted_ids, places, new)
        self._sorted_rows = np.insert(self._sorted_rows, places, rows)
        self.ids = np.concatenate([self.ids, new])
        self.inputs = np.concatenate([self.inputs, np.zeros(len(new), np.int64)])
        self.lists = self.lists.grown(len(new))

    def _newly_apart(self, people: People) -> Int64:
        """List the rows of others who have to forget, or to learn, that they are kept apart from these people."""
        rows, _ = self.rows(people.population.ids)
        known = rows[rows < self._described]
        old, new = _pairs(known, self._population(known)), _pairs(rows, people.population)
        gained, lost = np.setdiff1d(new, old) & LOW, np.setdiff1d(old, new) & LOW
        return np.union1d(gained[np.isin(gained, people.mutual)], lost)

    def _take_in(self, people: People, users: Int64) -> None:
        """Put people in the place of what was known of them; users who are gone can be matched no more."""
        rows, _ = self.rows(people.population.ids)
        self.inputs[rows] = viewer_inputs(people, self._settings, self._version, self.ids)
        gone = np.setdiff1d(self.rows(users)[0], rows)
        gone = gone[gone < self._described]
        left = self._population(gone)
        kept = np.flatnonzero(~np.isin(self._changed, np.concatenate([rows, gone])))
        parts = [
            take(self._changes, kept),
            people.population,
            replace(left, active=np.zeros(len(gone), bool)),
        ]
        changed = np.concatenate([self._changed[kept], rows, gone])
        order = np.argsort(changed)
        self._changed, self._changes = changed[order], take(join(parts), order)
        if len(changed) > MOST_AMENDED:
            self._build(self._population(np.arange(self._described)))
        else:
            self.index.amend(self._changed.astype(np.uint32), self._changes, total=len(self.ids))

    @property
    def _described(self) -> int:
        """The number of rows of which anything is known; those behind are just coming in."""
        last = int(self._changed[-1]) + 1 if len(self._changed) else 0
        return max(len(self._columns), last)

    def _build(self, everybody: Population) -> None:
        """Take over columns of everybody, and build the index."""
        self._columns, self.index = everybody, MatchIndex(everybody, self._settings)
        self._changed = np.empty(0, np.int64)
        self._changes = take(everybody, self._changed)

    def _population(self, rows: Int64) -> Population:
        """Give the columns of some rows as they are now."""
        places, changed = rows_of(self._changed, rows)
        parts = [take(self._columns, rows[~changed]), take(self._changes, places)]
        order = np.empty(len(rows), np.int64)
        order[np.concatenate([np.flatnonzero(~changed), np.flatnonzero(changed)])] = np.arange(len(rows))
        return take(join(parts), order)


def _pairs(rows: Int64, population: Population) -> Int64:
    """Give each pair that is kept apart as one number: the row of the viewer, and in the low half that of the other."""
    viewers = np.repeat(rows, np.diff(population.excluded_offsets))
    return viewers << 32 | population.excluded_rows.astype(np.int64)
