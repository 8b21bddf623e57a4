"""A whole synthetic town, as columns: the same number of people, seed and time give the same bits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...errors import UsageError
from .character import Character, make_character
from .cities import Cities, Places, make_places, read_cities
from .encounters import Encounters, Society, make_encounters
from .interests import Interests, make_interests
from .people import People, make_people
from .preferences import Preferences, make_preferences
from .quiz import Quiz, make_quiz
from .ratings import Ratings, make_ratings
from .relations import Relations, make_relations

MOST_PEOPLE = 10_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Town:
    """Everything that the application's tables will hold; row i of every column is the person with id i + 1.

    Tables without a part here (messages, posts, media, ...) stay empty.
    """

    seed: int
    now: datetime
    cities: Cities
    places: Places
    people: People
    preferences: Preferences
    character: Character
    quiz: Quiz
    interests: Interests
    encounters: Encounters
    ratings: Ratings
    relations: Relations

    def __len__(self) -> int:
        return len(self.people)


def make_town(people: int, seed: int, now: datetime) -> Town:
    """Make a town of `people` people as it would stand at `now`, which must carry a time zone.

    UsageError names the argument that cannot be used.
    """
    if not 1 <= people <= MOST_PEOPLE:
        raise UsageError(f"people must be from 1 to {MOST_PEOPLE:,} (got {people})")
    if seed < 0:
        raise UsageError(f"seed must be 0 or more (got {seed})")
    if now.tzinfo is None:
        raise UsageError(f"now must carry a time zone (got {now.isoformat()})")
    second = float(int(now.timestamp()))
    everybody = make_people(people, seed, second)
    character = make_character(people, seed)
    places = make_places(people, seed)
    preferences = make_preferences(everybody.true_age, everybody.true_gender, seed)
    society = Society(everybody, places, preferences, character)
    encounters = make_encounters(society, seed, second)
    return Town(
        seed=seed,
        now=now,
        cities=read_cities(),
        places=places,
        people=everybody,
        preferences=preferences,
        character=character,
        quiz=make_quiz(everybody, character, seed, second),
        interests=make_interests(everybody, character, seed, second),
        encounters=encounters,
        ratings=make_ratings(encounters, character, seed),
        relations=make_relations(encounters, character, seed, second),
    )
