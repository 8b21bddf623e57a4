"""Open a run over everybody as a whole of several parts, where it is large enough for that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from ..context import JobParameters
from ..db.parts import Part, Planned
from ..db.runs import RunRecord
from ..db.wholes import count_people, cut_people, latest_pace, open_whole, parts_of
from ..registry import Job, Sharding
from ..settings import Settings
from .begin import Opener

Range = tuple[int | None, int | None]
"""The first id, and the first that follows it; None where there is no bound."""
EVERYBODY: Range = (None, None)
HOLD_S = 5.0
"""Until then a process has long come back for the parts that go on with what it has."""


@dataclass(frozen=True)
class Size:
    """How large a run over everybody is."""

    people: int
    shards: int
    """1: it is not split."""
    expected_s: float
    """Of one worker, for all of it."""


def is_whole(job: Job, parameters: JobParameters) -> bool:
    """Tell whether a run of the job with these parameters is over everybody and may be split."""
    if not job.sharding or parameters.user_id or parameters.limit is not None:
        return False
    return not (job.sharding.not_when and getattr(parameters, job.sharding.not_when))


def size_of(
    connection: psycopg.Connection, job: Job, parameters: JobParameters, settings: Settings, workers: int
) -> Size:
    """Choose the number of shards: about `shard_s` seconds of a worker each, and one for each worker at least.

    What the latest runs over everybody took tells what this one will; before there is one, the number of people.
    """
    assert job.sharding  # noqa: S101 -- narrows the type
    people = count_people(connection)
    seen = latest_pace(connection, job.name, job.algorithm_version, parameters.model_dump(mode="json"))
    paces = [seconds / before for seconds, before in seen] or [1 / job.sharding.people_per_s]
    expected_s = people * sorted(paces)[len(paces) // 2]
    shards = math.ceil(expected_s / settings.shard_s)
    if shards > 1:
        shards = workers if job.sharding.one_for_each_worker else max(shards, workers)
        shards = min(shards, people)
    return Size(people, max(shards, 1), expected_s)


def opener_of(sharding: Sharding, size: Size) -> Opener:
    """Make the function that turns a run into a whole if its size, or the whole that it resumes, asks for it."""

    def open_if_large(
        connection: psycopg.Connection, record: RunRecord, before: RunRecord | None
    ) -> RunRecord:
        former = before if before and before.shards else None
        ranges = _ranges_of(connection, former) if former else _cut(connection, size.shards)
        if len(ranges) < 2:
            return record
        return open_whole(connection, record, plan_parts(sharding, ranges), former.id if former else None)

    return open_if_large


def plan_parts(sharding: Sharding, ranges: Sequence[Range]) -> list[Planned]:
    """Lay out the parts of a whole: of each stage one for each range, or one; each stage needs the one before."""
    planned: list[Planned] = []
    needs: tuple[int, ...] = ()
    for stage in sharding.stages:
        first = len(planned)
        spans = ranges if stage.is_split else [EVERYBODY]
        planned += [
            Planned(
                Part(stage.name, number, len(spans), *span),
                needs,
                hold_s=HOLD_S if stage.goes_on else 0.0,
                closes=stage is sharding.stages[-1],
            )
            for number, span in enumerate(spans, 1)
        ]
        needs = tuple(range(first, len(planned)))
    return planned


def _cut(connection: psycopg.Connection, shards: int) -> list[Range]:
    bounds = cut_people(connection, shards) if shards > 1 else []
    return list(zip([None, *bounds], [*bounds, None], strict=True))


def _ranges_of(connection: psycopg.Connection, before: RunRecord) -> list[Range]:
    parts = [part.part or {} for part in parts_of(connection, before.id)]
    spans = {part["number"]: (part.get("first_id"), part.get("end_id")) for part in parts if part["of"] > 1}
    return [spans[number] for number in sorted(spans)]
