"""Who supervises outlives what is supervised, and what is supervised does not outlive who does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import redis

from orchestrator.db.engine import Database
from orchestrator.queue.children import Child
from orchestrator.queue.supervise import Supervisor
from orchestrator.settings import Settings

# A process and its child, which prints its process id.
PARENT = """
import os, time
from orchestrator.queue.lifeline import end_with
prepare = end_with(os.getpid())
if os.fork() == 0:
    prepare()
    print(os.getpid(), flush=True)
time.sleep(60)
"""


def test_a_child_ends_with_a_parent_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_step_that_fails_in_an_unknown_way_ends_no_supervisor(
    database: Database, settings: Settings, broker_settings: Settings, broker: redis.Redis
) -> None:
    class Strange(Child):
        """Asks for the end, and fails."""

        def keep(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            raise RuntimeError("nobody has seen this before")

    reachable = settings.model_copy(update={"data_dir": broker_settings.data_dir})
    supervisor = Supervisor(reachable, database, [Strange("strange", [])])
    supervisor.run()
    assert not broker.exists("feedscore:queue:high")
