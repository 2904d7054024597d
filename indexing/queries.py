"""What a search is asked and what it answers: frozen values. Rows of a view never leave it; ids do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Encoded = NDArray[np.float32]  # (d,), unit length


@dataclass(frozen=True, slots=True)
class TextQuery:
    """`meaning` and `words` are of `text`; a space without a vector adds nothing.

    An empty text asks for everything, newest first.
    """

    text: str
    meaning: Encoded | None = None
    words: Encoded | None = None


@dataclass(frozen=True, slots=True)
class PhotoQuery:
    look: Encoded


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a page's last hit, `shown` hits from the first; `value` is its confidence, or `created_at` in µs."""

    value: float
    score: float
    item_id: UUID
    shown: int


@dataclass(frozen=True, slots=True)
class Why:
    """`shares` of the score by where it came from, 0 to 1; `matched_terms` as the query wrote them."""

    shares: Mapping[str, float]
    matched_terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """`photo_id` is the item's best photo, None when none is ready; `photos` counts the ready ones.

    `confidence` 0 to 1, None where nothing was compared (then there is no `why` either); `score` is higher for nearer.
    """

    item_id: UUID
    photo_id: UUID | None
    confidence: float | None
    score: float
    photos: int
    why: Why | None


@dataclass(frozen=True, slots=True)
class Page:
    """`total` counts the whole result set. `nothing_close`: no item reached the threshold; `nearest` was closest."""

    hits: tuple[Hit, ...]
    total: int
    nothing_close: bool
    nearest: tuple[Hit, ...]
    next: Position | None


@dataclass(frozen=True, slots=True)
class Similar:
    """Look-alikes of an item; `duplicates` counts the items that show the very same picture, which are left out."""

    page: Page
    duplicates: int
