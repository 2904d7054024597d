"""The embedded profile: starts API and workers, restarts what dies, ends them all. Owns processes, and no work."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog
from filelock import FileLock, Timeout

from catalogue.errors import VitrineError
from catalogue.settings import Settings
from workers import doorbell
from workers.children import Child

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
HEALTHY_S = 60.0  # who lived so long has earned a quick restart again
LOOK_EVERY_S = 0.1
STOP_S = 15.0


class AlreadyRunning(VitrineError):
    code = "already-running"


@contextmanager
def single_instance(settings: Settings) -> Iterator[None]:
    """Hold the data folder: a second supervisor there would empty the first one's queue. May be nested.

    Raises:
        AlreadyRunning: another process holds it.
    """
    lock = FileLock(settings.data / "vitrine.lock", is_singleton=True)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise AlreadyRunning(
            "Vitrine is running already on this data folder. Stop it first, or name another folder by VITRINE_DATA."
        ) from error
    try:
        yield
    finally:
        lock.release()


class Supervisor:
    """Keeps `children` alive until SIGINT or SIGTERM. Its log and theirs are in the data folder's `logs`."""

    def __init__(self, settings: Settings, children: Sequence[Child]) -> None:
        self._settings = settings
        self._children = children
        self._logs = settings.data / "logs"
        self._stopping = threading.Event()
        self._failure: BaseException | None = None

    def run(self, on_started: Callable[[threading.Event], None]) -> None:
        """Start all, call `on_started` in a thread, and watch until a stop is asked. Call it from the main thread.

        Args:
            on_started: what to do beside serving. It is given the event that is set once a stop is asked. An error it
                raises stops all children, and is raised from here.
        Raises:
            AlreadyRunning: another supervisor has this data folder.
        """
        with single_instance(self._settings):
            self._logs.mkdir(parents=True, exist_ok=True)
            doorbell.empty(self._settings.queue_folder)
            shutil.rmtree(self._settings.metrics_folder, ignore_errors=True)  # an older version may have written it
            with (self._logs / "supervisor.log").open("a", encoding="utf-8") as file, self._signals():
                log = structlog.wrap_logger(structlog.WriteLogger(file), _PROCESSORS, _EVERYTHING)
                kept = [Kept(child, self._logs, log) for child in self._children]
                try:
                    self._watch(kept, on_started)
                finally:
                    _stop(kept)
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Ask for a stop; any thread may."""
        self._stopping.set()

    def _watch(self, kept: Sequence[Kept], on_started: Callable[[threading.Event], None]) -> None:
        for child in kept:
            child.look()
        threading.Thread(target=self._call, args=(on_started,), name="on-started", daemon=True).start()
        while not self._stopping.wait(LOOK_EVERY_S):
            for child in kept:
                child.look()

    def _call(self, on_started: Callable[[threading.Event], None]) -> None:
        try:
            on_started(self._stopping)
        except BaseException as error:  # noqa: BLE001 - carried to the main thread, which raises it
            self._failure = error
            self._stopping.set()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(_number: int, _frame: object) -> None:
            self._stopping.set()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class Kept:
    """One child: running under its guardian, or waiting to be started again."""

    def __init__(self, child: Child, logs: Path, log: structlog.typing.WrappedLogger) -> None:
        self._child = child
        self._logs = logs
        self._log = log
        self._guardian: subprocess.Popen[bytes] | None = None
        self._pause_s = FIRST_PAUSE_S
        self._started = 0.0
        self._start_due = 0.0

    def look(self) -> None:
        """Start it when that is due; when it has died, say so and decide when it is."""
        if self._guardian is None:
            if time.monotonic() >= self._start_due:
                self._start()
        elif self._guardian.poll() is not None:
            self._bury(self._guardian)

    def ask_to_stop(self) -> None:
        if self._guardian is not None and self._guardian.stdin is not None:
            with contextlib.suppress(OSError):
                self._guardian.stdin.close()

    def end(self, until: float) -> None:
        """Wait for it until `until`, and kill what is left of its group."""
        if self._guardian is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._guardian.wait(max(0.0, until - time.monotonic()))
        _kill_group(self._guardian)
        self._log.info("child_ended", child=self._child.name, status=self._guardian.wait())

    def _start(self) -> None:
        log = self._logs / f"{self._child.name}.log"
        command = [sys.executable, "-m", "workers.guardian", str(log), *self._child.command]
        # A session, and so a group, of its own: the terminal's Ctrl-C reaches the supervisor alone, and nothing of it
        # outlives a kill. In ours the kernel would hang up on the guardian when we die while its child is stopped.
        self._guardian = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own command
        self._started = time.monotonic()
        self._log.info("child_started", child=self._child.name, pid=self._guardian.pid)

    def _bury(self, guardian: subprocess.Popen[bytes]) -> None:
        _kill_group(guardian)
        self.ask_to_stop()
        self._guardian = None
        if time.monotonic() - self._started >= HEALTHY_S:
            self._pause_s = FIRST_PAUSE_S
        status, pause_s = guardian.returncode, self._pause_s
        self._start_due = time.monotonic() + pause_s
        self._pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        self._log.warning("child_died", child=self._child.name, status=status, restart_in_s=pause_s)
        sys.stderr.write(
            f"The process {self._child.name} has ended (status {status}); it is started again in {pause_s:.0f} s. "
            f"Its log: logs/{self._child.name}.log in the data folder.\n"
        )


def _stop(kept: Sequence[Kept]) -> None:
    until = time.monotonic() + STOP_S
    for child in kept:
        child.ask_to_stop()
    for child in kept:
        child.end(until)


def _kill_group(guardian: subprocess.Popen[bytes]) -> None:
    """Whatever the child left behind: the API's own processes, decoding children."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(guardian.pid, signal.SIGKILL)


_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.JSONRenderer(),
]
# Whatever the process that supervises shows of its own events, these are all kept.
_EVERYTHING = structlog.make_filtering_bound_logger(logging.INFO)
