"""How far an import has come, in a small file: one that was interrupted goes on from there."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from catalogue.errors import VitrineError
from catalogue.folder import Folder
from service.cli.importing import Outcome

EVERY_S = 1.0  # so much is done again after a power cut; what is sent twice changes nothing the second time
LONGEST_NAME = 150  # bytes of a source's name, in the journal's


class ProgressNotKept(VitrineError):
    code = "progress-not-kept"


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the rows so far, in their order; `failed` and `changed` count rows."""

    rows: int = 0
    photos: int = 0
    changed: int = 0
    failed: int = 0

    def plus(self, outcome: Outcome) -> Tally:
        return replace(
            self,
            rows=self.rows + 1,
            photos=self.photos + outcome.photos,
            changed=self.changed + outcome.changed,
            failed=self.failed + bool(outcome.failures),
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """The tally, the report's file, and how long that was then."""

    tally: Tally
    report: str
    report_bytes: int


class Journal:
    """A hidden file of the folder that the report is in, too.

    Args:
        name: of the source.
        task: what is imported, and where to. What another task has left there is of no use to this one.
    """

    def __init__(self, folder: Path, name: str, task: Mapping[str, str]) -> None:
        self._folder = folder
        self._files = Folder(folder, landmark="")
        self._name = f".vitrine-import-{name.encode()[:LONGEST_NAME].decode(errors='ignore')}.json"
        self._task = dict(task)
        self._kept_at = time.monotonic()

    @property
    def is_there(self) -> bool:
        """Whether some import from a source of this name was interrupted."""
        return self._files.exists(self._name)

    def last(self) -> Progress | None:
        """Where the last import of this task stopped."""
        try:
            kept: dict[str, Any] = json.loads(self._files.read(self._name))
            if kept["task"] != self._task:
                return None
            return Progress(Tally(**kept["tally"]), str(kept["report"]), int(kept["report_bytes"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None  # there is none, or another version wrote it

    def keep(self, progress: Progress) -> None:
        """Write it down, unless that was done a moment ago."""
        if time.monotonic() - self._kept_at >= EVERY_S:
            self.write(progress)

    def write(self, progress: Progress) -> None:
        """Write it down; it survives a power cut. Raises ProgressNotKept."""
        try:
            self._files.replace(self._name, json.dumps({"task": self._task, **asdict(progress)}).encode())
        except OSError as error:
            said = (
                f"The import's progress cannot be kept in {self._folder}: {error.strerror}. Import from another folder."
            )
            raise ProgressNotKept(said) from error
        self._kept_at = time.monotonic()

    def remove(self) -> None:
        self._files.remove(self._name)
