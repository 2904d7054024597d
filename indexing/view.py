"""One generation of a catalogue as search sees it: columns, vectors, postings at one change number. Never altered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from catalogue.catalogues import Catalogue
from catalogue.states import FieldType
from indexing.columns import Column
from indexing.engines import Engine
from indexing.engines.faiss import FaissEngine
from indexing.fields import Counted, FieldColumn, Mask
from indexing.fields.items import reserved_columns
from indexing.fields.strings import StringColumn
from indexing.ids import in_pairs, pairs_of, uuid_at
from indexing.lexical import Lexicon
from indexing.tokens import Analyzer, analyzer_for

FEW_ROWS = 1_000  # whose dead are not worth a reload


@dataclass(frozen=True, slots=True)
class ItemColumns:
    """One row for each wording of an item that was read; at most one row of an item is `live`."""

    ids: Column[np.uint64]  # (n, 2), as all pairs: ids.py
    skus: Column[np.uint64]  # (n, 2): digests of the folded skus
    texts: Column[np.uint64]  # (n, 4): digests of what its merchant wrote, and of its captions
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
    it, masked. `catalogue` says with which language, settings version and model set it was loaded. `fields`: a column
    of each field by name, those that every item has among them, all as long as `items`.
    """

    catalogue: Catalogue
    seq: int
    items: ItemColumns
    fields: Mapping[str, FieldColumn]
    photos: PhotoColumns
    engine: Engine
    lexicon: Lexicon

    @property
    def analyzer(self) -> Analyzer:
        return analyzer_for(self.catalogue.language)

    @cached_property
    def types(self) -> Mapping[str, FieldType]:
        return {name: column.type for name, column in self.fields.items()}

    @cached_property
    def shown(self) -> Mask:
        """Item rows that may be in an answer."""
        return self.items.live & self.fields["published"].among([True])

    @property
    def groups(self) -> NDArray[np.int32]:
        """By item row a number that items of the very same group share, NONE where there is no group."""
        return cast(StringColumn, self.fields["group"]).codes

    @cached_property
    def searchable(self) -> Mask:
        """Photo rows that may be in an answer."""
        return self.photos.live & self.shown[self.photos.item_rows]

    @cached_property
    def photo_counts(self) -> NDArray[np.int64]:
        """Ready photos of each item row."""
        return np.bincount(self.photos.item_rows[self.photos.live], minlength=len(self.items.live))

    @cached_property
    def _spellings(self) -> dict[str, NDArray[np.int32]]:
        return {}

    def spellings(self, name: str) -> NDArray[np.int32]:
        """For `top` of a field: how each of its values is spelled by most of the shown items."""
        known = self._spellings
        if name not in known:  # two threads may both be the first: they find the same
            known[name] = cast(Counted, self.fields[name]).commonest(np.flatnonzero(self.shown))
        return known[name]

    @property
    def size_bytes(self) -> int:
        """What it keeps in memory, roughly."""
        columns: list[Column[Any]] = [
            self.items.ids, self.items.skus, self.items.texts, self.photos.ids, self.photos.pictures,
        ]  # fmt: skip
        masks = 2 * (len(self.items.live) + len(self.photos.live))  # kept, and derived
        rows = self.photos.item_rows.nbytes + self.photos.positions.nbytes
        kept = sum(each.size_bytes for each in columns) + sum(each.size_bytes for each in self.fields.values())
        return kept + masks + rows + self.engine.size_bytes + self.lexicon.size_bytes

    @property
    def is_worn(self) -> bool:
        """More than half of its rows are dead, or so many groups were renamed: time to load it afresh."""
        rows = len(self.items.live) + len(self.photos.live)
        dead = rows - np.count_nonzero(self.items.live) - np.count_nonzero(self.photos.live)
        # Other strings come with new rows; a group changes in its row, and its spellings never go.
        spelled = len(cast(StringColumn, self.fields["group"]).spellings)
        return (rows > FEW_ROWS and bool(dead * 2 > rows)) or spelled > 2 * max(rows, FEW_ROWS)

    def rows_of(self, item_ids: Sequence[UUID]) -> dict[UUID, int]:
        """The live rows of those items that have one."""
        ids = self.items.ids.values
        rows = np.flatnonzero(in_pairs(ids, pairs_of(item_ids)) & self.items.live)
        return {uuid_at(ids, row): row for row in rows.tolist()}


def empty_view(catalogue: Catalogue) -> View:
    pairs = Column.of(np.zeros((0, 2), np.uint64))
    nothing = np.zeros(0, np.bool_)
    rows = np.zeros(0, np.int32)
    items = ItemColumns(pairs, pairs, Column.of(np.zeros((0, 4), np.uint64)), live=nothing)
    photos = PhotoColumns(pairs, pairs, rows, rows, live=nothing)
    return View(catalogue, 0, items, reserved_columns(), photos, FaissEngine(), Lexicon())
