"""Makes a working copy again from its original. Owns what may go wrong with that; finds nothing."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.doctor.rounds import Case, House
from catalogue.erasures import queue_erasure
from catalogue.errors import ImageRejected, PhotoMissing, PhotoTooLarge

log = structlog.get_logger()


def remake(house: House, case: Case, sha256: str) -> bool:
    """Put a new working copy in place of the missing or broken one; False where the original does not give one."""
    with tempfile.TemporaryDirectory(prefix="vitrine-doctor-") as folder:
        path = Path(folder) / "original"
        try:
            house.photos.copy_original(sha256, path)
            if hash_of(path) != sha256:
                return False
            decoded = house.decoder.decode(path, house.limits)
        except (PhotoMissing, ImageRejected, PhotoTooLarge) as error:
            log.warning("working_copy_not_made", photo_id=case.shown, error=type(error).__name__)
            return False
    house.photos.replace_working(sha256, decoded.working_copy)
    house.database.write(lambda session: _erase_unless_named(session, case, sha256))
    return True


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_named(session: Session, sha256: str) -> bool:
    """Whether any photo of any catalogue has these bytes."""
    everywhere = models.Photo.catalogue_id.in_(select(models.Catalogue.id))  # its index begins with the catalogue
    return bool(session.scalar(select(exists().where(everywhere, models.Photo.sha256 == sha256))))


def _erase_unless_named(session: Session, case: Case, sha256: str) -> None:
    """The photo was deleted and erased while its working copy was made: that copy must go the same way."""
    if case.catalogue_id is not None and not is_named(session, sha256):
        queue_erasure(session, case.catalogue_id, [sha256])
