"""A whole synthetic town, as columns: the same number of people, seed and time give the same bits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ...errors import UsageError
from .activity import EVENTS_PER_PERSON, Activity, activity_of, check_counts
from .character import Character, make_character
from .cities import Cities, Places, make_places, read_cities
from .encounters import Encounters, Society, make_encounters
from .interests import Interests, make_interests
from .people import People, make_people
from .posts import POSTS_PER_PERSON
from .preferences import Preferences, make_preferences
from .quiz import Quiz, make_quiz
from .ratings import Ratings, make_ratings
from .relations import Relations, make_relations

MOST_PEOPLE = 10_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Town:
    """Everything that the application's tables will hold; row i of every column is the person with id i + 1."""

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
    until: datetime
    """When the last event happened."""
    events: int
    posts: int
    """How many there will be."""

    def __len__(self) -> int:
        return len(self.people)

    @cached_property
    def activity(self) -> Activity:
        """The posts and events, made when they are first asked for."""
        return activity_of(
            self.people,
            self.interests,
            seed=self.seed,
            now=self.until,
            events=self.events,
            posts=self.posts,
        )


def make_town(
    people: int,
    seed: int,
    now: datetime,
    *,
    events: int | None = None,
    posts: int | None = None,
    until: datetime | None = None,
) -> Town:
    """Make a town of `people` people as it would stand at `now`, which must carry a time zone.

    With None, there are 60 events and 2 posts a person, and what people do with posts and write to each other
    ends at `now`; a later `until` lets it go on while the people stay the same. UsageError names the argument
    that cannot be used.
    """
    until = now if until is None else until
    if not 1 <= people <= MOST_PEOPLE:
        raise UsageError(f"people must be from 1 to {MOST_PEOPLE:,} (got {people})")
    if seed < 0:
        raise UsageError(f"seed must be 0 or more (got {seed})")
    if now.tzinfo is None:
        raise UsageError(f"now must carry a time zone (got {now.isoformat()})")
    if until.tzinfo is None or until < now:
        raise UsageError(f"until must carry a time zone and not be before now (got {until.isoformat()})")
    events = EVENTS_PER_PERSON * people if events is None else events
    posts = POSTS_PER_PERSON * people if posts is None else posts
    check_counts(events, posts)
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
        until=until,
        events=events,
        posts=posts,
    )
