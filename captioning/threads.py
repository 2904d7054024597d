"""Thread counts and memory tuning of everything that computes here, in one place; decides no numbers itself.

Two measurements on two cores speak for it. Without tuning, glibc hands every large activation back to the kernel and
faults it in again: MobileNetV2 at batch 32 then runs at 29 instead of 130 photos a second. And OpenMP's threads spin
while they wait for each other, which on a machine with other work starves the one they wait for: 16 photos a second
with two threads, 160 with one, 200 with two that sleep instead.
"""

import ctypes
import os
import sys
from dataclasses import dataclass

_M_TRIM_THRESHOLD = -1
_M_TOP_PAD = -2
_M_MMAP_MAX = -4


@dataclass
class _Threads:
    count: int = 1


_configured = _Threads()


def configure(threads: int) -> None:
    """Set the threads of torch and ONNX Runtime, and tune malloc; call it where a process starts, before torch.

    torch is not imported for this: the engine tells it the count when it loads it. OpenMP reads how to wait only when
    it is loaded, so a call after that changes the count alone.

    Args:
        threads: at least 1.
    Raises:
        ValueError: fewer than 1.
    """
    if threads < 1:
        raise ValueError(f"A process needs at least 1 thread; {threads} was given. Give 1 or more.")
    _configured.count = threads
    os.putenv("OMP_WAIT_POLICY", "PASSIVE")
    _tune_malloc()
    if "torch" in sys.modules:
        apply_to_torch()


def configured() -> int:
    """Return the thread count that sessions made from now on use."""
    return _configured.count


def apply_to_torch() -> None:
    """Give torch the configured count; the engine calls this right after importing it."""
    import torch

    torch.set_num_threads(_configured.count)


def _tune_malloc() -> None:
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl has none
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(_M_TOP_PAD, 64 << 20)
