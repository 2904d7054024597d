"""What happened during a drill, as JSON lines and a line of progress now and then. Judges nothing."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any


class Diary:
    """Any thread may write. A `wrong` is a promise that was seen broken; a drill with one has failed."""

    def __init__(self, path: Path, *, is_loud: bool) -> None:
        self.counts: Counter[str] = Counter()
        self.wrongs: list[str] = []
        self._began = time.monotonic()
        self._file = path.open("w", encoding="utf-8")
        self._is_loud = is_loud
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._began, 1)

    def note(self, event: str, **facts: Any) -> None:
        with self._lock:
            self.counts[event] += 1
            self._file.write(json.dumps({"s": self.seconds, "event": event, **facts}, default=str) + "\n")
            self._file.flush()

    def wrong(self, sentence: str, **facts: Any) -> None:
        self.wrongs.append(sentence)
        self.note("wrong", sentence=sentence, **facts)
        self.say(f"WRONG: {sentence}")

    def say(self, sentence: str) -> None:
        if self._is_loud:
            sys.stderr.write(f"{self.seconds:7.1f} s  {sentence}\n")

    def close(self) -> None:
        self._file.close()
