"""The two ways to run Vitrine, each with its real processes, and which of these a fault may meet. Starts no fault."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil

from catalogue.settings import Settings
from tests.drill import processes
from tests.drill.processes import Kept
from tests.integration.running import environment, free_port, vitrine
from tests.servers import postgres, valkey
from workers.children import VITRINE

Profile = Callable[[Path, Random], AbstractContextManager["House"]]
LEASE_S = 3


@dataclass(frozen=True)
class Victim:
    """Something that a fault may meet: its name, and its processes at this moment, the first of them first."""

    name: str
    tree: Callable[[], list[psutil.Process]]
    stops_by_interrupt: bool = False


@dataclass(frozen=True)
class House:
    settings: Settings
    kept: list[Kept]
    victims: list[Victim]

    @property
    def restarts(self) -> dict[str, int]:
        return {kept.name: kept.restarts for kept in self.kept}


@contextmanager
def servers(folder: Path, luck: Random) -> Iterator[House]:
    """As the containers run it: `vitrine serve` and `vitrine work` beside a real PostgreSQL and a real Valkey."""
    with postgres() as database, valkey() as broker:
        database.execute("CREATE DATABASE vitrine")
        settings = _settings(folder, database_url=database.url("vitrine"), broker_url=broker.url)
        env = _environment(settings)
        prepared = vitrine("prepare", env=env, cwd=folder)
        assert prepared.returncode == 0, prepared.stderr
        kept = [
            processes.server("database", database, luck),
            processes.server("broker", broker, luck),
            processes.command("api", [*VITRINE, "serve"], env, folder / "api.log", luck),
            processes.command("worker", [*VITRINE, "work"], env, folder / "worker.log", luck),
        ]
        victims = [Victim(each.name, each.tree, stops_by_interrupt=each.name == "database") for each in kept]
        with _running(kept):
            yield House(settings, kept, victims)


@contextmanager
def embedded(folder: Path, luck: Random) -> Iterator[House]:
    """`vitrine up`, with SQLite and no server beside it. Its children are met as often as the supervisor itself."""
    settings = _settings(folder)
    up = processes.command("supervisor", [*VITRINE, "up"], _environment(settings), folder / "up.log", luck)

    def below(*words: str) -> Callable[[], list[psutil.Process]]:
        return lambda: _from_first(up.tree(), words)

    victims = [
        Victim("api", below("serve", "gunicorn")),
        Victim("worker", below("work")),
        Victim("guardian", lambda: [each for each in up.tree() if "workers.guardian" in _words(each)]),
        Victim("supervisor", lambda: up.tree()[:1]),
    ]
    with _running([up]):
        yield House(settings, [up], victims)


def _from_first(tree: list[psutil.Process], words: tuple[str, ...]) -> list[psutil.Process]:
    """The first process of the tree with one of these words on its command line, and all below it."""
    for process in tree:
        said = _words(process)
        if set(words) & set(said) and "workers.guardian" not in said:
            try:
                return [process, *process.children(recursive=True)]
            except psutil.NoSuchProcess:
                return []
    return []


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has just ended
        return []


@contextmanager
def _running(kept: list[Kept]) -> Iterator[None]:
    try:
        for each in kept:
            each.keep()
        yield
    finally:
        for each in reversed(kept):
            each.end()


def _settings(folder: Path, *, database_url: str = "", broker_url: str = "") -> Settings:
    return Settings(
        data=folder / "data", database_url=database_url, broker_url=broker_url, bind=("127.0.0.1", free_port()),
        lease_s=LEASE_S, threads=1, device="cpu",
    )  # fmt: skip


def _environment(settings: Settings) -> dict[str, str]:
    ours = {
        "VITRINE_DATABASE_URL": settings.database_url,
        "VITRINE_BROKER_URL": settings.broker_url,
        "VITRINE_LEASE_S": str(settings.lease_s),
        "VITRINE_DEVICE": settings.device,
        "PATH": f"{Path(sys.executable).parent}",
    }
    return environment(settings.data, settings.bind[1]) | {name: value for name, value in ours.items() if value}
