"""From the names that somebody asked for to the order in which the jobs run; pure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from .errors import PlanError
from .registry import Group, Job, Registry


@dataclass(frozen=True)
class Step:
    """One job of a plan, and why it is there."""

    job: Job
    reason: str


def make_plan(registry: Registry, names: Sequence[str]) -> tuple[Step, ...]:
    """Order the named jobs, groups or `all` with everything they need; needs come first, ties as registered.

    A group without jobs gives an empty plan.
    PlanError names an unknown name (with the nearest known ones), or the path of a cycle.
    """
    reasons: dict[str, str] = {}
    for name in names:
        for job in _named(registry, name):
            reasons.setdefault(job.name, "asked for" if job.name == name else f"member of {name}")
    waiting = list(reasons)
    while waiting:
        job = registry[waiting.pop(0)]
        for need in job.needs:
            if need not in reasons:
                reasons[need] = f"needed by {job.name}"
                waiting.append(need)
    return tuple(Step(registry[name], reasons[name]) for name in _ordered(registry, set(reasons)))


def check_registry(registry: Registry) -> None:
    """Raise PlanError, with the path, if the needs of the jobs form a cycle."""
    _ordered(registry, set(registry.jobs))


def _named(registry: Registry, name: str) -> list[Job]:
    if name == "all":
        return list(registry)
    if name in registry.jobs:
        return [registry[name]]
    if name in set(Group):
        return registry.in_group(Group(name))
    known = ["all", *Group, *registry.jobs]
    near = difflib.get_close_matches(name, known, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else f"; known are: {', '.join(known)}"
    raise PlanError(f"unknown job or group: {name}{hint}")


def _ordered(registry: Registry, wanted: set[str]) -> list[str]:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for job in registry:
        if job.name in wanted:
            sorter.add(job.name, *(need for need in job.needs if need in wanted))
    try:
        sorter.prepare()
    except CycleError as error:
        raise PlanError(f"jobs need each other in a circle: {' -> '.join(error.args[1])}") from None
    place = {job.name: i for i, job in enumerate(registry)}
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=place.__getitem__)
        ordered += ready
        sorter.done(*ready)
    return ordered
