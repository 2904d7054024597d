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
    ]
    if not people:  # a console shows an exception by itself
        shared.append(structlog.processors.format_exc_info)
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if people
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # One write a line: several processes share the file, and printing sends text and line break apart.
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, _Unfailing())),
        cache_logger_on_first_use=False,  # some microseconds a line; and what was configured can be undone
    )
    _take_in_libraries(shared, renderer)


def _take_in_libraries(shared: list[structlog.types.Processor], renderer: structlog.types.Processor) -> None:
    """Libraries log through the standard library: their warnings alone are worth a line here, of the same form."""
    handler = logging.StreamHandler(cast(TextIO, _Unfailing()))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
