"""One report for the whole run: filled by the benches, printed and saved at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from .arena import Rival, rivals
from .machine import add_limits, build
from .populations import corpus_code
from .report import Report

REPORT = pytest.StashKey[Report]()
BUILD = pytest.StashKey[tuple[str, str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `--full` add what takes an hour."""
    parser.addoption("--full", action="store_true", help="also 1,000,000 people: long, and 20 GB of disk")
    parser.addoption("--quick", action="store_true", help="10,000 people only: a look at whether all works")


def pytest_configure(config: pytest.Config) -> None:
    """Begin the report."""
    config.stash[REPORT] = Report()
    config.stash[BUILD] = build(), corpus_code()


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    """The report of this run, the limits of the machine in it."""
    begun = request.config.stash[REPORT]
    add_limits(begun)
    return begun


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the long benches were asked for."""
    return bool(request.config.getoption("--full"))


@pytest.fixture(scope="session")
def quick(request: pytest.FixtureRequest) -> bool:
    """Whether only the small sizes were asked for."""
    return bool(request.config.getoption("--quick"))


@pytest.fixture(scope="session")
def peers() -> dict[str, Rival]:
    """All peers, compiled, warmed up and checked on a small town."""
    return rivals()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the tables and goals, and save them."""
    report = config.stash[REPORT]
    if report.tables:
        if (build(), corpus_code()) != config.stash[BUILD]:
            report.warnings.append(
                "kernels or town changed during this run: its figures are of more than one"
            )
        terminalreporter.write_line(report.text())
        path = report.save()
        terminalreporter.write_line(
            f"\nWritten to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}"
        )
