"""Feed lines to the batch that brings a view up to them: which items to read again, which vectors a view may keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from catalogue.changes import NumberedChange
from catalogue.states import ChangeKind, Space
from indexing.ids import in_pairs, pairs_of, uuid_at
from indexing.loading import Batch, ItemRead, read_fields, read_items, read_touched
from indexing.view import View
from indexing.wording import own_digests

OF_MERCHANTS = frozenset({ChangeKind.ATTRIBUTES, ChangeKind.TEXT, ChangeKind.HIDDEN})


def read_delta(session: Session, view: View, lines: Sequence[NumberedChange]) -> Batch:
    """The present truth about every item that `lines` speak of; call it in the transaction that read them.

    Of an item that only its merchant wrote to, and whose words are the same, nothing else is read: a new price costs
    one row. Vectors stay where they are unless a line says that they changed.
    """
    named = list(dict.fromkeys(line.item_id for line in lines if line.item_id is not None))
    deeper = {line.item_id for line in lines if line.photo_id is not None or line.kind not in OF_MERCHANTS}
    known = view.rows_of([item_id for item_id in named if item_id not in deeper])
    edited = _same_words(view, known, read_items(session, view.catalogue, list(known)))
    rest = {item.id for item in edited}
    touched = [item_id for item_id in named if item_id not in rest]
    changed = {line.photo_id for line in lines if line.kind is ChangeKind.VECTORS}
    dimensions = {space: d for space in Space if (d := view.engine.dimension(space)) is not None}
    batch = read_touched(session, view.catalogue, touched, _known(view, touched) - changed, dimensions)
    # Always: a field stays registered when the item that brought it has lost it, or is gone, by now.
    return replace(batch, edited=edited, fields=read_fields(session, view.catalogue))


def _same_words(view: View, known: Mapping[UUID, int], read: Sequence[ItemRead]) -> list[ItemRead]:
    """Those whose texts are what the view has at their rows."""
    had = view.items.texts.values[[known[item.id] for item in read], :2]
    same = (own_digests(read, view.types) == had).all(axis=1)
    return [item for item, is_same in zip(read, same, strict=True) if is_same]


def _known(view: View, touched: Sequence[UUID]) -> set[UUID]:
    """Photos of the touched items whose vectors the view has."""
    of_touched = in_pairs(view.items.ids.values, pairs_of(touched)) & view.items.live
    ids = view.photos.ids.values
    return {uuid_at(ids, int(row)) for row in np.flatnonzero(view.photos.live & of_touched[view.photos.item_rows])}
