"""Uploads become rows: item, photo, work and change in one transaction. The bytes are in the photo store before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from catalogue import changes, models
from catalogue.catalogues import Catalogue, SetsInUse, sets_in_use
from catalogue.changes import Change
from catalogue.database import now
from catalogue.erasures import keep_from_erasure
from catalogue.items import ensure_item
from catalogue.states import ChangeKind, PhotoStatus, WorkKind
from catalogue.work import BULK, SINGLE, TRIAL, add_work


@dataclass(frozen=True, slots=True)
class Upload:
    """A decoded photo whose original and working copy are stored under `sha256`; width and height after orientation."""

    sha256: str
    size_bytes: int
    media_type: str
    width: int
    height: int
    difference_hash: int


@dataclass(frozen=True, slots=True)
class Registered:
    """`known`: the item had these bytes already, and nothing was written."""

    photo_id: UUID
    known: bool


@dataclass(frozen=True, slots=True)
class Intake:
    item_id: UUID
    seq: int
    photos: tuple[Registered, ...]  # in the order of the uploads


def register_uploads(
    session: Session, catalogue: Catalogue, sku: str, uploads: Sequence[Upload], *, bulk: bool
) -> Intake:
    """Add photos to an item (made if new). The same bytes again in an item are the photo that is there."""
    sets = sets_in_use(session, catalogue.id)  # as they are now: the photo may have been long on its way
    item, created = ensure_item(session, catalogue.id, sku)
    made = [Change(ChangeKind.ATTRIBUTES, item.id)] if created else []
    if created:
        item.version = 1
    photos: list[Registered] = []
    for upload in uploads:
        photo_id = _same_bytes(session, item, upload.sha256)
        known = photo_id is not None
        if photo_id is None:
            photo_id = _add(session, item, upload)
            made.append(Change(ChangeKind.ATTRIBUTES, item.id, photo_id))
        photos.append(Registered(photo_id, known))
    new = [photo.photo_id for photo in photos if not photo.known]
    _add_picture_work(session, catalogue.id, sets, new, rank=BULK if bulk else SINGLE)
    keep_from_erasure(session, [upload.sha256 for upload in uploads])
    return Intake(item.id, changes.record(session, catalogue.id, made), tuple(photos))


def _same_bytes(session: Session, item: models.Item, sha256: str) -> UUID | None:
    return session.scalars(
        select(models.Photo.id).filter_by(catalogue_id=item.catalogue_id, item_id=item.id, sha256=sha256)
    ).one_or_none()


def _add(session: Session, item: models.Item, upload: Upload) -> UUID:
    of_item = select(func.max(models.Photo.position)).filter_by(catalogue_id=item.catalogue_id, item_id=item.id)
    last = session.scalar(of_item)
    photo = models.Photo(
        catalogue_id=item.catalogue_id,
        id=uuid7(),
        item_id=item.id,
        position=0 if last is None else last + 1,
        sha256=upload.sha256,
        size_bytes=upload.size_bytes,
        media_type=upload.media_type,
        width=upload.width,
        height=upload.height,
        difference_hash=upload.difference_hash,
        status=PhotoStatus.PENDING,
        created_at=now(session),
    )
    session.add(photo)
    session.flush()
    return photo.id


def _add_picture_work(
    session: Session, catalogue_id: UUID, sets: SetsInUse, photo_ids: list[UUID], *, rank: int
) -> None:
    for set_id, step in ((sets.active, 0), (sets.adopting, TRIAL)):
        if set_id is not None:
            add_work(session, catalogue_id, photo_ids, WorkKind.PICTURE, set_id, rank=rank + step)
