"""Faults: a process is killed, asked to stop, or frozen beyond its lease and woken again. Owns the signals."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

import psutil

from tests.drill.diary import Diary
from tests.drill.house import LEASE_S, Victim


class How(Enum):
    KILL = "killed"
    STOP = "stopped"
    FREEZE = "frozen"
    FREEZE_ALL = "frozen with all its own"


@dataclass(frozen=True, slots=True)
class Fault:
    victim: Victim
    how: How


class Storm:
    """Lets faults happen. `calm` wakes all that is frozen; afterwards none of it is felt any more."""

    def __init__(self, diary: Diary, luck: Random) -> None:
        self._diary = diary
        self._luck = luck
        self._thaws: list[tuple[threading.Timer, list[psutil.Process]]] = []

    def plan(self, victims: Sequence[Victim], count: int) -> list[Fault]:
        """Every kind on every victim, again and again, in any order."""
        each = [Fault(victim, how) for victim in victims for how in How]
        faults = [each[number % len(each)] for number in range(count)]
        self._luck.shuffle(faults)
        return faults

    def strike(self, fault: Fault) -> bool:
        """Whether there was anything to meet: what is dead already is not killed again."""
        tree = fault.victim.tree()
        if not tree:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            met = self._meet(fault, tree)
            self._diary.note("fault", victim=fault.victim.name, how=fault.how.value, pids=[each.pid for each in met])
            return True
        return False

    def calm(self) -> None:
        for timer, frozen in self._thaws:
            timer.cancel()
            _thaw(frozen)

    def _meet(self, fault: Fault, tree: list[psutil.Process]) -> list[psutil.Process]:
        match fault.how:
            case How.KILL:
                met = [self._luck.choice(tree)]
                met[0].kill()
            case How.STOP:
                met = tree[:1]
                met[0].send_signal(signal.SIGINT if fault.victim.stops_by_interrupt else signal.SIGTERM)
            case How.FREEZE:
                met = [self._luck.choice(tree)]
                self._freeze(met)
            case How.FREEZE_ALL:
                met = tree
                self._freeze(met)
        return met

    def _freeze(self, processes: list[psutil.Process]) -> None:
        timer = threading.Timer(LEASE_S * self._luck.uniform(1.2, 2.0), _thaw, [processes])
        timer.daemon = True
        self._thaws.append((timer, processes))
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
        timer.start()


def _thaw(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.resume()
