"""Short hands for tests of indexing: views from plain values, and photos made ready in SQL with chosen vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from catalogue import finishing, work
from catalogue.catalogues import Catalogue, ModelSet
from catalogue.database import Database
from catalogue.fields import type_of
from catalogue.finishing import NewCaption, Result
from catalogue.intake import Upload, register_uploads
from catalogue.states import FieldType, Space, WorkKind
from catalogue.words import text_hash, words_text
from indexing.fields import FieldColumn
from indexing.fields.booleans import BooleanColumn
from indexing.fields.lists import ListColumn
from indexing.fields.numbers import NumberColumn
from indexing.fields.strings import StringColumn
from indexing.ids import uuid_at
from indexing.loading import Batch, ItemRead, PhotoRead
from indexing.overlay import overlaid
from indexing.vector_rows import SpaceRead
from indexing.view import View, empty_view

SET = ModelSet(UUID(int=9), "c1", "l1", "m1", "w1", "set1")
CATALOGUE = Catalogue(
    UUID(int=1), "default", "en", "EUR", public=False, settings={}, settings_version=1, active_set=SET
)
START = datetime(2026, 1, 1, tzinfo=UTC)
Vector = tuple[float, ...]
NO_FIELDS: Mapping[str, FieldType] = {}


@dataclass(frozen=True)
class ShelfPhoto:
    """`vectors` by space; they are made unit length. The picture is named by its bytes."""

    id: UUID
    position: int = 0
    picture: str = ""
    vectors: Mapping[Space, Vector] = field(default_factory=dict)
    caption: str | None = None


@dataclass(frozen=True)
class ShelfItem:
    """`texts` are lines of its title; `price` is in cents."""

    id: UUID
    sku: str
    texts: tuple[str, ...] = ()
    photos: tuple[ShelfPhoto, ...] = ()
    published: bool = True
    available: bool = True
    group: str | None = None
    created_s: int = 0
    price: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


def unit(*numbers: float) -> NDArray[np.float32]:
    vector = np.array(numbers, np.float64)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def stored(*numbers: float) -> bytes:
    return unit(*numbers).astype("<f2").tobytes()


def batch_of(items: Sequence[ShelfItem], *, dimension: int = 3, fields: Mapping[str, FieldType] = NO_FIELDS) -> Batch:
    """`fields` are declared; others are of the type of their first value."""
    photos = [(item, photo) for item in items for photo in item.photos]
    spaces = {}
    for space in Space:
        vectors = np.zeros((len(photos), dimension), np.float32)
        held = np.zeros(len(photos), np.bool_)
        for row, (_, photo) in enumerate(photos):
            if space in photo.vectors:
                vectors[row], held[row] = unit(*photo.vectors[space]), True
        if held.any():
            spaces[space] = SpaceRead(vectors, held)
    return Batch(
        touched=[item.id for item in items],
        items=[
            ItemRead(
                item.id, item.sku, "\n".join(item.texts), item.attributes, item.price, item.group,
                START + timedelta(seconds=item.created_s), item.published, item.available,
                tuple(sorted(photo.caption for photo in item.photos if photo.caption is not None)),
            )
            for item in items
        ],
        fresh=[
            PhotoRead(photo.id, item.id, photo.position, hashlib.sha256(photo.picture.encode()).hexdigest())
            for item, photo in photos
        ],
        spaces=spaces,
        fields={**_types(items), **fields},
    )  # fmt: skip


def _types(items: Sequence[ShelfItem]) -> dict[str, FieldType]:
    values = [pair for item in items for pair in item.attributes.items()]
    return {name: kind for name, value in reversed(values) if (kind := type_of(name, value)) is not None}


def view_of(*items: ShelfItem, seq: int = 1, fields: Mapping[str, FieldType] = NO_FIELDS) -> View:
    return overlaid(empty_view(CATALOGUE), batch_of(items, fields=fields), seq)


def held(view: View, name: str) -> dict[UUID, Any]:
    """What a field's column holds of the live items that have a value: lists as sorted tuples."""
    column, ids = view.fields[name], view.items.ids.values
    rows = np.flatnonzero(view.items.live & column.present())
    return {uuid_at(ids, row): _value(column, row) for row in rows.tolist()}


def _value(column: FieldColumn, row: int) -> Any:
    match column:
        case StringColumn():
            return column.spellings.text(int(column.codes[row]))
        case ListColumn():
            return tuple(
                sorted(_value(column.elements, place) for place in np.flatnonzero(column.owners == row).tolist())
            )
        case NumberColumn() | BooleanColumn():
            return column.value_at(row)
        case _:
            raise AssertionError(column)


def upload(database: Database, catalogue: Catalogue, sku: str, picture: str) -> UUID:
    """A pending photo of an item (made if new); returns its id."""
    made = Upload(hashlib.sha256(picture.encode()).hexdigest(), len(picture), "image/jpeg", 640, 480, 7)
    intake = database.write(lambda session: register_uploads(session, catalogue, sku, [made], bulk=False))
    return intake.photos[0].photo_id


def finish_all(database: Database, vectors: Mapping[UUID, Vector], caption: str = "") -> None:
    """Do all due work: each photo gets `vectors[its id]` in every space, and the caption."""
    while (claim := database.write(lambda s: work.claim(s, "worker", lease_s=60, batch=50))) is not None:
        _finish(database, claim, vectors, caption)


def _finish(database: Database, claim: work.Claim, vectors: Mapping[UUID, Vector], caption: str) -> None:
    ids = [job.photo_id for job in claim.jobs]
    with database.reading() as session:
        texts = finishing.read_texts(session, claim.catalogue_id, claim.model_set_id, ids)
    results = []
    for job in claim.jobs:
        picture = claim.kind is WorkKind.PICTURE
        text = texts[job.photo_id]
        shown = text.kept or (caption if picture else text.model)
        made = stored(*vectors[job.photo_id])
        results.append(
            Result(
                job.work_id,
                job.photo_id,
                NewCaption(caption, 0.9) if picture else None,
                dict.fromkeys(Space if picture else [Space.WORDS], made),
                text_hash(words_text(text.title, shown)),
            )
        )
    database.write(lambda session: finishing.finish(session, claim, results))
