"""A supervisor over made-up children, to be run as a process: `python -m tests.integration.supervised NAME…`.

Each child writes its process id to NAME.pids in the data folder, then sleeps. `family` has a child of its own, and
`deaf` hears neither SIGTERM nor SIGHUP.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from catalogue import logs
from catalogue.errors import VitrineError
from catalogue.settings import Settings
from workers.children import Child
from workers.supervisor import Supervisor


def be_child(name: str, data: str) -> None:
    if name == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if name == "family":
        subprocess.Popen(_command("grandchild", data))
    with (Path(data) / f"{name}.pids").open("a") as file:
        file.write(f"{os.getpid()}\n")
    sys.stdout.write(f"hello from {name}\n")
    sys.stdout.flush()
    time.sleep(1000)


def supervise(names: list[str]) -> None:
    logs.configure("vitrine", level=logging.ERROR)  # as `vitrine up`: a quiet terminal, and all events in the log
    settings = Settings.from_env()
    children = [Child(name, tuple(_command(name, str(settings.data)))) for name in names]
    try:
        Supervisor(settings, children).run(lambda _stopping: (settings.data / "started").touch())
    except VitrineError as error:
        sys.exit(str(error))


def _command(name: str, data: str) -> list[str]:
    return [sys.executable, "-m", "tests.integration.supervised", "--child", name, data]


if __name__ == "__main__":
    if sys.argv[1] == "--child":
        be_child(sys.argv[2], sys.argv[3])
    else:
        supervise(sys.argv[1:])
