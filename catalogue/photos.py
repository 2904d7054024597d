"""Photos after their upload: order, retry, deletion. Intake is in intake.py, captions in captions.py."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalogue import changes, models
from catalogue.catalogues import Catalogue, sets_in_use
from catalogue.changes import Change
from catalogue.erasures import queue_erasure
from catalogue.errors import InvalidInput, NotFound, PhotoNotFailed
from catalogue.facts import PhotoFacts, read_photos
from catalogue.states import ChangeKind, PhotoStatus, WorkKind, moved
from catalogue.work import SINGLE, add_work


def read_photo(session: Session, catalogue: Catalogue, photo_id: UUID) -> PhotoFacts:
    facts = read_photos(session, catalogue, [photo_id]).get(photo_id)
    if facts is None:
        raise no_photo(photo_id)
    return facts


def move_photo(session: Session, catalogue: Catalogue, photo_id: UUID, position: int) -> int:
    """Put the photo at `position` among its siblings (0 is the main one); the others close up. Returns the seq."""
    if position < 0:
        raise InvalidInput.at("/position", f"A position is 0 or more, not {position}.")
    moved = locked_photo(session, catalogue.id, photo_id)
    siblings = list(
        session.scalars(
            select(models.Photo)
            .where(models.Photo.catalogue_id == catalogue.id, models.Photo.item_id == moved.item_id)
            .order_by(models.Photo.position, models.Photo.id)
        )
    )
    siblings.remove(moved)
    siblings.insert(position, moved)
    made = []
    for place, photo in enumerate(siblings):
        if photo.position != place:
            photo.position = place
            made.append(Change(ChangeKind.ATTRIBUTES, photo.item_id, photo.id))
    session.flush()
    return changes.record(session, catalogue.id, made)


def retry_photo(session: Session, catalogue: Catalogue, photo_id: UUID) -> int:
    """A failed photo is pending again, its attempts 0, its work due now."""
    active = sets_in_use(session, catalogue.id).active
    photo = locked_photo(session, catalogue.id, photo_id)
    if photo.status is not PhotoStatus.FAILED:
        raise PhotoNotFailed(f"The photo is {photo.status.value}; only a failed one can be retried.")
    photo.status = moved(photo.status, PhotoStatus.PENDING)
    photo.reason = None
    photo.attempts = 0
    session.flush()
    if active is not None:
        add_work(session, catalogue.id, [photo_id], WorkKind.PICTURE, active, rank=SINGLE)
    return changes.record(session, catalogue.id, [Change(ChangeKind.ATTRIBUTES, photo.item_id, photo.id)])


def delete_photo(session: Session, catalogue: Catalogue, photo_id: UUID) -> int:
    """The photo is gone at once, with its captions, vectors and work; its bytes are queued for erasure."""
    photo = locked_photo(session, catalogue.id, photo_id)
    queue_erasure(session, catalogue.id, [photo.sha256])
    session.execute(delete(models.Photo).where(models.Photo.catalogue_id == catalogue.id, models.Photo.id == photo_id))
    return changes.record(session, catalogue.id, [Change(ChangeKind.GONE, photo.item_id, photo_id)])


def newest_ready(session: Session, catalogue_id: UUID, most: int = 3) -> Sequence[str]:
    """The SHA-256 of a few photos whose bytes have been read before."""
    ready = select(models.Photo.sha256).where(
        models.Photo.catalogue_id == catalogue_id, models.Photo.status == PhotoStatus.READY
    )
    return session.scalars(ready.order_by(models.Photo.id.desc()).limit(most)).all()


def locked_photo(session: Session, catalogue_id: UUID, photo_id: UUID) -> models.Photo:
    """The photo's row, locked after its item's: the lock order everywhere."""
    photos, items = models.Photo, models.Item
    item_id = session.scalars(
        select(photos.item_id).where(photos.catalogue_id == catalogue_id, photos.id == photo_id)
    ).one_or_none()
    if item_id is None:
        raise no_photo(photo_id)
    session.execute(select(items.id).filter_by(catalogue_id=catalogue_id, id=item_id).with_for_update())
    photo = session.scalars(
        select(photos).where(photos.catalogue_id == catalogue_id, photos.id == photo_id).with_for_update()
    ).one_or_none()
    if photo is None:
        raise no_photo(photo_id)
    return photo


def no_photo(photo_id: UUID) -> NotFound:
    return NotFound(f"There is no photo {photo_id} in this catalogue.")
