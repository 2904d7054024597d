"""What the catalogue says of an item, a photo, a caption: frozen values read from rows. Writes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.catalogues import Catalogue
from catalogue.database import now
from catalogue.states import CaptionSource, PhotoStatus, WorkKind


@dataclass(frozen=True, slots=True)
class Alternative:
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class CaptionFacts:
    """`model` is the captioner's fingerprint when a model wrote it; `confidence` is a model's alone."""

    text: str
    confidence: float | None
    source: CaptionSource
    model: str | None
    locked: bool


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """`state` is `pending`, `processing` (a live lease stands), `ready` or `failed`; pixels after orientation."""

    id: UUID
    item_id: UUID
    sku: str
    position: int
    sha256: str
    size_bytes: int
    media_type: str
    width: int
    height: int
    state: str
    reason: str | None
    attempts: int
    caption: CaptionFacts | None
    alternatives: tuple[Alternative, ...]
    caption_version: int
    created_at: datetime
    ready_at: datetime | None
    ready_seq: int | None


@dataclass(frozen=True, slots=True)
class ItemFacts:
    id: UUID
    sku: str
    title: str
    attributes: Mapping[str, Any]
    price_minor: int | None
    url: str | None
    published: bool
    available: bool
    group: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    photos: tuple[PhotoFacts, ...]  # by position


def shown_captions(
    session: Session, catalogue_id: UUID, captioner: str | None, photo_ids: Sequence[UUID]
) -> dict[UUID, models.Caption]:
    """The caption to show of each photo: a person's (or an imported) one, else a locked one, else this captioner's."""
    shown: dict[UUID, models.Caption] = {}
    for caption in current_captions(session, catalogue_id, captioner, photo_ids):
        best = shown.get(caption.photo_id)
        if best is None or _precedence(caption) < _precedence(best):
            shown[caption.photo_id] = caption
    return shown


def current_captions(
    session: Session, catalogue_id: UUID, captioner: str | None, photo_ids: Sequence[UUID]
) -> Sequence[models.Caption]:
    """The captions in force: people's, imported, locked, and those of the captioner with this fingerprint."""
    captions = models.Caption
    return session.scalars(
        select(captions)
        .where(
            captions.catalogue_id == catalogue_id,
            captions.photo_id.in_(photo_ids),
            in_force(captioner),
        )
        .order_by(captions.photo_id, captions.created_at.desc(), captions.id.desc())
    ).all()


def in_force(captioner: str | None) -> ColumnElement[bool]:
    """Which captions are current: people's, imported and locked ones, and those of this captioner."""
    captions = models.Caption
    current = or_(captions.source != CaptionSource.MODEL, captions.locked.is_(True), captions.fingerprint == captioner)
    return and_(captions.retired_at.is_(None), current)


def read_photos(session: Session, catalogue: Catalogue, photo_ids: Sequence[UUID]) -> dict[UUID, PhotoFacts]:
    """The photos of `photo_ids` that are there, in four statements whatever their number."""
    rows = session.execute(
        select(models.Photo, models.Item.sku)
        .join(
            models.Item,
            and_(models.Item.catalogue_id == models.Photo.catalogue_id, models.Item.id == models.Photo.item_id),
        )
        .where(models.Photo.catalogue_id == catalogue.id, models.Photo.id.in_(photo_ids))
    ).all()
    captioner = catalogue.active_set.captioner if catalogue.active_set else None
    ids = [photo.id for photo, _ in rows]
    shown = shown_captions(session, catalogue.id, captioner, ids)
    alternatives = _alternatives(session, catalogue.id, captioner, ids)
    work = _picture_work(session, catalogue, ids)
    at = now(session)
    return {
        photo.id: _photo_facts(photo, sku, shown.get(photo.id), alternatives.get(photo.id, ()), work.get(photo.id), at)
        for photo, sku in rows
    }


def read_items(session: Session, catalogue: Catalogue, item_ids: Sequence[UUID]) -> dict[UUID, ItemFacts]:
    """The items of `item_ids` that are there, each with its photos in order."""
    items = session.scalars(
        select(models.Item).where(models.Item.catalogue_id == catalogue.id, models.Item.id.in_(item_ids))
    ).all()
    photo_ids = session.scalars(
        select(models.Photo.id).where(models.Photo.catalogue_id == catalogue.id, models.Photo.item_id.in_(item_ids))
    ).all()
    photos = defaultdict(list)
    for photo in read_photos(session, catalogue, photo_ids).values():
        photos[photo.item_id].append(photo)
    return {item.id: _item_facts(item, photos[item.id]) for item in items}


def precedence(source: CaptionSource, *, locked: bool) -> int:
    """Of several captions in force the one with the smallest number is shown."""
    if source is not CaptionSource.MODEL:
        return 0
    return 1 if locked else 2


def _precedence(caption: models.Caption) -> int:
    return precedence(caption.source, locked=caption.locked)


def _alternatives(
    session: Session, catalogue_id: UUID, captioner: str | None, photo_ids: Sequence[UUID]
) -> dict[UUID, tuple[Alternative, ...]]:
    return {
        caption.photo_id: tuple(Alternative(entry["text"], entry["confidence"]) for entry in caption.alternatives)
        for caption in current_captions(session, catalogue_id, captioner, photo_ids)
        if caption.source is CaptionSource.MODEL and caption.fingerprint == captioner
    }


def _picture_work(session: Session, catalogue: Catalogue, photo_ids: Sequence[UUID]) -> dict[UUID, models.Work]:
    if catalogue.active_set is None:
        return {}
    rows = session.scalars(
        select(models.Work).where(
            models.Work.catalogue_id == catalogue.id,
            models.Work.photo_id.in_(photo_ids),
            models.Work.kind == WorkKind.PICTURE,
            models.Work.model_set_id == catalogue.active_set.id,
        )
    )
    return {row.photo_id: row for row in rows}


def _photo_facts(
    photo: models.Photo,
    sku: str,
    shown: models.Caption | None,
    alternatives: tuple[Alternative, ...],
    work: models.Work | None,
    at: datetime,
) -> PhotoFacts:
    held = work is not None and work.expires_at is not None and work.expires_at > at
    caption = (
        None
        if shown is None
        else CaptionFacts(shown.text, shown.confidence, shown.source, shown.fingerprint, shown.locked)
    )
    return PhotoFacts(
        id=photo.id,
        item_id=photo.item_id,
        sku=sku,
        position=photo.position,
        sha256=photo.sha256,
        size_bytes=photo.size_bytes,
        media_type=photo.media_type,
        width=photo.width,
        height=photo.height,
        state="processing" if held and photo.status is PhotoStatus.PENDING else photo.status.value,
        reason=photo.reason,
        attempts=photo.attempts if work is None else work.attempts,
        caption=caption,
        alternatives=alternatives,
        caption_version=photo.caption_version,
        created_at=photo.created_at,
        ready_at=photo.ready_at,
        ready_seq=photo.ready_seq,
    )


def _item_facts(item: models.Item, photos: list[PhotoFacts]) -> ItemFacts:
    return ItemFacts(
        id=item.id,
        sku=item.sku,
        title=item.title,
        attributes=item.attributes,
        price_minor=item.price_minor,
        url=item.url,
        published=item.published,
        available=item.available,
        group=item.group,
        version=item.version,
        created_at=item.created_at,
        updated_at=item.updated_at,
        photos=tuple(sorted(photos, key=lambda photo: (photo.position, photo.id))),
    )
