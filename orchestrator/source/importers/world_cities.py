"""Read cities and draw homes in them: geo/world_cities.csv.

A row is skipped where the country is missing, the place is not on Earth, or the population is not above 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feedscore.population import Bool, Float64

from ..town.cities import KM_PER_DEGREE, PEOPLE_PER_CITY, SPREAD_KM
from .csv_file import find_file, read_rows
from .findings import Findings
from .zip_codes import parse_place

NEEDED = ("countrycode", "lat", "lon", "population")


@dataclass(frozen=True, eq=False)
class CountryCities:
    """The cities of one country, largest first."""

    latitude: Float64
    longitude: Float64
    population: Float64


@dataclass(frozen=True, eq=False)
class Homes:
    """Where n people live."""

    known: Bool
    latitude: Float64
    longitude: Float64


def read_world_cities(folder: Path, findings: Findings) -> dict[str, CountryCities]:
    """Read country code -> cities from world_cities.csv in a folder."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for row in read_rows(find_file(folder, "world_cities.csv"), NEEDED, findings):
        place, population = parse_place(row["lat"], row["lon"]), row["population"]
        if not row["countrycode"]:
            findings.skip_row(row.file, row.line, "countrycode", "", "missing")
        elif place is None:
            findings.skip_row(
                row.file, row.line, "lat, lon", f"{row['lat']}, {row['lon']}", "no place on Earth"
            )
        elif not population.isdecimal() or int(population) == 0:
            findings.skip_row(row.file, row.line, "population", population, "not a whole number above 0")
        else:
            found.setdefault(row["countrycode"], []).append((float(population), *place))
    countries = {}
    for country, cities in found.items():
        population_column, latitude, longitude = np.array(sorted(cities, reverse=True)).T
        countries[country] = CountryCities(latitude, longitude, population_column)
    return countries


def draw_homes(
    countries: dict[str, CountryCities], country: Sequence[str], random: np.random.Generator
) -> Homes:
    """Give each person a home in a large city of their country, by population, scattered by 12 km.

    A country gets one city for each 33 people, so that they have neighbours. Where it has none, the place is
    unknown.
    """
    codes = np.array(country)
    homes = Homes(np.zeros(len(codes), bool), np.zeros(len(codes)), np.zeros(len(codes)))
    for name in sorted(countries.keys() & set(country)):
        people, cities = np.flatnonzero(codes == name), countries[name]
        used = min(len(cities.population), max(1, len(people) // PEOPLE_PER_CITY))
        share = cities.population[:used] / cities.population[:used].sum()
        city = random.choice(used, len(people), p=share)
        north, east = random.standard_normal((2, len(people))) * SPREAD_KM / KM_PER_DEGREE
        latitude = np.clip(cities.latitude[city] + north, -89.9, 89.9)
        longitude = cities.longitude[city] + east / np.cos(np.radians(latitude))
        homes.latitude[people] = latitude.round(5)
        homes.longitude[people] = (((longitude + 180) % 360) - 180).round(5)
        homes.known[people] = True
    return homes
