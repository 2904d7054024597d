"""The supervisor with real processes: what dies comes back, and a stop or a death leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from catalogue.settings import Settings
from tests.integration.floor import ROOT, environment, wait_until

pytestmark = pytest.mark.slow


class Supervised:
    """A supervisor in a process of its own, and what can be seen of it from outside."""

    def __init__(self, data: Path) -> None:
        self.settings = Settings(data=data)
        self.data = data
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *names: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.supervised", *names], cwd=ROOT, env=environment(self.settings),
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.started.append(process)
        return process

    def pids(self, name: str) -> list[int]:
        path = self.data / f"{name}.pids"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def wait_for(self, name: str, times: int = 1) -> int:
        wait_until(lambda: len(self.pids(name)) >= times, 30, f"{name} has started {times} times")
        return self.pids(name)[times - 1]

    def all_gone(self) -> bool:
        pids = [pid for path in self.data.glob("*.pids") for pid in self.pids(path.stem)]
        return not any(is_running(pid) for pid in pids)


def is_running(pid: int) -> bool:
    """Not so of a dead one whose new parent has not asked for its status yet."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    supervised = Supervised(tmp_path)
    yield supervised
    for process in supervised.started:
        process.kill()
        process.communicate()
    wait_until(supervised.all_gone, 20, "the test's processes are gone")


def test_a_child_that_is_killed_comes_back_and_a_sentence_says_so(supervised: Supervised) -> None:
    up = supervised.start("plain")
    os.kill(supervised.wait_for("plain"), signal.SIGKILL)
    supervised.wait_for("plain", times=2)
    up.terminate()
    _, said = up.communicate(timeout=20)
    assert up.returncode == 0
    assert "The process plain has ended (status 137); it is started again in 1 s." in said


def test_what_children_say_and_what_happened_to_them_is_in_the_logs(supervised: Supervised) -> None:
    up = supervised.start("plain")
    supervised.wait_for("plain")
    log = supervised.data / "logs" / "plain.log"
    wait_until(lambda: log.exists() and "hello from plain" in log.read_text(), 20, "the child's words are in its log")
    up.send_signal(signal.SIGINT)
    assert up.wait(20) == 0
    events = (supervised.data / "logs" / "supervisor.log").read_text()
    assert "child_started" in events
    assert "child_ended" in events


def test_a_stop_ends_children_and_grandchildren(supervised: Supervised) -> None:
    up = supervised.start("plain", "family")
    for name in ("plain", "family", "grandchild"):
        supervised.wait_for(name)
    up.terminate()
    assert up.wait(20) == 0
    assert supervised.all_gone()


def test_a_killed_child_takes_its_own_children_along(supervised: Supervised) -> None:
    supervised.start("family")
    grandchild = supervised.wait_for("grandchild")
    os.kill(supervised.wait_for("family"), signal.SIGKILL)
    wait_until(lambda: not is_running(grandchild), 10, "the grandchild is gone")


def test_children_end_within_fifteen_seconds_when_the_supervisor_is_killed_even_deaf_ones(
    supervised: Supervised,
) -> None:
    up = supervised.start("plain", "family", "deaf")
    for name in ("plain", "family", "grandchild", "deaf"):
        supervised.wait_for(name)
    up.kill()
    wait_until(supervised.all_gone, 15, "all children are gone")


def test_nothing_outlives_a_supervisor_that_is_killed_while_a_child_is_stopped(supervised: Supervised) -> None:
    """The kernel hangs up on all of a process group that is orphaned with one of them stopped: so died the guardian."""
    up = supervised.start("deaf")
    os.kill(supervised.wait_for("deaf"), signal.SIGSTOP)
    up.kill()
    wait_until(supervised.all_gone, 20, "all children are gone")


def test_a_guardian_that_is_killed_takes_its_child_along_and_both_come_back(supervised: Supervised) -> None:
    supervised.start("plain")
    child = supervised.wait_for("plain")
    guardian = psutil.Process(child).ppid()
    os.kill(guardian, signal.SIGKILL)
    supervised.wait_for("plain", times=2)
    assert not is_running(child)


def test_a_second_supervisor_on_the_same_data_folder_says_one_sentence_and_ends(supervised: Supervised) -> None:
    supervised.start("plain")
    wait_until((supervised.data / "started").exists, 30, "the first has started")
    second = supervised.start("plain")
    _, said = second.communicate(timeout=20)
    assert second.returncode == 1
    assert said.strip() == (
        "Vitrine is running already on this data folder. Stop it first, or name another folder by VITRINE_DATA."
    )


def test_a_child_that_cannot_live_is_tried_ever_more_slowly(supervised: Supervised) -> None:
    supervised.start("plain")
    for times in (1, 2, 3):
        os.kill(supervised.wait_for("plain", times), signal.SIGKILL)
    began = time.monotonic()
    supervised.wait_for("plain", times=4)
    assert time.monotonic() - began > 3.5, "after 1 s and 2 s, the third pause is 4 s"
