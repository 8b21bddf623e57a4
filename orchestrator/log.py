"""One place that sets up logging: short lines on a terminal, else a JSON object a line; always on stderr."""

from __future__ import annotations

import logging
import sys

import structlog


def set_up_logging(level: str, *, terminal: bool) -> None:
    """Send the logs of this process to stderr at `level` (DEBUG, INFO, WARNING, ERROR)."""
    renderer = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=_on_stderr,
        cache_logger_on_first_use=False,
    )
    if level != "DEBUG":  # of connections that it throws away it prints tracebacks, which help nobody else
        logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


def _on_stderr(*_: object) -> structlog.PrintLogger:
    """Print on stderr as it is by then: it may have been replaced since the set-up."""
    return structlog.PrintLogger(sys.stderr)
