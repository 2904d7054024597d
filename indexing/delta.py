"""Feed lines to the batch that brings a view up to them: which items to read again, which vectors a view may keep."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from catalogue.changes import NumberedChange
from catalogue.states import ChangeKind, Space
from indexing.ids import in_pairs, pairs_of, uuid_at
from indexing.loading import Batch, read_touched
from indexing.view import View


def read_delta(session: Session, view: View, lines: Sequence[NumberedChange]) -> Batch:
    """The present truth about every item that `lines` speak of; call it in the transaction that read them.

    Vectors stay where they are unless a line says that they changed, or the item was hidden: of an item that is
    shown again all is read.
    """
    touched = list(dict.fromkeys(line.item_id for line in lines if line.item_id is not None))
    changed = {line.photo_id for line in lines if line.kind is ChangeKind.VECTORS}
    dimensions = {space: d for space in Space if (d := view.engine.dimension(space)) is not None}
    return read_touched(session, view.catalogue, touched, _known(view, touched) - changed, dimensions)


def _known(view: View, touched: Sequence[UUID]) -> set[UUID]:
    """Photos of the touched items whose vectors the view has, their items being shown."""
    shown = in_pairs(view.items.ids.values, pairs_of(touched)) & view.shown
    ids = view.photos.ids.values
    return {uuid_at(ids, int(row)) for row in np.flatnonzero(view.photos.live & shown[view.photos.item_rows])}
