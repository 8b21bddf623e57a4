"""The commands about the schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from ..db.engine import Database
from ..db.runs import Trigger
from ..db.schedules import Schedule, change_schedule, enable_schedule, list_schedules
from ..errors import UsageError
from ..jobs import registry
from ..queue.enqueue import enqueue_job
from ..queue.slots import Misfire, check_cron, slots_after
from ..queue.tick import provide_schedules
from ..settings import Settings, load_settings
from .options import AsJson
from .output import moment, print_json, print_table, say
from .workplace import open_database

app = typer.Typer(help="Show and change when jobs run by themselves.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="A schedule; `schedule list` shows them.")]


@app.command("list")
def show_schedules(as_json: AsJson = False) -> None:
    """Show all schedules and when each fires next."""
    settings = load_settings()
    with open_database(settings) as database:
        schedules = _schedules(database, settings)
    now = datetime.now(UTC)
    upcoming = {one.name: next(slots_after(one.cron, one.time_zone, now)) for one in schedules}
    if as_json:
        print_json(
            [{**_as_json(one), "next": upcoming[one.name] if one.enabled else None} for one in schedules]
        )
        return
    print_table(
        ("Schedule", "Cron", "Time zone", "With", "Misfire", "Next (UTC)"),
        [
            (
                one.name,
                one.cron,
                one.time_zone,
                ", ".join(f"{name}={value}" for name, value in one.parameters.items()),
                one.misfire,
                moment(upcoming[one.name]) if one.enabled else "paused",
            )
            for one in schedules
        ],
    )


@app.command("next")
def show_next(
    name: Name,
    count: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="How many.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show the next slots of a schedule, in its own time zone and in UTC."""
    settings = load_settings()
    with open_database(settings) as database:
        one = _named(_schedules(database, settings), name)
    slots = list(islice(slots_after(one.cron, one.time_zone, datetime.now(UTC)), count))
    local = [slot.astimezone(ZoneInfo(one.time_zone)) for slot in slots]
    if as_json:
        print_json([{"slot": slot, "local": there} for slot, there in zip(slots, local, strict=True)])
        return
    print_table(
        ("UTC", one.time_zone),
        [(moment(slot), f"{there:%a %Y-%m-%d %H:%M %Z}") for slot, there in zip(slots, local, strict=True)],
    )


@app.command("pause")
def pause_schedule(name: Name) -> None:
    """Let a schedule fire no more; slots that go by meanwhile are none."""
    _enable(name, enabled=False)
    say(f"Schedule {name} is paused.")


@app.command("resume")
def resume_schedule(name: Name) -> None:
    """Let a paused schedule fire again, from now on."""
    _enable(name, enabled=True)
    say(f"Schedule {name} fires again.")


@app.command("set")
def set_schedule(
    name: Name,
    cron: Annotated[str | None, typer.Option(metavar="CRON", help="Five fields.")] = None,
    time_zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="IANA name, such as Europe/Berlin.")
    ] = None,
    misfire: Annotated[
        Misfire | None, typer.Option(help="What becomes of slots that went by while no clock ran.")
    ] = None,
) -> None:
    """Change a schedule; it then keeps the change whatever the defaults become."""
    if cron is not None:
        check_cron(cron)
    settings = load_settings() if time_zone is None else load_settings(time_zone=time_zone)
    with open_database(settings) as database:
        _named(_schedules(database, settings), name)
        with database.connection() as connection:
            change_schedule(connection, name, cron=cron, time_zone=time_zone, misfire=misfire)
    say(f"Schedule {name} is changed.")


@app.command("run-now")
def run_now(name: Name, as_json: AsJson = False) -> None:
    """Enqueue what a schedule would, without waiting for its time; its slots stay as they are."""
    settings, now = load_settings(), datetime.now(UTC)
    with open_database(settings) as database:
        one = _named(_schedules(database, settings), name)
        job = registry[one.job]
        given = job.parameters.model_validate(one.parameters)
        with database.connection() as connection:
            made = enqueue_job(
                connection,
                settings,
                job,
                given,
                now=now,
                trigger=Trigger.MANUAL,
                cause=f"schedule {name}, by hand",
            )
    if as_json:
        print_json({**made.record.as_json(), "is_new": made.is_new})
    else:
        say(f"Run {made.record.id} of {job.name} is enqueued{'' if made.is_new else ' already'}.")


def _schedules(database: Database, settings: Settings) -> list[Schedule]:
    provide_schedules(database, settings, registry)
    with database.connection() as connection:
        return list_schedules(connection)


def _named(schedules: list[Schedule], name: str) -> Schedule:
    for one in schedules:
        if one.name == name:
            return one
    raise UsageError(f"there is no schedule {name}; there are: {', '.join(one.name for one in schedules)}")


def _enable(name: str, *, enabled: bool) -> None:
    settings = load_settings()
    with open_database(settings) as database:
        _named(_schedules(database, settings), name)
        with database.connection() as connection:
            enable_schedule(connection, name, enabled=enabled)


def _as_json(one: Schedule) -> dict[str, object]:
    return {
        "name": one.name, "job": one.job, "cron": one.cron, "time_zone": one.time_zone, "misfire": one.misfire,
        "enabled": one.enabled, "parameters": one.parameters,
    }  # fmt: skip
