"""Deletes the bytes of what was deleted, once no photo has them any more. Owns that order; queueing is catalogue's."""

from __future__ import annotations

import structlog
from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from catalogue.database import Database, now
from catalogue.models import Catalogue, Erasure, Photo
from catalogue.storage import PhotoStore

AT_ONCE = 100
log = structlog.get_logger()


def erase_due(database: Database, photos: PhotoStore) -> int:
    """Erase what is due; returns how many photos' bytes are gone."""
    with database.reading() as session:
        due = session.scalars(
            select(Erasure.sha256).where(Erasure.due_at <= now(session)).distinct().limit(AT_ONCE)
        ).all()
    erased = sum(_erase(database, photos, sha256) for sha256 in due)
    if erased:
        log.info("photos_erased", photos=erased)
    return erased


def _erase(database: Database, photos: PhotoStore, sha256: str) -> bool:
    """Forget the erasure, and the bytes unless some photo has them.

    The files go inside the transaction, while its lock is held: an upload of the same bytes commits either before
    (then its photo, or its removal of this erasure, is seen here) or after (then it finds the files gone and puts
    them again).
    """

    def act(session: Session) -> bool:
        everywhere = select(Catalogue.id)  # named, so that the indexes serve: they begin with the catalogue
        queued = (Erasure.catalogue_id.in_(everywhere), Erasure.sha256 == sha256)
        if not session.scalars(select(Erasure.sha256).where(*queued).with_for_update()).all():
            return False
        wanted = session.scalar(select(exists().where(Photo.catalogue_id.in_(everywhere), Photo.sha256 == sha256)))
        if not wanted:
            photos.delete(sha256)
        session.execute(delete(Erasure).where(*queued))
        return not wanted

    return database.write(act)
