"""The command that runs jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from ..db.engine import Database
from ..errors import ParameterError
from ..runner import Stop, preview_plan, run_plan
from ..settings import load_settings
from .choice import chosen_steps, job_names, parameters_for
from .options import AsJson
from .progress import reporter_on_stderr
from .run_report import show_previews, show_result
from .tour import furnish, show_example
from .workplace import open_database

MAIN_JOB = "feed-presort"
"""Needs every other job that makes something to show."""
# Ids among the given ones that no user has.
UNKNOWN_USERS = """
SELECT id FROM unnest(%s::bigint[]) AS given(id)
WHERE NOT EXISTS (SELECT FROM app.users AS u WHERE u.id = given.id)
"""


UserIds = Annotated[
    list[int] | None,
    typer.Option("--user-id", "--userId", metavar="N", help="Only this user; repeat for several."),
]
PostIds = Annotated[
    list[int] | None, typer.Option("--post-id", metavar="N", help="Only this post; repeat for several.")
]
Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="[JOB|GROUP|all]...", help="What to run.", autocompletion=job_names),
]
Size = Annotated[int | None, typer.Option(metavar="N", help="Items in one batch, each committed by itself.")]
Fetch = Annotated[int | None, typer.Option(metavar="N", help="Rows fetched from the database at a time.")]
Pause = Annotated[int | None, typer.Option(metavar="MS", help="Milliseconds to rest between two batches.")]
Limit = Annotated[
    int | None, typer.Option(metavar="N", help="At most this many items; needs are done in full.")
]
Stale = Annotated[
    bool, typer.Option("--stale", help="Only what is past its time to live, or has new inputs.")
]
Active = Annotated[bool, typer.Option("--active", help="Only people who were here in the last days.")]
Changed = Annotated[
    bool, typer.Option("--changed", help="Only people with 100 or more actions since their profile.")
]
Incremental = Annotated[
    bool, typer.Option("--incremental", help="Only merge what is newer into the stored feeds.")
]
SegmentSize = Annotated[int | None, typer.Option(metavar="N", help="Items of one segment of a feed.")]
MaxSegments = Annotated[int | None, typer.Option(metavar="N", help="Segments of one feed, at most.")]
Rehearse = Annotated[bool, typer.Option("--dry-run", help="Say what would run, over how many rows.")]


def run(
    names: Names = None,
    user_id: UserIds = None,
    post_id: PostIds = None,
    batch_size: Size = None,
    candidate_batch_size: Fetch = None,
    pause_ms: Pause = None,
    limit: Limit = None,
    stale: Stale = False,
    active: Active = False,
    changed: Changed = False,
    incremental: Incremental = False,
    segment_size: SegmentSize = None,
    max_segments: MaxSegments = None,
    dry_run: Rehearse = False,
    as_json: AsJson = False,
) -> None:
    """Run jobs and everything they need, in order.

    With no name: everything that feeds need, and a look at what was found. With no database configured, an embedded
    Postgres is used, and filled with a made-up town if it is empty and no job was named. Ctrl-C finishes the
    batch at hand and stops; the same command goes on where it stopped.

    \b
    Examples:
      orchestrator run match-scores
      orchestrator run matching --dry-run
      orchestrator run match-scores --user-id 8 --user-id 17
      orchestrator run all --stale --json
    """
    given = {
        "user_id": tuple(user_id) if user_id else None,
        "post_id": tuple(post_id) if post_id else None,
        "batch_size": batch_size,
        "candidate_batch_size": candidate_batch_size,
        "pause_ms": pause_ms,
        "limit": limit,
        "stale": stale or None,
        "active": active or None,
        "changed": changed or None,
        "incremental": incremental or None,
        "segment_size": segment_size,
        "max_segments": max_segments,
    }
    steps = chosen_steps(names or [MAIN_JOB])
    parameters = parameters_for(steps, {name: value for name, value in given.items() if value is not None})
    settings, now = load_settings(), datetime.now(UTC)
    with open_database(settings) as database:
        if not names:
            furnish(database, now)
        check_users(database, user_id or [])
        if dry_run:
            show_previews(preview_plan(database, settings, steps, parameters, now=now), as_json=as_json)
            return
        stop = Stop()
        with stop.on_signals(), reporter_on_stderr() as reporter:
            result = run_plan(database, settings, steps, parameters, now=now, reporter=reporter, stop=stop)
        show_result(result, as_json=as_json)
        if not names and not as_json and not result.exit_code:
            show_example(database, now)
    raise typer.Exit(result.exit_code)


def check_users(database: Database, user_ids: Sequence[int]) -> None:
    """Raise ParameterError naming the ids that no user has."""
    if not user_ids:
        return
    with database.connection() as connection:
        unknown = [str(row[0]) for row in connection.execute(UNKNOWN_USERS, (list(user_ids),))]
    if unknown:
        raise ParameterError(f"--user-id: no such user in app.users: {', '.join(unknown)}")
