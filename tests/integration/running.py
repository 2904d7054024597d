"""A whole Vitrine as a person starts it: `vitrine up` in a process, on a free port, and what it printed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
VITRINE = (sys.executable, "-c", "from service.cli import main; main()")
STOPS_WITHIN_S = 30


@dataclass(frozen=True, slots=True)
class Running:
    """A service that answers: its URL, what it said until then, and its process."""

    url: str
    data: Path
    printed: str
    process: subprocess.Popen[str]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOPS_WITHIN_S)


@dataclass(frozen=True, slots=True)
class Filled:
    """A stopped shop's data folder with the sample catalogue in it, and what its first start printed."""

    data: Path
    printed: str

    def copy(self, folder: Path) -> Path:
        """The same shop again, in `folder`; the models, which nobody writes to, are shared."""
        data = folder / "data"
        shutil.copytree(self.data, data, ignore=shutil.ignore_patterns("models", "*.lock"))
        (data / "models").symlink_to(self.data / "models")
        return data


def bare_environment() -> dict[str, str]:
    """This process's own, without its Vitrine settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}  # noqa: TID251 - passed on
    return kept | {"PYTHONPATH": str(ROOT)}


def environment(data: Path, port: int) -> dict[str, str]:
    """That of `vitrine up`; one model thread, so that tests can share a machine."""
    ours = {"VITRINE_DATA": str(data), "VITRINE_BIND": f"127.0.0.1:{port}", "VITRINE_THREADS": "1"}
    return bare_environment() | ours


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def vitrine(
    *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run([*VITRINE, *arguments], capture_output=True, text=True, env=env, cwd=cwd, check=False)


@contextmanager
def running(data: Path, *arguments: str) -> Iterator[Running]:
    """`vitrine up` until the block ends; it is killed if it will not stop."""
    port = free_port()
    with subprocess.Popen(
        [*VITRINE, "up", *arguments],
        env=environment(data, port),
        cwd=data.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield Running(f"http://127.0.0.1:{port}", data, _until_serving(process, data), process)
        finally:
            if process.poll() is None:
                process.terminate()
                _end(process)


def _until_serving(process: subprocess.Popen[str], data: Path) -> str:
    printed: list[str] = []
    for line in process.stdout or ():
        printed.append(line)
        if "serves at" in line:
            return "".join(printed)
    logs = "".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in sorted((data / "logs").glob("*.log")))
    raise AssertionError(f"vitrine up ended with {process.wait()}: {''.join(printed)}\n{logs}")


def _end(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(STOPS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
