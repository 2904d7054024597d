"""One API process on a made-up shop, as `vitrine serve` starts it, and one connection to it that stays open."""

from __future__ import annotations

import http.client
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.integration.running import VITRINE, environment, free_port

READY_WITHIN_S = 300
STOPS_WITHIN_S = 30


@dataclass(frozen=True)
class Serving:
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def worker(self) -> psutil.Process:
        """The process that answers; gunicorn's master only watches it."""
        return psutil.Process(self.process.pid).children()[0]

    def pss_bytes(self) -> int:
        return int(self.worker.memory_full_info().pss)


class Caller:
    """Answers as parsed JSON, and the seconds until their last byte was here; parsing is not counted."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def post(self, path: str, body: bytes, media_type: str = "application/json") -> tuple[float, bytes]:
        began = time.perf_counter()
        self._connection.request("POST", path, body, {"Content-Type": media_type})
        response = self._connection.getresponse()
        answer = response.read()
        seconds = time.perf_counter() - began
        if response.status != 200:
            raise RuntimeError(f"{response.status}: {answer.decode()[:500]}")
        return seconds, answer

    def search(self, **query: Any) -> tuple[float, dict[str, Any]]:
        seconds, answer = self.post("/v1/search", json.dumps(query).encode())
        found: dict[str, Any] = json.loads(answer)
        return seconds, found

    def close(self) -> None:
        self._connection.close()


@contextmanager
def serving(data: Path) -> Iterator[Serving]:
    port = free_port()
    log = data / "serve.log"
    one = {"VITRINE_PROCESSES": "1", "VITRINE_CACHE_BYTES": str(4 << 30)}
    with log.open("wb") as out:
        process = subprocess.Popen([*VITRINE, "serve"], env=environment(data, port) | one, stdout=out, stderr=out)
    try:
        _wait(port, process, log)
        yield Serving(port, process, log)
    finally:
        process.terminate()
        process.wait(STOPS_WITHIN_S)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.2)
    raise RuntimeError(f"The API was not ready: {log.read_text()[-3000:]}")
