"""Import the speed dating experiment: dates among people, in evenings that the file calls waves.

What becomes of the columns, and what is made up because the file does not say it:

* app.users: id is iid. gender 0 is woman, 1 is man. birth_date is half a year more than `age` years before
  the import, so that the person has that age today. The place is that of `zipcode` (which is where the person
  grew up) in geo/us_zip.csv beside the data set's folder, if it is there: thousands commas are taken out and
  leading zeros given back, both counted; foreign and unknown codes are named, and the place stays unknown.
  display_name is made up.
* app.preferences: everybody seeks the other sex, as the evenings were arranged; no limits of age or distance.
  goals is the reason for taking part (1 to 5); 6, "other", is no goal.
* app.quiz_questions, quiz_answers: 17 ratings of activities and 5 self ratings, 1 to 10, a trait each.
* app.interests, user_interests: the activities rated 7 or higher.
* app.ratings: attr, sinc, intel, fun, amb and shar, and like as `overall`; 1 to 10 as given.
* app.decisions, matches: only when asked for, since they hide from each other the very pairs that met.
* Times are made up: the last evening was 30 days before the import, each earlier one 30 days before the next;
  dates take 4 minutes each in the rater's `order`; people joined a day before their evening.

Which rows and values are left out: see speed_dating_file.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from .csv_file import find_file
from .findings import Findings
from .imported import Imported
from .speed_dating_file import SpeedDating, read_speed_dating
from .speed_dating_rows import decision_tables, speed_dating_tables
from .zip_codes import UNKNOWN_MARKS, Place, locate, read_zip_codes, repair_zip_code, zip_folder

FILE_NAME = "waves_1_12.csv"


def find_speed_dating(path: Path) -> Path:
    """Find the file: `path` itself, or in a folder, or in speed_dating/ of the data folder."""
    if not path.is_dir():
        return path
    inner = path / "speed_dating"
    return find_file(inner if inner.is_dir() else path, FILE_NAME)


def import_speed_dating(path: Path, now: datetime, *, with_decisions: bool = False) -> Imported:
    """Turn the file into rows of the application's tables as they would stand at `now`."""
    findings = Findings()
    experiment = read_speed_dating(find_speed_dating(path), findings)
    places, notes = find_places(experiment, findings)
    tables = speed_dating_tables(experiment, places, now.timestamp())
    if with_decisions:
        tables += decision_tables(experiment, now.timestamp())
    notes.append("names, times and the day of birth are made up: the file has none")
    return Imported(tables, findings, notes)


def find_places(experiment: SpeedDating, findings: Findings) -> tuple[dict[int, Place], list[str]]:
    """Find where people come from."""
    folder = zip_folder(experiment.file)
    if folder is None:
        return {}, ["all places are unknown: there is no geo/us_zip.csv.gz beside the data set's folder"]
    known, found = read_zip_codes(folder, findings), {}
    for dater in experiment.people.values():
        if dater.zip_code in UNKNOWN_MARKS:
            continue
        place, reason = locate(repair_zip_code(dater.zip_code, findings), known)
        if place:
            found[dater.id] = place
        else:
            findings.skip_value(experiment.file, dater.line, "zipcode", dater.zip_code, reason)
    return found, []
