"""A progress bar around what a command does, where a person is looking: how much, how fast, how long yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Step = TypeVar("Step")
EVERY_S = 0.2


@contextmanager
def watched(
    steps: Iterable[Step], label: str, count: Callable[[], int], done: int = 0, *, silent: bool
) -> Iterator[Iterable[Step]]:
    """The steps; with a bar on standard error, if that is a terminal and the command is not silent.

    Args:
        count: says how many there are in all; asked only for a bar.
        done: how many were done before.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if silent or not console.is_terminal:
        yield steps
        return
    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield _advancing(steps, bar, bar.add_task(label, total=count(), completed=done, rate=""), done)


def _advancing(steps: Iterable[Step], bar: Progress, task: TaskID, done: int) -> Iterator[Step]:
    shown_at = time.monotonic()
    for number, step in enumerate(steps, done + 1):
        yield step
        # Steps come in bursts; told of each, the bar would take the last burst's speed for the whole's.
        if time.monotonic() - shown_at >= EVERY_S:
            shown_at = time.monotonic()
            speed = bar.tasks[0].speed
            bar.update(task, completed=number, rate="" if speed is None else f"{speed:,.0f}/s")
