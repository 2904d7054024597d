"""The commands of the embedded profile's processes, which containers run as well. Starts none: supervisor.py does."""

from __future__ import annotations

import sys
from dataclasses import dataclass

VITRINE = (sys.executable, "-m", "service.cli")


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep alive: its name (also of its log file) and its command line.

    It reads the same environment and `vitrine.toml` as its supervisor.
    """

    name: str
    command: tuple[str, ...]


API = Child("api", (*VITRINE, "serve"))
CAPTION_WORKER = Child("caption-worker", (*VITRINE, "work"))
