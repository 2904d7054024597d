"""Stands beside one child of the supervisor: keeps its log, and ends it when told to, or when the supervisor dies.

`python -m workers.guardian LOG COMMAND…`, in a process group of its own. The supervisor holds the other end of standard
input and never writes: end of file means stop, whether it was closed or its holder was killed. This needs nothing of
the platform, and nothing of the child but that SIGTERM ends it; what does not end is killed with its whole group.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

GRACE_S = 12.0
LOG_BYTES = 10 * 2**20
LOGS_KEPT = 3


class RotatingLog:
    """A file that starts anew when it is full; older ones are `.1`, `.2`, …"""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0)

    def write(self, text: bytes) -> None:
        if self._file.tell() + len(text) > LOG_BYTES:
            self._turn()
        self._file.write(text)

    def close(self) -> None:
        self._file.close()

    def _turn(self) -> None:
        self._file.close()
        for number in range(LOGS_KEPT - 1, 0, -1):
            older = self._path.with_suffix(f".log.{number}")
            newer = self._path if number == 1 else self._path.with_suffix(f".log.{number - 1}")
            if newer.exists():
                newer.replace(older)
        self._file = self._path.open("ab", buffering=0)


def guard(log: Path, command: list[str], orders: int) -> int:
    """Run `command` until it ends by itself, or the file descriptor `orders` does; returns its exit status."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # noqa: S603 - the supervisor's own command line
    pump = threading.Thread(target=_pump, args=(child, RotatingLog(log)), daemon=True)
    pump.start()
    ordered = threading.Event()
    threading.Thread(target=_end_on_order, args=(child, orders, ordered), daemon=True).start()
    status = child.wait()
    pump.join(timeout=1.0)  # what it said last; a grandchild that holds the pipe open is not waited for
    if ordered.is_set():
        _kill_group()
    return status


def _pump(child: subprocess.Popen[bytes], log: RotatingLog) -> None:
    if child.stdout is None:
        raise AssertionError("the child's output is a pipe")
    while text := os.read(child.stdout.fileno(), 65536):
        try:
            log.write(text)
        except OSError:  # a full disk costs the line, not the child
            continue
    log.close()


def _end_on_order(child: subprocess.Popen[bytes], orders: int, ordered: threading.Event) -> None:
    # Not by sys.stdin: a thread that waits in its buffer makes the interpreter abort at its end.
    while os.read(orders, 1024):
        continue
    ordered.set()
    child.terminate()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        _kill_group()


def _kill_group() -> None:
    """End what the child has left, and this process with it: the supervisor may not be there to do so."""
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main() -> int:
    status = guard(Path(sys.argv[1]), sys.argv[2:], sys.stdin.fileno())
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
