"""The bytes that are to be erased: queued by deletions, taken back by uploads. Who erases is in workers/erasing.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.database import insert_into, now


def queue_erasure(session: Session, catalogue_id: UUID, sha256s: Sequence[str]) -> None:
    """These bytes may have lost their last photo: look in a moment, and erase them if so.

    A row that is there already is written anew, not skipped: so this waits for an eraser that holds it, which still
    sees the photo, would find the bytes in use, and forget them for good.
    """
    if not sha256s:
        return
    due_at = now(session) + timedelta(minutes=5)
    rows = [{"catalogue_id": catalogue_id, "sha256": sha256, "due_at": due_at} for sha256 in sorted(set(sha256s))]
    statement = insert_into(session, models.Erasure)
    kept = {"due_at": models.Erasure.due_at}
    session.execute(statement.on_conflict_do_update(index_elements=["catalogue_id", "sha256"], set_=kept), rows)


def keep_from_erasure(session: Session, sha256s: Sequence[str]) -> None:
    """A photo names these bytes again: they are no longer to be erased.

    For no catalogue, since all share the store: whoever erases holds these rows meanwhile, so that this waits for it,
    and the look after the commit finds the files gone. The deletion of this photo will queue them anew.
    """
    of_any = models.Erasure.catalogue_id.in_(select(models.Catalogue.id))  # its index begins with the catalogue
    session.execute(delete(models.Erasure).where(of_any, models.Erasure.sha256.in_(sha256s)))
