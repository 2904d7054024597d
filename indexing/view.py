"""One generation of a catalogue as search sees it: columns, vectors, postings at one change number. Never altered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalogue.catalogues import Catalogue
from indexing.columns import Column
from indexing.engines import Engine
from indexing.engines.faiss import FaissEngine
from indexing.lexical import Lexicon
from indexing.tokens import Analyzer, analyzer_for

Mask = NDArray[np.bool_]

FEW_ROWS = 1_000  # whose dead are not worth a reload


@dataclass(frozen=True, slots=True)
class ItemColumns:
    """One row for each state of an item that was read; at most one row of an item is `live`."""

    ids: Column[np.uint64]  # (n, 2), as all pairs: ids.py
    skus: Column[np.uint64]  # (n, 2): digests of the folded skus
    groups: Column[np.uint64]  # (n, 2): digests of the groups, zeros for none
    created_us: Column[np.int64]  # since 1970, UTC
    available: Column[np.bool_]
    published: Mask  # hidden at once when a change says so, therefore replaced as a whole
    live: Mask


@dataclass(frozen=True, slots=True)
class PhotoColumns:
    """One row for each ready photo's vectors; at most one row of a photo is `live`."""

    ids: Column[np.uint64]
    pictures: Column[np.uint64]  # (n, 2): halves of the SHA-256
    item_rows: NDArray[np.int32]  # replaced when an item gets a new row
    positions: NDArray[np.int32]
    live: Mask


@dataclass(frozen=True)
class View:
    """What a request searches: it takes one reference and uses it to the end.

    Everything up to `seq` is in it; of later changes only that something is hidden or gone. Unpublished items are in
    it, masked. `catalogue` says with which language, settings version and model set it was loaded.
    """

    catalogue: Catalogue
    seq: int
    items: ItemColumns
    photos: PhotoColumns
    engine: Engine
    lexicon: Lexicon

    @property
    def analyzer(self) -> Analyzer:
        return analyzer_for(self.catalogue.language)

    @cached_property
    def shown(self) -> Mask:
        """Item rows that may be in an answer."""
        return self.items.live & self.items.published

    @cached_property
    def searchable(self) -> Mask:
        """Photo rows that may be in an answer."""
        return self.photos.live & self.shown[self.photos.item_rows]

    @cached_property
    def photo_counts(self) -> NDArray[np.int64]:
        """Ready photos of each item row."""
        return np.bincount(self.photos.item_rows[self.photos.live], minlength=len(self.items.live))

    @property
    def size_bytes(self) -> int:
        """What it keeps in memory, roughly."""
        columns: list[Column[Any]] = [
            self.items.ids, self.items.skus, self.items.groups, self.items.created_us, self.items.available,
            self.photos.ids, self.photos.pictures,
        ]  # fmt: skip
        masks = 2 * (len(self.items.live) + len(self.photos.live))  # kept, and derived
        rows = self.photos.item_rows.nbytes + self.photos.positions.nbytes
        return (
            sum(each.size_bytes for each in columns) + masks + rows + self.engine.size_bytes + self.lexicon.size_bytes
        )

    @property
    def is_worn(self) -> bool:
        """More than half of its rows are dead: time to load it afresh."""
        rows = len(self.items.live) + len(self.photos.live)
        dead = rows - np.count_nonzero(self.items.live) - np.count_nonzero(self.photos.live)
        return rows > FEW_ROWS and bool(dead * 2 > rows)


def empty_view(catalogue: Catalogue) -> View:
    pairs = Column.of(np.zeros((0, 2), np.uint64))
    nothing = np.zeros(0, np.bool_)
    rows = np.zeros(0, np.int32)
    items = ItemColumns(
        pairs, pairs, pairs, Column.of(np.zeros(0, np.int64)), Column.of(nothing), published=nothing, live=nothing
    )
    photos = PhotoColumns(pairs, pairs, rows, rows, live=nothing)
    return View(catalogue, 0, items, photos, FaissEngine(), Lexicon())
