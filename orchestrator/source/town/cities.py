"""The cities people live in: real places and real sizes, from cities.csv."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from feedscore.population import Bool, Float64, Int64

from .streams import Part, stream

PEOPLE_PER_CITY = 33
"""A small town gets fewer cities, the largest ones, so that people still have neighbours."""
KM_PER_DEGREE = 111.195
SPREAD_KM = 12.0
SPREAD_POPULATION = 300_000
UNKNOWN_PLACE = 0.01


@dataclass(frozen=True, eq=False)
class Cities:
    """The cities of cities.csv, largest first."""

    name: tuple[str, ...]
    region: tuple[str, ...]
    latitude: Float64
    longitude: Float64
    population: Int64


@dataclass(frozen=True, eq=False)
class Places:
    """Where each of n people lives."""

    city: Int64
    """(n,) row of `Cities`; known to the town even where the person gave no place."""
    known: Bool
    """(n,) whether the person gave a place."""
    latitude: Float64
    longitude: Float64
    """(n,) degrees, to 5 decimals."""


@cache
def read_cities() -> Cities:
    """Read cities.csv."""
    text = files(__package__).joinpath("cities.csv").read_text("utf-8")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    return Cities(
        name=tuple(row["name"] for row in rows),
        region=tuple(row["region"] for row in rows),
        latitude=np.array([float(row["latitude"]) for row in rows]),
        longitude=np.array([float(row["longitude"]) for row in rows]),
        population=np.array([int(row["population"]) for row in rows], np.int64),
    )


def make_places(people: int, seed: int) -> Places:
    """Give each person a city by its population, and a home that is scattered around its centre.

    The scatter is 12 km in a city of 300,000 and grows slowly with the city.
    """
    cities, random = read_cities(), stream(seed, Part.PLACES)
    used = min(len(cities.name), max(1, people // PEOPLE_PER_CITY))
    share = cities.population[:used] / cities.population[:used].sum()
    city = random.choice(used, size=people, p=share).astype(np.int64)
    spread_km = SPREAD_KM * (cities.population[city] / SPREAD_POPULATION) ** 0.15
    north, east = random.standard_normal((2, people)) * spread_km
    latitude = cities.latitude[city] + north / KM_PER_DEGREE
    longitude = cities.longitude[city] + east / (KM_PER_DEGREE * np.cos(np.radians(latitude)))
    return Places(city, random.random(people) >= UNKNOWN_PLACE, latitude.round(5), longitude.round(5))
