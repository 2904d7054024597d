"""Gunicorn's own few lines, such as that a process was killed, in the form of all other logs. Owns nothing else."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from catalogue import logs


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Named to gunicorn by its `logger-class`."""

    def setup(self, cfg: Any) -> None:
        """Called where gunicorn starts, before it forks."""
        super().setup(cfg)
        logs.configure("api")
        self.error_log.handlers.clear()
        self.error_log.propagate = True
