"""SQL to batches for a view: everything at one change number, or what some changes touch. Writes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.catalogues import Catalogue, read_catalogue
from catalogue.errors import NotFound
from catalogue.facts import in_force, precedence
from catalogue.states import CaptionSource, FieldType, PhotoStatus, Space
from indexing.ids import in_chunks
from indexing.vector_rows import STREAMED, SpaceRead, read_all_vectors, read_vectors

Captions = Mapping[UUID, tuple[str, ...]]  # by item
NO_CAPTIONS: Captions = {}


@dataclass(frozen=True, slots=True)
class ItemRead:
    """`captions`: the shown ones of its ready photos, sorted."""

    id: UUID
    sku: str
    title: str
    attributes: Mapping[str, Any]
    price_minor: int | None
    group: str | None
    created_at: datetime
    published: bool
    available: bool
    captions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PhotoRead:
    id: UUID
    item_id: UUID
    position: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The present truth about the items `touched`: those not in `items` are gone, and so is any photo not named.

    `kept` photos have the vectors that the view knows already, `fresh` ones those in `spaces`. Of items in `edited`,
    which are not touched, only what merchants write was read: their words are as they were, and so are their photos.
    `fields`: the register.
    """

    touched: Sequence[UUID]
    items: Sequence[ItemRead]
    kept: Sequence[PhotoRead] = ()
    fresh: Sequence[PhotoRead] = ()
    spaces: Mapping[Space, SpaceRead] = field(default_factory=dict)
    edited: Sequence[ItemRead] = ()
    fields: Mapping[str, FieldType] = field(default_factory=dict)


def read_catalogue_by_id(session: Session, catalogue_id: UUID) -> Catalogue:
    name = session.scalar(select(models.Catalogue.name).where(models.Catalogue.id == catalogue_id))
    if name is None:
        raise NotFound(f"There is no catalogue {catalogue_id}.")
    return read_catalogue(session, name)


def read_everything(session: Session, catalogue: Catalogue) -> Batch:
    """All items and ready photos; call it in the read transaction that gave the change number.

    Streamed: no statement lasts for the whole of a large catalogue, nor holds it twice.
    """
    streamed = {"yield_per": STREAMED}
    photos = _photos(session.execute(_ready_photos(catalogue), execution_options=streamed))
    captions = _by_item(photos, _shown(session.execute(_captions(catalogue), execution_options=streamed)))
    items = _items(session.execute(_all_items(catalogue), execution_options=streamed), captions)
    spaces = read_all_vectors(session, catalogue, [photo.id for photo in photos])
    return Batch((), items, (), photos, spaces, fields=read_fields(session, catalogue))


def read_touched(
    session: Session,
    catalogue: Catalogue,
    touched: Sequence[UUID],
    keep: set[UUID],
    dimensions: Mapping[Space, int],
) -> Batch:
    """The items `touched` with their ready photos; vectors only of photos that are not in `keep`."""
    photos: list[PhotoRead] = []
    for chunk in in_chunks(touched):
        photos += _photos(session.execute(_ready_photos(catalogue).where(models.Photo.item_id.in_(chunk))))
    shown: dict[UUID, str] = {}
    for of_photos in in_chunks(photos):
        wanted = models.Caption.photo_id.in_([photo.id for photo in of_photos])
        shown |= _shown(session.execute(_captions(catalogue).where(wanted)))
    items = read_items(session, catalogue, touched, _by_item(photos, shown))
    fresh = [photo for photo in photos if photo.id not in keep]
    kept = [photo for photo in photos if photo.id in keep]
    return Batch(touched, items, kept, fresh, read_vectors(session, catalogue, [one.id for one in fresh], dimensions))


def read_items(
    session: Session, catalogue: Catalogue, item_ids: Sequence[UUID], captions: Captions = NO_CAPTIONS
) -> list[ItemRead]:
    """These items, as far as they are there, with the captions given for them."""
    rows: list[Any] = []
    for chunk in in_chunks(item_ids):
        rows += session.execute(_all_items(catalogue).where(models.Item.id.in_(chunk)))
    return _items(rows, captions)


def read_fields(session: Session, catalogue: Catalogue) -> dict[str, FieldType]:
    """The register: each field's type."""
    register = models.Field
    rows = session.execute(select(register.name, register.type).where(register.catalogue_id == catalogue.id))
    return dict(rows.all())


def _all_items(catalogue: Catalogue) -> Select[Any]:
    item = models.Item
    return select(
        item.id, item.sku, item.title, item.attributes, item.price_minor, item.group, item.created_at, item.published,
        item.available,
    ).where(item.catalogue_id == catalogue.id)  # fmt: skip


def _ready_photos(catalogue: Catalogue) -> Select[UUID, UUID, int, str]:
    photo = models.Photo
    return select(photo.id, photo.item_id, photo.position, photo.sha256).where(
        photo.catalogue_id == catalogue.id, photo.status == PhotoStatus.READY
    )


def _captions(catalogue: Catalogue) -> Select[UUID, str, CaptionSource, bool]:
    """Of each photo the last one first."""
    captioner = catalogue.active_set.captioner if catalogue.active_set else None
    caption = models.Caption
    return (
        select(caption.photo_id, caption.text, caption.source, caption.locked)
        .where(caption.catalogue_id == catalogue.id, in_force(captioner))
        .order_by(caption.photo_id, caption.created_at.desc(), caption.id.desc())
    )


def _photos(rows: Iterable[Any]) -> list[PhotoRead]:
    return [PhotoRead(*row) for row in rows]


def _items(rows: Iterable[Any], captions: Captions) -> list[ItemRead]:
    return [ItemRead(*(*row, captions.get(row[0], ()))) for row in rows]


def _shown(rows: Iterable[Any]) -> dict[UUID, str]:
    """The text to show of each photo, as `facts.shown_captions` chooses it."""
    shown: dict[UUID, tuple[int, str]] = {}
    for photo_id, text, source, locked in rows:
        rank = precedence(source, locked=locked)
        if photo_id not in shown or rank < shown[photo_id][0]:
            shown[photo_id] = rank, text
    return {photo_id: text for photo_id, (_, text) in shown.items()}


def _by_item(photos: Sequence[PhotoRead], shown: Mapping[UUID, str]) -> Captions:
    """Sorted: whoever moves a photo has not changed what its item says."""
    texts: dict[UUID, list[str]] = defaultdict(list)
    for photo in photos:
        if photo.id in shown:
            texts[photo.item_id].append(shown[photo.id])
    return {item_id: tuple(sorted(own)) for item_id, own in texts.items()}
