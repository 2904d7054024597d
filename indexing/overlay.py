"""A view with changes laid over it: masked ids, and batches of rows read again. Makes new views, alters none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from catalogue.changes import NumberedChange
from catalogue.states import ChangeKind, Space
from indexing.engines import Engine
from indexing.ids import Pairs, in_pairs, pairs_of, sha256_pairs, text_pairs
from indexing.lexical import Lexicon
from indexing.loading import Batch, ItemRead, PhotoRead, SpaceRead
from indexing.tokens import Analyzer, fold
from indexing.view import ItemColumns, PhotoColumns, View

MASKS = frozenset({ChangeKind.HIDDEN, ChangeKind.GONE})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def masked(view: View, lines: Iterable[NumberedChange]) -> View:
    """The view without what `lines` say is hidden or gone; needs nothing but ids. Other lines are passed over."""
    masks = [line for line in lines if line.kind in MASKS]
    hidden = _ids(line.item_id for line in masks if line.photo_id is None and line.kind is ChangeKind.HIDDEN)
    gone = _ids(line.item_id for line in masks if line.photo_id is None and line.kind is ChangeKind.GONE)
    photos = _ids(line.photo_id for line in masks)
    if len(hidden):
        published = view.items.published & ~in_pairs(view.items.ids.values, hidden)
        view = replace(view, items=replace(view.items, published=published))
    if len(gone):
        view = _without_items(view, gone)
    if len(photos):
        view = _without_photos(view, view.photos.live & in_pairs(view.photos.ids.values, photos))
    return view


def overlaid(view: View, batch: Batch, seq: int) -> View:
    """The view with the items of `batch` as the batch has them, at change number `seq`.

    Only the thread that extends the newest view may call this: columns grow in place behind it.
    """
    touched = in_pairs(view.items.ids.values, pairs_of(batch.touched)) & view.items.live
    orphans = view.photos.live & touched[view.photos.item_rows]  # (n,), until the batch names them again
    first_row = len(view.items.live)
    items = _with_items(replace(view.items, live=view.items.live & ~touched), batch.items)
    lexicon = _with_tokens(view.lexicon, view.analyzer, first_row, batch.items)
    item_rows = {item.id: row for row, item in enumerate(batch.items, first_row)}
    photos, lost = _with_kept(view.photos, orphans, batch.kept, item_rows)
    fresh_row = len(photos.live)
    photos = _with_fresh(photos, batch.fresh, item_rows)
    engine = _with_vectors(view.engine.mask(np.flatnonzero(lost)), fresh_row, batch.spaces)
    return View(view.catalogue, seq, items, photos, engine, lexicon)


def _without_items(view: View, gone: Pairs) -> View:
    rows = in_pairs(view.items.ids.values, gone) & view.items.live
    view = replace(view, items=replace(view.items, live=view.items.live & ~rows))
    return _without_photos(view, view.photos.live & rows[view.photos.item_rows])


def _without_photos(view: View, rows: NDArray[np.bool_]) -> View:
    photos = replace(view.photos, live=view.photos.live & ~rows)
    return replace(view, photos=photos, engine=view.engine.mask(np.flatnonzero(rows)))


def _with_items(items: ItemColumns, read: Sequence[ItemRead]) -> ItemColumns:
    created = [(item.created_at - EPOCH) // MICROSECOND for item in read]
    return ItemColumns(
        ids=items.ids.append(pairs_of(item.id for item in read)),
        skus=items.skus.append(text_pairs(fold(item.sku.strip()) for item in read)),
        groups=items.groups.append(text_pairs(item.group for item in read)),
        created_us=items.created_us.append(np.array(created, np.int64)),
        available=items.available.append(np.array([item.available for item in read], np.bool_)),
        published=np.append(items.published, np.array([item.published for item in read], np.bool_)),
        live=np.append(items.live, np.ones(len(read), np.bool_)),
    )


def _with_tokens(lexicon: Lexicon, analyzer: Analyzer, first_row: int, read: Sequence[ItemRead]) -> Lexicon:
    return lexicon.with_rows(first_row, [analyzer.words("\n".join(item.texts)) for item in read])


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
