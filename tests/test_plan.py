"""From names to an order: needs first, ties as registered, and every mistake named."""

from __future__ import annotations

import pytest

from orchestrator.context import DryRun, JobContext
from orchestrator.errors import PlanError
from orchestrator.plan import check_registry, make_plan
from orchestrator.registry import Budget, Group, Job, Registry


def job(name: str, *needs: str, group: Group = Group.MATCHING, writes: tuple[str, ...] = ()) -> Job:
    def run(_: JobContext) -> None:
        """Do nothing."""

    return Job(
        name=name,
        group=group,
        run=run,
        preview=lambda _: DryRun(items=0, rows_to_scan={}),
        algorithm_version="1",
        budget=Budget(max_rows_scanned=1, max_rows_written=1, expected_runtime_s=1),
        needs=needs,
        writes=writes,
    )


REGISTRY = Registry.of([
    job("scores", "traits", "sets"),
    job("traits"),
    job("sets", group=Group.SEARCH),
    job("alone", group=Group.SEARCH),
])  # fmt: skip


def order(*names: str) -> list[tuple[str, str]]:
    return [(step.job.name, step.reason) for step in make_plan(REGISTRY, names)]


def test_a_job_comes_after_what_it_needs_also_from_other_groups() -> None:
    assert order("scores") == [
        ("traits", "needed by scores"),
        ("sets", "needed by scores"),
        ("scores", "asked for"),
    ]


def test_a_group_means_its_jobs_and_their_needs() -> None:
    assert order("matching") == [
        ("traits", "member of matching"),
        ("sets", "needed by scores"),
        ("scores", "member of matching"),
    ]


def test_a_name_given_twice_runs_once() -> None:
    assert order("traits", "traits", "alone") == [("traits", "asked for"), ("alone", "asked for")]


def test_all_means_every_job() -> None:
    assert [name for name, _ in order("all")] == ["traits", "sets", "alone", "scores"]


def test_a_group_without_jobs_gives_an_empty_plan() -> None:
    assert order("feed") == []


def test_an_unknown_name_is_told_with_those_it_may_mean() -> None:
    with pytest.raises(PlanError, match="unknown job or group: trait; did you mean traits"):
        order("trait")


def test_a_circle_is_told_with_its_path() -> None:
    circle = Registry.of([job("a", "b"), job("b", "c"), job("c", "a")])
    with pytest.raises(
        PlanError, match=r"circle: (a -> c -> b -> a|b -> a -> c -> b|c -> b -> a -> c|a -> b -> c -> a)"
    ):
        check_registry(circle)
