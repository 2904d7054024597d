"""Celery's filesystem transport, made safe for several processes. Owns its folders; what a ring means is bell.py's.

kombu's own reads a message that is still being written (the consumer then dies of half a JSON text), and moves what
it has read to the machine's temporary folder or keeps it for ever.
"""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem

DRAIN_S = 0.2


def folders(queue_folder: Path) -> dict[str, str]:
    """The transport's options: all its folders, inside the data folder."""
    rings = queue_folder / "rings"
    return {
        "data_folder_in": str(rings),
        "data_folder_out": str(rings),
        "processed_folder": str(queue_folder / "heard"),
        "control_folder": str(queue_folder / "control"),
    }


def make_folders(queue_folder: Path) -> None:
    """Make what is missing; any process may be the first."""
    for folder in folders(queue_folder).values():
        Path(folder).mkdir(parents=True, exist_ok=True)


def empty(queue_folder: Path) -> None:
    """Forget all rings of an earlier life: what is due stands in SQL."""
    shutil.rmtree(queue_folder, ignore_errors=True)
    make_folders(queue_folder)


class Channel(filesystem.Channel):
    """Messages are files that appear whole and are taken by exactly one reader."""

    def _put(self, queue: str, payload: Any, **_options: Any) -> None:  # type: ignore[override]  # kombu's own name for it
        name = f"{uuid.uuid4()}.{queue}.msg"
        aside = Path(self.processed_folder) / name
        aside.write_text(json.dumps(payload), "utf-8")
        aside.rename(Path(self.data_folder_out) / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for ring in Path(self.data_folder_in).iterdir():
            if not ring.name.endswith(f".{queue}.msg"):
                continue
            mine = Path(self.processed_folder) / ring.name
            try:
                ring.rename(mine)
            except FileNotFoundError:  # another worker took it
                continue
            payload = mine.read_text("utf-8")
            mine.unlink()
            return json.loads(payload)
        raise Empty


class Transport(filesystem.Transport):
    """kombu's filesystem transport with the safe channel, and a worker that hears soon that it is to stop."""

    Channel = Channel

    def drain_events(self, connection: Any, timeout: Any = None, **_options: Any) -> None:
        """Look for rings, for a moment: Celery asks for two seconds, and once more after a stop was asked."""
        super().drain_events(connection, timeout=DRAIN_S)  # type: ignore[no-untyped-call]  # kombu has no types
