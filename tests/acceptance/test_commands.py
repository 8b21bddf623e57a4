"""From an empty folder to suggestions, and through every way in which a run can be cut short."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.db.embedded import EmbeddedServer
from orchestrator.errors import ExitCode
from orchestrator.jobs import registry

from .conftest import Home

DIGEST = """
SELECT md5(string_agg(md5(l::text), '' ORDER BY viewer_id))
FROM (SELECT viewer_id, candidate_ids, scores, facts FROM feed.match_list) AS l
"""
LAST_RUN = "SELECT to_json(r) FROM feed.job_run AS r WHERE job = 'match-scores' ORDER BY id DESC LIMIT 1"
# Makes each batch of match-scores take a tenth of a second, so that a test can get in between.
SLOW_DOWN = """
CREATE FUNCTION slow_down() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM pg_sleep(0.1) FROM feed.job_run WHERE id = NEW.run_id AND job = 'match-scores';
  RETURN NEW;
END $$;
CREATE TRIGGER slow_down BEFORE INSERT ON feed.job_batch FOR EACH ROW EXECUTE FUNCTION slow_down();
"""
COMMITTING = """
SELECT run_id FROM feed.job_batch JOIN feed.job_run ON id = run_id
WHERE job = 'match-scores' AND pid = {pid} GROUP BY run_id HAVING count(*) > 4
"""
FEED_JOBS = ("content-features", "trending", "affinity", "feed-presort")
QUARTER_S = 900
MATCH = ("run", "match-scores", "--batch-size", "20")


@pytest.fixture(scope="module")
def first(home: Home) -> subprocess.CompletedProcess[str]:
    """The very first command in the folder."""
    return home.run("run")


@pytest.fixture(scope="module")
def server(home: Home, first: subprocess.CompletedProcess[str]) -> Iterator[EmbeddedServer]:
    """The server of the folder, kept running so that commands need not start it, with a smaller town."""
    server = home.server
    server.acquire()
    home.run("town", "--people", "600", "--replace")
    home.run("run", "match-scores")
    home.sql(SLOW_DOWN)
    yield server
    server.release()


def wait_for_batches(home: Home, process: subprocess.Popen[str]) -> int:
    """Wait until this process has committed some batches of match-scores; give the number of the run."""
    while not (found := home.sql(COMMITTING.format(pid=process.pid))):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    return int(str(found[0][0]))


def last_run(home: Home) -> dict[str, Any]:  # Any: a row as JSON
    record = home.sql(LAST_RUN)[0][0]
    assert isinstance(record, dict)
    return record


def test_an_empty_folder_becomes_suggestions_in_one_command(
    home: Home, first: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == ExitCode.DONE, first.stderr
    assert first.stdout.count("SUCCESS") == 8
    for word in (
        "The best suggestions for ",
        "quiz_compatible_",
        " likes, from ",
        "The feed of ",
        "actions a day",
    ):
        assert word in first.stdout
    assert "Trending posts" in first.stdout or "Posts that were considered" in first.stdout
    for command in ("suggest", "affinity", "feed"):
        assert f"python -m orchestrator {command} " in first.stdout
    assert not (home.folder / ".feedscore" / "postgres" / "postmaster.pid").exists()


def test_the_second_run_changes_nothing(home: Home, server: EmbeddedServer) -> None:
    done = home.run("run", "match-scores", "--json")
    assert done.returncode == ExitCode.DONE, done.stderr
    *_, record = json.loads(done.stdout)["runs"]
    assert (record["status"], record["metadata"]["rows_written"]) == ("SUCCESS", 0)
    assert {json.loads(line)["event"] for line in done.stderr.splitlines()} == {
        "started",
        "progress",
        "ended",
    }


def test_some_users_alone_are_a_scope_of_their_own(home: Home, server: EmbeddedServer) -> None:
    viewer = str(home.sql("SELECT min(viewer_id) FROM feed.match_list")[0][0])
    done = home.run("run", "match-scores", "--userId", viewer, "--json")
    assert done.returncode == ExitCode.DONE, done.stderr
    runs = json.loads(done.stdout)["runs"]
    assert {run["scope"] for run in runs} == {f"users:{viewer}"}
    assert [run["job"] for run in runs][-1] == "match-scores"


def test_a_rehearsal_runs_nothing(home: Home, server: EmbeddedServer) -> None:
    before = home.sql("SELECT count(*) FROM feed.job_run")
    done = home.run("run", "all", "--dry-run", "--json")
    assert done.returncode == ExitCode.DONE, done.stderr
    assert {job["job"] for job in json.loads(done.stdout)["jobs"]} >= {"match-scores", "build-user-traits"}
    assert home.sql("SELECT count(*) FROM feed.job_run") == before


def test_sigterm_cancels_and_the_same_command_goes_on(home: Home, server: EmbeddedServer) -> None:
    process = home.start(*MATCH)
    wait_for_batches(home, process)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "match-scores was cancelled" in err
    cancelled = last_run(home)
    again = home.run(*MATCH)
    assert again.returncode == ExitCode.DONE, again.stderr
    resumed = last_run(home)
    assert (cancelled["status"], resumed["status"], resumed["resumed_from"]) == (
        "CANCELLED",
        "SUCCESS",
        cancelled["id"],
    )
    assert resumed["metadata"]["items_resumed"] == cancelled["items_processed"] > 0


def test_a_killed_run_goes_on_to_the_same_rows(home: Home, server: EmbeddedServer) -> None:
    undisturbed = home.sql(DIGEST)
    home.sql("TRUNCATE feed.match_list")
    process = home.start(*MATCH)
    wait_for_batches(home, process)
    process.kill()
    process.wait()
    again = home.run(*MATCH)
    assert again.returncode == ExitCode.DONE, again.stderr
    assert last_run(home)["metadata"]["items_resumed"] > 0
    assert home.sql(DIGEST) == undisturbed


def test_a_second_run_of_the_same_job_is_refused(home: Home, server: EmbeddedServer) -> None:
    process = home.start(*MATCH)
    running = wait_for_batches(home, process)
    process.send_signal(signal.SIGSTOP)
    refused = home.run("run", "match-scores", "--json")
    process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert refused.returncode == ExitCode.ALREADY_RUNNING
    assert f"match-scores (all) is already running: run {running} on " in refused.stderr
    assert f"process {process.pid}, since" in refused.stderr
    assert [run["status"] for run in json.loads(refused.stdout)["runs"]] == ["SUCCESS"] * 3 + ["SKIPPED"]


def test_a_database_that_goes_away_is_told_in_a_sentence_and_nothing_is_lost(
    home: Home, server: EmbeddedServer
) -> None:
    undisturbed = home.sql(DIGEST)
    process = home.start(*MATCH)
    wait_for_batches(home, process)
    postmaster = int((server.cluster / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGQUIT)  # ends at once, as in a crash
    _, err = process.communicate(timeout=60)
    again = home.run(*MATCH)
    server.release()
    server.acquire()
    assert process.returncode == ExitCode.FAILED
    # Who hears of it first, and in which words, is up to the moment.
    assert "match-scores failed: " in err or "the next run will resume" in err
    assert "Traceback" not in err
    assert again.returncode == ExitCode.DONE, again.stderr
    assert home.sql(DIGEST) == undisturbed


def test_feeds_come_from_an_empty_schema_and_then_nothing_changes(home: Home, server: EmbeddedServer) -> None:
    home.sql("DROP SCHEMA feed CASCADE")
    assert home.run("db", "init").returncode == ExitCode.DONE
    first = runs_of(home, "feed")
    assert all(first[job]["metadata"]["rows_written"] > 0 for job in FEED_JOBS)
    quarter = time.time() // QUARTER_S
    again = runs_of(home, "feed")
    if time.time() // QUARTER_S != quarter:  # trending has moved on in between
        again = runs_of(home, "feed")
    assert {job: run["metadata"].get("rows_written", 0) for job, run in again.items()} == dict.fromkeys(
        again, 0
    )


def test_all_jobs_run_after_what_they_need(home: Home, server: EmbeddedServer) -> None:
    order = list(runs_of(home, "all"))
    assert {job.name for job in registry} == set(order)
    for job in registry:
        assert all(order.index(need) < order.index(job.name) for need in job.needs)


def runs_of(home: Home, name: str) -> dict[str, dict[str, Any]]:  # Any: a row as JSON
    """Run a job or group, which must end well; give the runs by job, in order."""
    done = home.run("run", name, "--json")
    assert done.returncode == ExitCode.DONE, done.stderr
    runs = {run["job"]: run for run in json.loads(done.stdout)["runs"]}
    assert {run["status"] for run in runs.values()} == {"SUCCESS"}
    return runs


def test_a_reader_that_stops_reading_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m orchestrator config | head -n 1"
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.stdout.startswith("Setting")
    assert done.stderr == ""


def test_missing_packages_are_named_with_the_remedy(tmp_path: Path) -> None:
    program = "import sys; sys.modules['typer'] = None; from orchestrator.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.returncode == ExitCode.FAILED
    assert done.stderr == "typer is not installed; run: pip install 'feedscore[jobs,embedded]'\n"
