"""A view with changes laid over it: masked ids, and batches of rows read again. Makes new views, alters none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from catalogue.changes import NumberedChange
from catalogue.states import ChangeKind, Space
from indexing.engines import Engine
from indexing.fields import Mask
from indexing.fields.items import Placed, with_items
from indexing.ids import Pairs, in_pairs, pairs_of, sha256_pairs, text_pairs
from indexing.loading import Batch, PhotoRead
from indexing.tokens import fold
from indexing.vector_rows import SpaceRead
from indexing.view import ItemColumns, PhotoColumns, View
from indexing.wording import Types, caption_digests, own_digests, texts

MASKS = frozenset({ChangeKind.HIDDEN, ChangeKind.GONE})


def masked(view: View, lines: Iterable[NumberedChange]) -> View:
    """The view without what `lines` say is hidden or gone; needs nothing but ids. Other lines are passed over."""
    masks = [line for line in lines if line.kind in MASKS]
    hidden = _ids(line.item_id for line in masks if line.photo_id is None and line.kind is ChangeKind.HIDDEN)
    gone = _ids(line.item_id for line in masks if line.photo_id is None and line.kind is ChangeKind.GONE)
    photos = _ids(line.photo_id for line in masks)
    if len(hidden):
        view = _with_hidden(view, hidden)
    if len(gone):
        view = _without_items(view, gone)
    if len(photos):
        view = _without_photos(view, view.photos.live & in_pairs(view.photos.ids.values, photos))
    return view


def overlaid(view: View, batch: Batch, seq: int) -> View:
    """The view with the items of `batch` as the batch has them, at change number `seq`.

    An item whose words are the same keeps its row: its fields are written over, postings and vectors stay where they
    are. Only the thread that extends the newest view may call this: columns grow in place behind it.
    """
    types = {**view.types, **batch.fields}
    places = _placed(view, batch, types)
    items = _with_items(view.items, places)
    fields = with_items(view.fields, batch.fields, places.edited, places.new, len(items.live))
    lexicon = view.lexicon
    if places.new:
        words = [view.analyzer.held(texts(item, types)) for _, item in places.new]
        lexicon = lexicon.with_rows(len(view.items.live), words)
    orphans = view.photos.live & places.touched[view.photos.item_rows]  # until the batch names them again
    photos, lost = _with_kept(view.photos, orphans, batch.kept, places.rows)
    engine = view.engine.mask(np.flatnonzero(lost)) if lost.any() else view.engine
    engine = _with_vectors(engine, len(photos.live), batch.spaces)
    photos = _with_fresh(photos, batch.fresh, places.rows)
    return View(view.catalogue, seq, items, fields, photos, engine, lexicon)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a batch's items stand: `edited` in their old rows, `new` ones, with the digests of their texts, behind all.

    `rows`: that of each item. By old row: `touched`, and which of these are `dead`.
    """

    edited: Placed
    new: Placed
    digests: Pairs
    rows: Mapping[UUID, int]
    touched: Mask
    dead: Mask


def _placed(view: View, batch: Batch, types: Types) -> _Places:
    known = view.rows_of([*batch.touched, *(item.id for item in batch.edited)])
    digests = np.hstack([own_digests(batch.items, types), caption_digests(batch.items)])
    stays = _stays(view.items, [known.get(item.id) for item in batch.items], digests)
    edited = [(known[item.id], item) for item in batch.edited]
    edited += [(known[item.id], item) for item, stay in zip(batch.items, stays, strict=True) if stay]
    others = (item for item, stay in zip(batch.items, stays, strict=True) if not stay)
    new = list(enumerate(others, len(view.items.live)))
    touched = np.zeros(len(view.items.live), np.bool_)
    touched[[known[item_id] for item_id in batch.touched if item_id in known]] = True
    dead = touched.copy()
    dead[[row for row, _ in edited]] = False
    rows = known | {item.id: row for row, item in new}
    return _Places(sorted(edited, key=itemgetter(0)), new, digests[~stays], rows, touched, dead)


def _stays(items: ItemColumns, rows: Sequence[int | None], digests: Pairs) -> Mask:
    """Which of the items read have a row (None: no live one) that was made of the very same texts."""
    stays = np.array([row is not None for row in rows], np.bool_)
    had = items.texts.values[[row for row in rows if row is not None]]
    stays[stays] = (had == digests[stays]).all(axis=1)
    return stays


def _with_hidden(view: View, hidden: Pairs) -> View:
    rows = np.flatnonzero(in_pairs(view.items.ids.values, hidden) & view.items.live)
    published = view.fields["published"].written(rows, [False] * len(rows), len(view.items.live))
    return replace(view, fields={**view.fields, "published": published})


def _without_items(view: View, gone: Pairs) -> View:
    rows = in_pairs(view.items.ids.values, gone) & view.items.live
    view = replace(view, items=replace(view.items, live=view.items.live & ~rows))
    return _without_photos(view, view.photos.live & rows[view.photos.item_rows])


def _without_photos(view: View, rows: NDArray[np.bool_]) -> View:
    photos = replace(view.photos, live=view.photos.live & ~rows)
    return replace(view, photos=photos, engine=view.engine.mask(np.flatnonzero(rows)))


def _with_items(items: ItemColumns, places: _Places) -> ItemColumns:
    if not places.new and not places.dead.any():
        return items
    new = [item for _, item in places.new]
    return ItemColumns(
        ids=items.ids.append(pairs_of(item.id for item in new)),
        skus=items.skus.append(text_pairs(fold(item.sku.strip()) for item in new)),
        texts=items.texts.append(places.digests),
        live=np.append(items.live & ~places.dead, np.ones(len(new), np.bool_)),
    )


def _with_kept(
    photos: PhotoColumns, orphans: NDArray[np.bool_], kept: Sequence[PhotoRead], item_rows: Mapping[UUID, int]
) -> tuple[PhotoColumns, NDArray[np.bool_]]:
    """Photos of touched items moved to their items' new rows; those that the batch does not name are lost."""
    if not orphans.any():
        return photos, orphans
    named = {photo.id.bytes: photo for photo in kept}
    new_items, positions, lost = photos.item_rows.copy(), photos.positions.copy(), orphans.copy()
    rows = np.flatnonzero(orphans)
    halves = photos.ids.values[rows].astype(">u8")
    for row, half in zip(rows, halves, strict=True):
        photo = named.get(half.tobytes())
        if photo is not None:
            new_items[row], positions[row], lost[row] = item_rows[photo.item_id], photo.position, False
    return replace(photos, item_rows=new_items, positions=positions, live=photos.live & ~lost), lost


def _with_fresh(photos: PhotoColumns, fresh: Sequence[PhotoRead], item_rows: Mapping[UUID, int]) -> PhotoColumns:
    if not fresh:
        return photos
    return PhotoColumns(
        ids=photos.ids.append(pairs_of(photo.id for photo in fresh)),
        pictures=photos.pictures.append(sha256_pairs(photo.sha256 for photo in fresh)),
        item_rows=np.append(photos.item_rows, np.array([item_rows[photo.item_id] for photo in fresh], np.int32)),
        positions=np.append(photos.positions, np.array([photo.position for photo in fresh], np.int32)),
        live=np.append(photos.live, np.ones(len(fresh), np.bool_)),
    )


def _with_vectors(engine: Engine, first_row: int, spaces: Mapping[Space, SpaceRead]) -> Engine:
    for space, read in spaces.items():
        held = np.flatnonzero(read.held)
        vectors = read.vectors if len(held) == len(read.held) else read.vectors[held]
        engine = engine.upsert(space, first_row + held, vectors)
    return engine


def _ids(ids: Iterable[UUID | None]) -> Pairs:
    return pairs_of(one for one in ids if one is not None)
