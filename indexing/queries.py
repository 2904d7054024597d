"""What a search is asked and what it answers: frozen values. Rows of a view never leave it; ids do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from catalogue.states import FieldType
from indexing.filters import Checked

Encoded = NDArray[np.float32]  # (d,), unit length


@dataclass(frozen=True, slots=True)
class TextQuery:
    """`meaning` and `words` are of `text`; a space without a vector adds nothing. `is_foreign`: the encoder knows some
    word only in pieces, as one with a typo, so that they say little of it.

    An empty text asks for everything, newest first.
    """

    text: str
    meaning: Encoded | None = None
    words: Encoded | None = None
    is_foreign: bool = False


@dataclass(frozen=True, slots=True)
class PhotoQuery:
    look: Encoded


@dataclass(frozen=True, slots=True)
class Relevance:
    """Nearest first; of an empty text: newest first."""


@dataclass(frozen=True, slots=True)
class Newest:
    """By `created_at` and id, both descending."""


@dataclass(frozen=True, slots=True)
class ByField:
    """By a field of one value an item, then by ascending id; items without a value are last in both directions."""

    name: str
    descending: bool = False


Sort = Relevance | Newest | ByField


class FacetMode(Enum):
    """`ALTERNATIVES`: each field is counted without the filter's top-level conditions that name it alone."""

    SHOWN = "shown"
    ALTERNATIVES = "alternatives"


@dataclass(frozen=True, slots=True)
class Asked:
    """Fields to count; `limit` bounds the values of each."""

    fields: tuple[str, ...]
    limit: int = 20
    mode: FacetMode = FacetMode.SHOWN


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a page's last hit, `shown` hits from the first.

    `value` is what the hit was sorted by: its confidence, `created_at` in µs, or the field's value (of a string what
    counts of it; None for none). `score` is 0 where the order does not ask for it.
    """

    value: str | float | int | None
    score: float
    item_id: UUID
    shown: int


@dataclass(frozen=True, slots=True)
class Search:
    """What a search asks. The view has all fields that it names, and none that it sorts by is a list.

    `min_confidence`: None for the catalogue's threshold. `by_group`: of each group its most relevant item alone.
    """

    query: TextQuery | PhotoQuery
    limit: int
    after: Position | None = None
    filter: Checked | None = None
    sort: Sort = field(default_factory=Relevance)
    min_confidence: float | None = None
    by_group: bool = False
    facets: Asked | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """`shares` of the score by where it came from, 0 to 1; `matched_terms` as the query wrote them, as the item
    does where they only nearly match."""

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
class ValueFacet:
    """`values`: the spelling (or truth) shown and the items that have it, commonest first, then by value."""

    type: FieldType
    values: tuple[tuple[str | bool, int], ...]


@dataclass(frozen=True, slots=True)
class RangeFacet:
    """Of numbers and dates, in the column's own unit (price: minor units, dates: µs since 1970, UTC).

    `histogram`: bins (from, to, items), the last one closed; `low` and `high` are None and there are no bins where
    no item has a value.
    """

    type: FieldType
    low: float | int | None
    high: float | int | None
    histogram: tuple[tuple[float, float, int], ...]


Facet = ValueFacet | RangeFacet


@dataclass(frozen=True, slots=True)
class Page:
    """`total` and `facets` count the whole result set. `nothing_close`: no item reached the threshold; `nearest` was
    closest."""

    hits: tuple[Hit, ...]
    total: int
    nothing_close: bool
    nearest: tuple[Hit, ...]
    next: Position | None
    facets: Mapping[str, Facet] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Similar:
    """Look-alikes of an item; `duplicates` counts the items that show the very same picture, which are left out."""

    page: Page
    duplicates: int
