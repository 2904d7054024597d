"""`vitrine serve`: the API and its pages. Owns gunicorn's options; becomes gunicorn, and serves nothing itself."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from service.cli.output import read_settings

if TYPE_CHECKING:
    from catalogue.settings import Settings

REQUEST_LINE = 8190
CONNECTIONS = 500  # at a time and process; with what else is open, below the usual limit of 1,024 files
GRACE_S = 10  # for requests that are being answered when a stop is asked


@click.command()
def serve() -> None:
    """Serve the API and its pages until SIGTERM. `vitrine prepare` comes first; `vitrine up` does it all."""
    from service import guards

    settings = read_settings()
    guards.check_address(settings)
    # In this process' place, not as its child: signals reach it, and there is one process less to die.
    command = gunicorn(settings)
    os.execv(command[0], command)  # noqa: S606 - our own command line, without a shell


def gunicorn(settings: Settings) -> list[str]:
    """Its command line. Its processes read the same environment and `vitrine.toml`."""
    from service.door import THREADS, DoorWorker

    host, port = settings.bind
    options = {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "worker-class": f"{DoorWorker.__module__}.{DoorWorker.__name__}",
        "worker-connections": CONNECTIONS,
        "workers": settings.processes,
        "threads": THREADS,
        "graceful-timeout": GRACE_S,
        "limit-request-line": REQUEST_LINE,
        "forwarded-allow-ips": settings.trusted_proxies,  # none unless set; gunicorn would trust this machine's
        "forwarder-headers": "",  # else a client on this machine could send a SCRIPT_NAME of its own
        "log-level": "warning",
        "logger-class": "service.server_log.ServerLog",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "gunicorn", *flags, "--no-control-socket", "service.wsgi:app"]
