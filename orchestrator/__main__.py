"""The entry of `python -m orchestrator` and of the script `orchestrator`."""

import sys

EXTRAS = {"alembic", "psycopg", "pydantic", "pydantic_settings", "rich", "sqlalchemy", "structlog", "typer"}


def main() -> None:
    """Run the command line; without the packages it needs, say how to install them."""
    try:
        from .cli.app import main as run_command  # noqa: PLC0415 -- only here can their absence be told
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except ModuleNotFoundError as error:
        if error.name == "feedscore._native":
            advice = "the compiled kernels are missing; in a checkout, run: make run"
        elif (error.name or "").partition(".")[0] in EXTRAS:
            advice = f"{error.name} is not installed; run: pip install 'feedscore[jobs,embedded]'"
        else:
            raise
        sys.stderr.write(f"{advice}\n")
        raise SystemExit(1) from None
    raise SystemExit(run_command())


if __name__ == "__main__":
    main()
