"""The commands of the embedded profile's processes. Starts none of them: supervisor.py does."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from catalogue.settings import Settings

API_THREADS = 16  # most of them wait: for SQL, for the decoding children, for a slow client
REQUEST_LINE = 8190
GRACE_S = 10  # for requests that are being answered when a stop is asked


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep alive: its name (also of its log file) and its command line."""

    name: str
    command: tuple[str, ...]


def api(settings: Settings) -> Child:
    """One process with threads. It and the worker read the same environment and `vitrine.toml` as their supervisor."""
    host, port = settings.bind
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    options = {
        "bind": address,
        "worker-class": "gthread",
        "workers": 1,
        "threads": API_THREADS,
        "graceful-timeout": GRACE_S,
        "limit-request-line": REQUEST_LINE,
        "log-level": "warning",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return Child("api", (sys.executable, "-m", "gunicorn", *flags, "--no-control-socket", "service.wsgi:app"))


def caption_worker() -> Child:
    return Child("caption-worker", (sys.executable, "-m", "workers.main"))
