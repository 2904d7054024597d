"""What a decoding child may use of the machine: memory, time, files. Sets limits on its own process; decodes nothing.

Where a platform lacks a limit (macOS holds few of them), the child goes without: the parent's clock still ends it.
"""

from __future__ import annotations

import math
import resource
from contextlib import suppress
from typing import Final

# Measured on photos of 64 megapixels: a lossless WebP takes 18 bytes a pixel at its peak, a lossy one 17, an AVIF with
# alpha 13, HEIC 10, PNG 9, a progressive JPEG 6 (8 in CMYK). The rest: 20 MB of interpreter, the file.
BYTES_A_PIXEL: Final = 20
BYTES_ASIDE: Final = 128 * 2**20
OPEN_FILES: Final = 32


def confine() -> None:
    """Once and for all: no file is written (a core dump would be one), and few are open."""
    for kind, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, OPEN_FILES)):
        _limit(kind, value, for_good=True)


def allow(max_pixels: int, time_limit_s: float) -> None:
    """For the next photo: memory for the largest that is allowed, and the parent's time limit in processor time, which
    ends a child whose parent is frozen.

    The memory is what the process may write to (RLIMIT_DATA): its address space counts libraries and reserves too.
    """
    _limit(resource.RLIMIT_DATA, BYTES_ASIDE + BYTES_A_PIXEL * max_pixels)
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime + time_limit_s))


def _limit(kind: int, value: int, *, for_good: bool = False) -> None:
    """Else it may be raised again, up to the hard limit that the process was born with."""
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(kind, (value, value if for_good else hard))
