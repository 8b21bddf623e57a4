"""What a job is: a frozen record of its name, group, needs, parameters, budget, schedule and version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .context import DryRun, JobContext, JobParameters
from .errors import PlanError


class Group(StrEnum):
    """The groups of jobs; a group's name may stand wherever a job's name may."""

    MATCHING = "matching"
    FEED = "feed"
    SEARCH = "search"
    MAINTENANCE = "maintenance"
    MEDIA = "media"
    QUIZ = "quiz"
    PROFILE = "profile"


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a nightly run over everybody may cost at most."""

    max_rows_scanned: int
    max_rows_written: int
    expected_runtime_s: float


@dataclass(frozen=True)
class Stage:
    """One step of a whole, which begins when the one before has ended well."""

    name: str
    run: Callable[[JobContext], None]
    is_split: bool = True
    """Done for each shard; else once."""
    goes_on: bool = False
    """Goes on with what an earlier stage left in its process: that process comes first, for a few seconds."""


@dataclass(frozen=True, kw_only=True)
class Sharding:
    """How a run over everybody is split into parts for several workers."""

    stages: tuple[Stage, ...]
    """In their order. The last is not split: it closes the whole."""
    people_per_s: float
    """On one thread, before any run has told better."""
    one_for_each_worker: bool = False
    """Each shard reads through a large table as a whole: there are no more of them than workers."""
    not_when: str | None = None
    """A parameter that chooses few of the people: a run with it is not split."""

    def has(self, name: str) -> bool:
        """Tell whether there is a stage of this name."""
        return any(stage.name == name for stage in self.stages)

    def stage(self, name: str) -> Stage:
        """Find a stage; KeyError if there is none of this name."""
        return {stage.name: stage for stage in self.stages}[name]


@dataclass(frozen=True, kw_only=True)
class Timetable:
    """When a job runs by itself, and with which parameters."""

    name: str
    cron: str
    parameters: Mapping[str, Any] = field(default_factory=dict)  # Any: whatever JSON can hold


LONGEST_WINDOW_S = 86_400
"""Runs are remembered for a day at least."""


@dataclass(frozen=True, kw_only=True)
class PerUser:
    """How often a job may run for one user: so many runs within any so many seconds."""

    runs: int
    window_s: int

    def __post_init__(self) -> None:
        if self.runs < 1 or self.window_s < 1:
            raise PlanError(f"limit: runs and window_s must be 1 or more (got {self.runs}, {self.window_s})")
        if self.window_s > LONGEST_WINDOW_S:
            raise PlanError(
                f"limit: window_s must be at most a day, {LONGEST_WINDOW_S} (got {self.window_s})"
            )

    def __str__(self) -> str:
        times = "once" if self.runs == 1 else f"{self.runs} times"
        return f"{times} in {self.window_s:,} seconds"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job. The first line of `run`'s docstring is its help."""

    name: str
    group: Group
    run: Callable[[JobContext], None]
    preview: Callable[[JobContext], DryRun]
    algorithm_version: str
    budget: Budget
    needs: tuple[str, ...] = ()
    parameters: type[JobParameters] = JobParameters
    schedule: str | None = None
    """Cron expression, in the time zone of the schedule."""
    more_schedules: tuple[Timetable, ...] = ()
    """Further ones, with parameters."""
    priority: int = 50
    """0 to 100: queue high from 70, medium from 30, else low."""
    priority_by_name: int | None = None
    """Of runs for named users, where it is another one."""
    max_attempts: int = 3
    """How often an enqueued run is tried."""
    limit: PerUser | None = None
    """How often it may be enqueued for one user; what an event calls for waits for its time instead."""
    sharding: Sharding | None = None
    """How an enqueued run over everybody is split where it is large; None = it is not."""
    examples: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    """Tables of schema feed that this job, and no other, writes."""

    def priority_of(self, parameters: JobParameters) -> int:
        """Tell the priority of a run with these parameters."""
        named = self.priority_by_name if parameters.user_id else None
        return self.priority if named is None else named

    @property
    def timetables(self) -> tuple[Timetable, ...]:
        """All schedules of the job: the one of its name runs it over everybody."""
        own = (Timetable(name=self.name, cron=self.schedule),) if self.schedule else ()
        return (*own, *self.more_schedules)

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return (self.run.__doc__ or "").strip().split("\n")[0]


@dataclass(frozen=True)
class Registry:
    """All jobs by name; building it checks names, needs, writers and docstrings."""

    jobs: dict[str, Job] = field(default_factory=dict)

    @classmethod
    def of(cls, jobs: Iterable[Job]) -> Registry:
        """Collect the jobs; PlanError names what is twice, unknown or undocumented."""
        by_name: dict[str, Job] = {}
        writers: dict[str, str] = {}
        scheduled: set[str] = set()
        for job in jobs:
            if job.name in by_name:
                raise PlanError(f"two jobs have the name {job.name}")
            if job.name in {*Group, "all"}:
                raise PlanError(f"job {job.name} has the name of a group")
            if not job.summary.endswith("."):
                raise PlanError(f"job {job.name}: the docstring must start with a sentence")
            for timetable in job.timetables:
                if timetable.name in scheduled:
                    raise PlanError(f"two schedules have the name {timetable.name}")
                scheduled.add(timetable.name)
                unknown = set(timetable.parameters) - set(job.parameters.model_fields)
                if unknown:
                    raise PlanError(
                        f"schedule {timetable.name}: parameter {min(unknown)} is none of {job.name}"
                    )
            for table in job.writes:
                if table in writers:
                    raise PlanError(f"table {table} is written by both {writers[table]} and {job.name}")
                writers[table] = job.name
            by_name[job.name] = job
        for job in by_name.values():
            for need in job.needs:
                if need not in by_name:
                    raise PlanError(f"job {job.name} needs {need}, which is not a job")
        return cls(by_name)

    def __iter__(self) -> Iterator[Job]:
        return iter(self.jobs.values())

    def __getitem__(self, name: str) -> Job:
        return self.jobs[name]

    def in_group(self, group: Group) -> list[Job]:
        """List the jobs of one group, in the order they were registered."""
        return [job for job in self if job.group == group]
