"""Look-alikes of an item: how near its photos are to others', and which items may be named. Order is ranking.py's."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from catalogue.states import Space
from indexing.fields import Mask
from indexing.fields.strings import NONE
from indexing.filters import Checked
from indexing.fusion import Scored, candidates, cosines, fused
from indexing.ids import in_pairs, is_pair, pairs_of
from indexing.sorting import groups_of
from indexing.view import View


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """Who may be named, `scored` by the nearest pair of photos."""

    scored: Scored
    duplicates: int


def looks_like(view: View, item_id: UUID, filter_: Checked | None) -> LookAlikes:
    seed = view.items.live & is_pair(view.items.ids.values, pairs_of([item_id])[0])
    photos = np.flatnonzero(view.photos.live & seed[view.photos.item_rows])
    others = view.shown & _passing(view, filter_) & ~seed & ~_group(view, seed)
    same = others & _showing(view, photos)
    of = candidates(view, others & ~same)
    vectors = [vector for row in photos if (vector := view.engine.vector(Space.LOOK, int(row))) is not None]
    nearest = cosines(view, of, Space.LOOK, vectors[0] if vectors else None)  # (photos,)
    for vector in vectors[1:]:  # one row at a time: all of them would be (vectors, photos)
        np.maximum(nearest, cosines(view, of, Space.LOOK, vector), out=nearest)
    return LookAlikes(fused(view, of, {Space.LOOK.value: nearest}, None), int(np.count_nonzero(same)))


def _passing(view: View, filter_: Checked | None) -> Mask:
    """Recommendations are of what can be had, unless the filter says otherwise."""
    available = view.fields["available"].among([True])
    if filter_ is None:
        return available
    passing = filter_.mask(view)
    return passing if "available" in filter_.fields() else passing & available


def _group(view: View, seed: Mask) -> Mask:
    """Items of the seed's group; an item without a group is alone."""
    groups = groups_of(view)
    own = groups[seed]
    return (groups == own[0]) & (own[0] != NONE) if len(own) else np.zeros(len(groups), np.bool_)


def _showing(view: View, photos: NDArray[np.int64]) -> Mask:
    """Items with a ready photo that is, byte for byte, one of `photos`."""
    same = view.searchable & in_pairs(view.photos.pictures.values, view.photos.pictures.values[photos])
    items = np.zeros(len(view.items.live), np.bool_)
    items[view.photos.item_rows[same]] = True
    return items
