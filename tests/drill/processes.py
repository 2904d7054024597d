"""Keeps a command running, as an orchestrator would: starts it, starts it again when it has died, ends it at last."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil

from tests.servers import Server

ENDS_WITHIN_S = 40


@dataclass
class Kept:
    """A process that is kept alive by a thread. `start` returns once it runs (a server: once it answers)."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    luck: Random
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def keep(self) -> None:
        self.process = self.start()
        self._thread = threading.Thread(target=self._run, name=f"keeper-{self.name}", daemon=True)
        self._thread.start()

    def tree(self) -> list[psutil.Process]:
        """The process and all below it, the first first; empty while it is dead."""
        process = self.process
        if process is None or process.poll() is not None:
            return []
        try:
            first = psutil.Process(process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def end(self) -> None:
        """Keep it no longer."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ending.wait(0.05):
            if self.process is not None and self.process.poll() is None:
                continue
            if self._ending.wait(self.luck.uniform(0.2, 1.0)):
                return
            self.restarts += 1
            # A server may not come up while what its last life left behind still goes.
            with contextlib.suppress(RuntimeError):
                self.process = self.start()


class KeptCommand(Kept):
    """A command in a process group of its own."""

    def end(self) -> None:
        """Keep it no longer: a warm stop, and whatever is left of its group afterwards is killed."""
        super().end()
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGCONT)
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDS_WITHIN_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def command(name: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path, luck: Random) -> Kept:
    """A command whose output goes to a file."""

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as file:
            return subprocess.Popen(
                arguments, env=environment, cwd=log.parent, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                process_group=0,
            )  # fmt: skip

    return KeptCommand(name, start, luck)


def server(name: str, running: Server, luck: Random) -> Kept:
    """A server that runs already, in the hands of its own context: that one ends it."""

    def start() -> subprocess.Popen[bytes]:
        if running.process is None or running.process.poll() is not None:
            running.start()
        assert running.process is not None
        return running.process

    return Kept(name, start, luck)
