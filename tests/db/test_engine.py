"""The embedded server: started when needed, shared, and stopped by its last user."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from orchestrator.db.embedded import EmbeddedServer
from orchestrator.db.engine import Database
from orchestrator.errors import DatabaseError
from orchestrator.settings import load_settings


def runs(data_dir: Path) -> bool:
    return (data_dir / "postgres" / "postmaster.pid").exists()


def test_the_last_user_stops_the_server(tmp_path: Path) -> None:
    first, second = EmbeddedServer(tmp_path), EmbeddedServer(tmp_path)
    first.acquire()
    second.acquire()
    first.release()
    with psycopg.connect(second.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    second.release()
    assert not runs(tmp_path)


def test_two_commands_that_start_it_at_once_both_get_it(tmp_path: Path) -> None:
    program = (
        "import sys, psycopg; from pathlib import Path; from orchestrator.db.embedded import EmbeddedServer\n"
        "server = EmbeddedServer(Path(sys.argv[1])); server.acquire()\n"
        "print(psycopg.connect(server.url).execute('SELECT 1').fetchone()[0])"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=120)[0].strip() for process in both] == ["1", "1"]
    assert not runs(tmp_path)


def test_a_killed_user_does_not_keep_the_server_alive(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from orchestrator.db.embedded import EmbeddedServer\n"
        "EmbeddedServer(Path(sys.argv[1])).acquire(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=120)
    assert runs(tmp_path)
    server = EmbeddedServer(tmp_path)
    server.acquire()
    server.release()
    assert not runs(tmp_path)


def test_a_folder_with_a_very_long_name_works(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / ("long" * 30))
    server.acquire()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.release()


def test_a_database_out_of_reach_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDSCORE_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/none")
    with (
        Database(load_settings()) as database,
        pytest.raises(DatabaseError, match=r"cannot reach .*127\.0\.0\.1:1/none") as caught,
        database.connection(),
    ):
        pass
    assert "secret" not in str(caught.value)
