"""Deletes the bytes of what was deleted, once no photo has them any more. Owns that order; queueing is catalogue's."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from catalogue.backup import ERASING
from catalogue.database import Database, hold_while_idle, now
from catalogue.errors import PhotoStoreUnreachable
from catalogue.leases import is_held
from catalogue.models import Catalogue, Erasure, Photo
from catalogue.storage import PhotoStore

AT_ONCE = 100
AGAIN_AFTER = timedelta(minutes=1)
log = structlog.get_logger()


def erase_due(database: Database, photos: PhotoStore) -> int:
    """Erase what is due, unless a backup is copying; returns how many photos' bytes are gone."""
    with database.reading() as session:
        if is_held(session, ERASING):
            return 0
        due = session.scalars(
            select(Erasure.sha256)
            .where(Erasure.due_at <= now(session))
            .group_by(Erasure.sha256)
            .order_by(func.min(Erasure.due_at))
            .limit(AT_ONCE)
        ).all()
    erased = 0
    for sha256 in due:
        try:
            erased += _erase(database, photos, sha256)
        except PhotoStoreUnreachable:
            # The next sweep begins with another: one file that cannot be removed must not keep all others.
            database.write(partial(_put_off, sha256=sha256))
            raise
    if erased:
        log.info("photos_erased", photos=erased)
    return erased


def _put_off(session: Session, sha256: str) -> None:
    of_any = Erasure.catalogue_id.in_(select(Catalogue.id))
    later = now(session) + AGAIN_AFTER
    session.execute(update(Erasure).where(of_any, Erasure.sha256 == sha256).values(due_at=later))


def _erase(database: Database, photos: PhotoStore, sha256: str) -> bool:
    """Forget the erasure, and the bytes unless some photo has them.

    The files go inside the transaction, while its lock is held: an upload of the same bytes commits either before
    (then its photo, or its removal of this erasure, is seen here) or after (then it finds the files gone and puts
    them again). Only the rows that were locked are forgotten: another may have come since the photos were looked for.
    """

    def act(session: Session) -> bool:
        hold_while_idle(session)
        everywhere = select(Catalogue.id)  # named, so that the indexes serve: they begin with the catalogue
        if is_held(session, ERASING):
            return False
        queued = select(Erasure.catalogue_id).where(Erasure.catalogue_id.in_(everywhere), Erasure.sha256 == sha256)
        held = session.scalars(queued.with_for_update()).all()
        if not held:
            return False
        wanted = session.scalar(select(exists().where(Photo.catalogue_id.in_(everywhere), Photo.sha256 == sha256)))
        if not wanted:
            photos.delete(sha256)
        session.execute(delete(Erasure).where(Erasure.catalogue_id.in_(held), Erasure.sha256 == sha256))
        return not wanted

    return database.write(act)
