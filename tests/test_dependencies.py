"""What cargo-deny would check, as far as it can be checked offline: licences, sources, and no crate twice."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "Unicode-3.0",
    "Zlib",
    "0BSD",
    "Unlicense",
}


@pytest.fixture(scope="module")
def packages() -> list[dict[str, Any]]:  # Any: the JSON of cargo
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout)["packages"])


def test_every_crate_has_a_licence_that_we_may_ship(packages: list[dict[str, Any]]) -> None:
    for package in packages:
        expression = (package["license"] or "").replace("/", " OR ").replace("(", "").replace(")", "")
        needed = [{choice.strip() for choice in part.split(" OR ")} for part in expression.split(" AND ")]
        for choices in needed:
            allowed = {choice for choice in choices if choice in ALLOWED}
            assert allowed, f"{package['name']}: {package['license']}"


def test_every_crate_comes_from_the_registry(packages: list[dict[str, Any]]) -> None:
    foreign = [p["name"] for p in packages if p["source"] and not p["source"].startswith("registry+")]
    assert foreign == []
    assert len(packages) > 1


def test_no_crate_is_there_in_two_versions(packages: list[dict[str, Any]]) -> None:
    twice = [name for name, count in Counter(p["name"] for p in packages).items() if count > 1]
    assert twice == []
