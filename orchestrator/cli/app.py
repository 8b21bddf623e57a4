"""The command line: which commands there are, and what becomes of the errors they raise."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from types import FrameType
from typing import Annotated, NoReturn

import psycopg
import sqlalchemy.exc
import structlog
import typer

from ..db.faults import explain
from ..errors import ExitCode, FeedscoreError
from ..jobs import registry
from ..log import set_up_logging
from ..registry import Group
from ..settings import load_settings
from . import db, import_people, runs, schedule, source
from .affinity import affinity
from .config import masked, show_config
from .doctor import doctor
from .emit import emit_event
from .enqueue import cancel, enqueue, pause_runs, resume_runs, retry
from .explain import explain_pair
from .feed import feed
from .list_jobs import list_jobs, show_plan
from .output import remark, say
from .run import run
from .serve import serve, serve_process
from .status import status
from .suggest import suggest
from .town import town
from .trending import trending
from .workers import clock, clock_process, refresher, up, worker, worker_process

log = structlog.get_logger()
WIDTH_OF_HELP = 110
JOBS = (
    f"Jobs: {', '.join(registry.jobs)}. Groups: {', '.join(g for g in Group if registry.in_group(g))}, all."
)

app = typer.Typer(
    name="orchestrator",
    no_args_is_help=True,
    rich_markup_mode=None,  # help and wrong use in plain text: the same on a terminal and in a pipe
    pretty_exceptions_enable=False,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": WIDTH_OF_HELP,
        "terminal_width": None if sys.stdout.isatty() else WIDTH_OF_HELP,
    },
)
app.command("run", epilog=JOBS)(run)
app.command("list")(list_jobs)
app.command("plan")(show_plan)
app.command("suggest")(suggest)
app.command("explain")(explain_pair)
app.command("affinity")(affinity)
app.command("trending")(trending)
app.command("feed")(feed)
app.add_typer(runs.app, name="runs")
app.command("up")(up)
app.command("enqueue", epilog=JOBS)(enqueue)
app.command("status")(status)
app.command("emit")(emit_event)
app.command("cancel")(cancel)
app.command("retry")(retry)
app.command("pause")(pause_runs)
app.command("resume")(resume_runs)
app.command("worker")(worker)
app.command("worker-process", hidden=True)(worker_process)
app.command("clock")(clock)
app.command("clock-process", hidden=True)(clock_process)
app.command("serve")(serve)
app.command("serve-process", hidden=True)(serve_process)
app.command("refresher")(refresher)
app.add_typer(schedule.app, name="schedule")
app.command("town")(town)
app.add_typer(import_people.app, name="import")
app.add_typer(source.app, name="source")
app.add_typer(db.app, name="db")
app.command("config")(show_config)
app.command("doctor")(doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"feedscore {version('feedscore')}")
        raise typer.Exit


@app.callback()
def orchestrator(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Precomputed match scores and feeds: run the jobs, see what they found and why.

    Start with `orchestrator run`: without a database of yours it uses an embedded one and a made-up town.

    \b
    Examples:
      orchestrator run                        match scores and feeds, and a look at one person's
      orchestrator run all --stale            every job, only what is out of date
      orchestrator plan match-scores          what would run, and why
      orchestrator runs                       what ran, and how it ended
      orchestrator up                         workers and a clock, so that nobody has to run anything
      orchestrator doctor                     what could be wrong

    Exit codes: 0 done, 1 failed, 2 wrong use, 3 some items failed, 5 already running, 130 interrupted.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; errors become one sentence on stderr."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _set_up_logging()
        app(args=arguments, prog_name="orchestrator")
    except SystemExit as ended:
        return _flushed(int(ended.code or 0) if not isinstance(ended.code, str) else ExitCode.FAILED)
    except FeedscoreError as error:
        return _told(error, masked(str(error)), error.exit_code)
    except (psycopg.Error, sqlalchemy.exc.DBAPIError) as error:
        cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
        said = explain(cause) if isinstance(cause, psycopg.Error) else str(cause)
        return _told(error, masked(said), ExitCode.FAILED)
    except KeyboardInterrupt as error:
        return _told(error, "Interrupted.", ExitCode.INTERRUPTED)
    except BrokenPipeError:
        return _flushed(ExitCode.FAILED)
    return ExitCode.DONE


def _told(error: BaseException, sentence: str, code: ExitCode) -> int:
    remark(sentence, "red")
    log.debug("where it failed", exc_info=error)
    return code


def _flushed(code: int) -> int:
    """Swallow the end of a pipe that nobody reads any more, such as that of `| head`."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE if code == ExitCode.FAILED else code
    return code


def _set_up_logging() -> None:
    try:
        level = load_settings().log_level
    except FeedscoreError:  # the command itself says it, if it needs the settings
        level = "WARNING"
    set_up_logging(level, terminal=sys.stderr.isatty())


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """Take SIGTERM like Ctrl-C, so that everything is closed on the way out."""
    del number, frame
    raise KeyboardInterrupt
