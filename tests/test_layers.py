"""The directions of imports that pyproject.toml states hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_imports_point_down_the_layers() -> None:
    root = Path(__file__).parent.parent
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=root, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
