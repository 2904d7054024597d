"""Where a process keeps its metrics, so that one scrape shows all processes. Each room defines its own; none is here.

Processes on one machine share a folder. A process takes the first free place of its role in it (`api-0`, `api-1`, …),
held by a file lock, and goes on counting where the place's last holder, however it ended, stopped: nothing is lost or
doubled, and a process that dies over and over leaves no file behind each time. What is said of a living process only
(gauges) goes when its lock is free.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog
from filelock import FileLock, Timeout
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client import REGISTRY, Metric, generate_latest, start_http_server, values
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = ["CONTENT_TYPE", "exposition", "serve", "share"]

KINDS = ("counter", "histogram", "gauge_liveall")  # a file each; the library names them so
# Written in full before it is mapped: a page that a full disk cannot give would kill the process (SIGBUS).
FILE_BYTES = 2**20
log = structlog.get_logger()

_folder: Path | None = None  # None: this process's metrics are its own
_held: list[FileLock] = []  # the kernel lets go of it when the process ends, however that comes


def share(folder: Path, role: str) -> None:
    """From here on this process counts in `folder`. Call it before any room's metrics are imported.

    A folder that cannot be written costs the numbers of this process, and not the process.
    """
    global _folder
    if any(metric.name.startswith("vitrine_") for metric in REGISTRY.collect()):
        raise AssertionError("Metrics were made before it was said where they are kept.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = _take_place(folder, role)
        _make_files(folder, place)
    except OSError as error:
        log.warning("metrics_not_shared", error=type(error).__name__)
        return
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # noqa: TID251 - the library looks for it nowhere else
    values.ValueClass = values.MultiProcessValue(lambda: place)  # type: ignore[no-untyped-call]  # untyped
    _folder = folder


def serve(host: str, port: int) -> None:
    """Show this process's metrics, which are its own, at a port of its own."""
    start_http_server(port, addr=host)


def exposition(*others: Callable[[], Iterable[Metric]]) -> bytes:
    """All there is to scrape, in Prometheus' text format: of the processes that share, and what `others` know."""
    return generate_latest(_All(others))


class _All:
    def __init__(self, others: Iterable[Callable[[], Iterable[Metric]]]) -> None:
        self._others = others

    def collect(self) -> Iterable[Metric]:
        if _folder is None:
            yield from REGISTRY.collect()
        else:
            _forget_the_dead(_folder)
            yield from MultiProcessCollector(None, str(_folder)).collect()  # type: ignore[no-untyped-call]  # untyped
        for other in self._others:
            yield from other()


def _take_place(folder: Path, role: str) -> str:
    for number in itertools.count():
        place = f"{role}-{number}"
        lock = _lock(folder, place)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        _held.append(lock)
        return place
    raise AssertionError("unreachable")


def _make_files(folder: Path, place: str) -> None:
    for gauges in folder.glob(f"gauge_live*_{place}.db"):  # said of the place's last holder
        gauges.unlink()
    for kind in KINDS:
        file = folder / f"{kind}_{place}.db"
        if not file.exists():
            aside = file.with_suffix(".part")  # whole at once: a scrape may read it
            aside.write_bytes(bytes(FILE_BYTES))
            aside.rename(file)


def _forget_the_dead(folder: Path) -> None:
    for gauges in folder.glob("gauge_live*.db"):
        lock = _lock(folder, gauges.stem.rpartition("_")[2])
        try:
            lock.acquire(timeout=0)
        except Timeout:  # somebody lives there
            continue
        gauges.unlink(missing_ok=True)
        lock.release()


def _lock(folder: Path, place: str) -> FileLock:
    return FileLock(folder / f"{place}.lock")
