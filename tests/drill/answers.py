"""What the service has answered for: the photos, titles, captions and deletions that must hold from then on."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Answered:
    """Written by the clients' threads, each sku by one of them only; `gone` may be asked by any."""

    photos: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))  # sku → sha256 → id
    titles: dict[str, str] = field(default_factory=dict)
    captions: dict[str, str] = field(default_factory=dict)  # photo id → a person's words
    _gone: set[str] = field(default_factory=set)  # skus and photo ids
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def accept(self, sku: str, sha256: str, photo_id: str) -> str | None:
        """Keep the answer; the id that this photo had before, when it was another."""
        before = self.photos[sku].setdefault(sha256, photo_id)
        return None if before == photo_id else before

    def remove(self, sku: str) -> None:
        """The deletion of this item was answered."""
        with self._lock:
            self._gone |= {sku, *self.photos.pop(sku).values()}
        self.titles.pop(sku, None)

    def gone(self) -> frozenset[str]:
        """What no answer to a request that begins now may hold."""
        with self._lock:
            return frozenset(self._gone)

    @property
    def photo_count(self) -> int:
        return sum(len(photos) for photos in list(self.photos.values()))
