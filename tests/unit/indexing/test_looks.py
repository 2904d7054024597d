"""Shared looks: each began after its caller came, and few serve many."""

from __future__ import annotations

import threading

import pytest

from indexing.looks import SharedLook


def test_a_caller_never_takes_a_look_that_began_before_it_came_and_waiting_callers_share_one() -> None:
    begun, go_on = threading.Event(), threading.Event()
    looks: list[int] = []

    def look() -> None:
        looks.append(len(looks))
        begun.set()
        go_on.wait(10)

    shared = SharedLook(look)
    first = threading.Thread(target=shared)
    first.start()
    assert begun.wait(10)
    later = [threading.Thread(target=shared) for _ in range(5)]
    for thread in later:
        thread.start()
    while len(shared._changed._waiters) < 5:  # type: ignore[attr-defined]  # there is no public way to see them wait
        pass
    go_on.set()
    for thread in [first, *later]:
        thread.join(10)
    assert len(looks) == 2


def test_who_waited_for_a_look_that_failed_looks_for_itself() -> None:
    outcomes = [OSError("gone"), None]

    def look() -> None:
        outcome = outcomes.pop(0)
        if outcome:
            raise outcome

    shared = SharedLook(look)
    with pytest.raises(OSError, match="gone"):
        shared()
    shared()
    assert outcomes == []
