"""Look-alikes of an item: how near its photos are to others', and which items may be named. Order is ranking.py's."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from catalogue.states import Space
from indexing.fusion import Scored, cosines, fused
from indexing.ids import in_pairs, is_pair, pairs_of
from indexing.view import View


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """By item row: `scored` by the nearest pair of photos, and who is `allowed` as an answer."""

    scored: Scored
    allowed: NDArray[np.bool_]
    duplicates: int


def looks_like(view: View, item_id: UUID) -> LookAlikes:
    seed = view.items.live & is_pair(view.items.ids.values, pairs_of([item_id])[0])
    photos = np.flatnonzero(view.photos.live & seed[view.photos.item_rows])
    others = view.shown & view.items.available.values & ~seed & ~_group(view, seed)
    same = others & _showing(view, photos)
    vectors = [vector for row in photos if (vector := view.engine.vector(Space.LOOK, int(row))) is not None]
    nearest = cosines(view, Space.LOOK, vectors[0] if vectors else None)  # (photos,)
    for vector in vectors[1:]:  # one row at a time: all of them would be (vectors, photos)
        np.maximum(nearest, cosines(view, Space.LOOK, vector), out=nearest)
    return LookAlikes(fused(view, {Space.LOOK.value: nearest}, None), others & ~same, int(np.count_nonzero(same)))


def _group(view: View, seed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Items of the seed's group; an item without a group is alone."""
    groups = view.items.groups.values
    own = groups[seed]
    if len(own) == 0 or not own.any():
        return np.zeros(len(groups), np.bool_)
    return is_pair(groups, own[0])


def _showing(view: View, photos: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Items with a ready photo that is, byte for byte, one of `photos`."""
    same = view.searchable & in_pairs(view.photos.pictures.values, view.photos.pictures.values[photos])
    items = np.zeros(len(view.items.live), np.bool_)
    items[view.photos.item_rows[same]] = True
    return items
