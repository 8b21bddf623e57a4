"""What is done to a running system: its processes are killed and frozen, its Redis is emptied, its Postgres crashes."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import redis

from orchestrator.db.embedded import EmbeddedServer

from ..running import Running

OTHERS: Mapping[str, str] = {
    "somebody:else": "1",
    "rq:queue:default": "not ours",
    "rq:scheduler:scheduled_jobs": "2",
}
"""Keys of others in the same Redis."""
LONGEST_FREEZE_S = 20.0
AWAY_S = 30.0


class Saboteur:
    """Does one of these things at a time, and counts what it did."""

    def __init__(self, running: Running, seed: int) -> None:
        self.done: Counter[str] = Counter()
        self._running = running
        self._server = EmbeddedServer(running.folder)
        self._moments = random.Random(seed)
        self._thaws: list[threading.Timer] = []
        self._broker = redis.Redis(unix_socket_path=str(running.folder / "redis" / "redis.sock"))
        self._ways: Mapping[str, tuple[int, Callable[[], bool]]] = {
            "a run's process killed": (6, lambda: self._kill("horse")),
            "a worker killed": (3, lambda: self._kill("worker")),
            "a worker and its run killed": (2, self._kill_both),
            "a worker asked to end": (1, lambda: self._kill("worker", signal.SIGTERM)),
            "a run's process frozen": (2, self._freeze),
            "the clock killed": (2, lambda: self._kill("clock")),
            "another child killed": (2, lambda: self._kill("child")),
            "Redis killed": (2, lambda: self._kill("redis")),
            "Redis emptied": (1, self._empty_redis),
            "Postgres crashed": (1, self._crash_postgres),
            "a backend of Postgres killed": (1, self._kill_backend),
            "`up` killed and started again": (1, self._kill_up),
        }

    def strike(self, *, only: frozenset[str] = frozenset()) -> None:
        """Do one thing, chosen at random."""
        names = [name for name in self._ways if not only or name in only]
        while names:
            (name,) = self._moments.choices(names, [self._ways[name][0] for name in names])
            if self._ways[name][1]():
                self.done[name] += 1
                return
            names.remove(name)  # nothing there to do it to

    def strike_each(self, gap_s: float) -> None:
        """Do every thing once, in an order chosen at random."""
        names = list(self._ways)
        self._moments.shuffle(names)
        for name in names:
            self.strike(only=frozenset({name}))
            time.sleep(self._moments.uniform(0.5, 1.5) * gap_s)

    def keep_redis_away(self) -> None:
        """Kill Redis whenever it comes back, for half a minute."""
        until = time.monotonic() + AWAY_S
        while time.monotonic() < until:
            self._kill("redis")
            time.sleep(0.05)
        self.done["Redis away for half a minute"] += 1

    def leave_keys(self) -> None:
        """Put keys of others into Redis."""
        with contextlib.suppress(redis.RedisError):
            self._broker.mset(OTHERS)

    def keys_of_others(self) -> dict[str, str | None]:
        """What is in Redis and is not ours, with the values of what was left there."""
        names = [
            name for name in map(bytes.decode, self._broker.scan_iter()) if not name.startswith("feedscore:")
        ]
        values = {name: self._broker.get(name) for name in names if self._broker.type(name) == b"string"}
        return {
            name: value.decode() if isinstance(value := values.get(name), bytes) else None for name in names
        }

    def end(self) -> None:
        """Leave everything alone from now on."""
        self.thaw()
        self._broker.close()

    def thaw(self) -> None:
        """Let whatever is frozen go on at once."""
        for timer in self._thaws:
            timer.cancel()
            timer.function(*timer.args)
        self._thaws.clear()

    def _kill(self, role: str, number: signal.Signals = signal.SIGKILL) -> bool:
        found = [one.pid for one in self._running.processes() if one.role == role]
        return bool(found) and _send(self._moments.choice(found), number)

    def _kill_both(self) -> bool:
        found = [one.pid for one in self._running.processes() if one.role in {"worker", "horse"}]
        return [_send(pid, signal.SIGKILL) for pid in found] != []

    def _freeze(self) -> bool:
        found = [one.pid for one in self._running.processes() if one.role == "horse"]
        if not found or not _send(pid := self._moments.choice(found), signal.SIGSTOP):
            return False
        timer = threading.Timer(self._moments.uniform(0.5, LONGEST_FREEZE_S), _send, (pid, signal.SIGCONT))
        timer.start()
        self._thaws.append(timer)
        return True

    def _empty_redis(self) -> bool:
        try:
            self._broker.flushall()
        except redis.RedisError:
            return False
        self.leave_keys()
        return True

    def _crash_postgres(self) -> bool:
        pid = _postmaster(self._server)
        return pid is not None and _send(pid, signal.SIGQUIT)

    def _kill_backend(self) -> bool:
        """Let all of Postgres go down and up again by itself, as after an end for lack of memory."""
        parent = _postmaster(self._server)
        found = [
            pid
            for pid in map(int, _children(parent))
            if b"[local]" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        return bool(found) and _send(self._moments.choice(found), signal.SIGKILL)

    def _kill_up(self) -> bool:
        if not _send(self._running.process.pid, signal.SIGKILL):
            return False
        self._running.process.wait()
        self._running.start()
        return True


def _postmaster(server: EmbeddedServer) -> int | None:
    with contextlib.suppress(OSError, IndexError, ValueError):  # it is down, or just coming up
        return int(Path(server.cluster / "postmaster.pid").read_text().split()[0])
    return None


def _children(parent: int | None) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return []


def _send(pid: int, number: signal.Signals) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False
