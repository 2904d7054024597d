"""Logs as events with key-values. Owns their shape and where they go; says nothing itself."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import Any, TextIO, cast

import structlog


class _Unfailing:
    """Standard error, whose loss costs a line and not the work that said it.

    A full disk, or a reader that died, would otherwise turn a finished upload into an error.
    """

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.flush()


def configure(process: str, *, level: int = logging.INFO) -> None:
    """Set up logging of this process to standard error: lines for people on a terminal, JSON everywhere else."""
    people = sys.stderr.isatty()

    def name_process(_logger: Any, _method: str, line: structlog.types.EventDict) -> structlog.types.EventDict:
        line["process"] = process  # not a context variable: those are each thread's own
        return line

    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        name_process,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if people
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*(shared[:-1] if people else shared), renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Unfailing())),
        cache_logger_on_first_use=True,
    )
    # Libraries log through the standard library; only their warnings are worth a line here.
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", force=True
    )
