"""The switch to an adopted model set, once it has seen every photo. Owns which set is active from then on."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from catalogue import changes, models
from catalogue.catalogues import ADOPTING, AT_ONCE, locked_catalogue, read_model_set
from catalogue.changes import Change
from catalogue.database import now
from catalogue.states import ChangeKind, PhotoStatus, Space, WorkKind
from catalogue.work import TRIAL, add_work

_BLIND = {"synchronize_session": False}  # no row of these is in the session


def switch_when_complete(session: Session) -> list[UUID]:
    """Make each adopted set active whose work is all done or failed; returns the catalogues that were switched."""
    switched = []
    catalogues = session.execute(select(models.Catalogue.id, models.Catalogue.settings).order_by(models.Catalogue.id))
    for catalogue_id, settings in catalogues.all():
        adopting = settings.get(ADOPTING)
        if adopting is not None and _switch(session, catalogue_id, adopting):
            switched.append(catalogue_id)
    return switched


def _switch(session: Session, catalogue_id: UUID, adopting: str) -> bool:
    catalogue = locked_catalogue(session, catalogue_id)
    if catalogue.settings.get(ADOPTING) != adopting or _has_work(session, catalogue_id, UUID(adopting)):
        return False  # somebody has adopted another meanwhile, or it is not done
    missed = _without_vectors(session, catalogue_id, UUID(adopting))
    if missed:
        add_work(session, catalogue_id, missed, WorkKind.PICTURE, UUID(adopting), rank=TRIAL)
        return False
    old, catalogue.active_set_id = catalogue.active_set_id, UUID(adopting)
    catalogue.settings = {name: value for name, value in catalogue.settings.items() if name != ADOPTING}
    catalogue.settings_version += 1
    session.flush()
    _show_as_the_set_found(session, catalogue_id, UUID(adopting))
    _rank_anew(session, catalogue_id, UUID(adopting), old)
    seq = changes.record(session, catalogue_id, [Change(ChangeKind.CATALOGUE)])
    photo = models.Photo
    newly = (photo.catalogue_id == catalogue_id, photo.status == PhotoStatus.READY, photo.ready_seq.is_(None))
    session.execute(update(photo).where(*newly).values(ready_seq=seq), execution_options=_BLIND)
    return True


def _without_vectors(session: Session, catalogue_id: UUID, set_id: UUID) -> Sequence[UUID]:
    """Photos that the set has neither seen nor failed on, a few thousand of them at the most."""
    photo, vector, work = models.Photo, models.Vector, models.Work
    look = read_model_set(session, catalogue_id, set_id).look
    seen = exists().where(
        vector.catalogue_id == catalogue_id, vector.photo_id == photo.id, vector.space == Space.LOOK,
        vector.fingerprint == look,
    )  # fmt: skip
    failed = exists().where(
        work.catalogue_id == catalogue_id, work.photo_id == photo.id, work.kind == WorkKind.PICTURE,
        work.model_set_id == set_id,
    )  # fmt: skip
    missed = select(photo.id).where(photo.catalogue_id == catalogue_id, ~seen, ~failed)
    return session.scalars(missed.order_by(photo.id).limit(AT_ONCE)).all()


def _rank_anew(session: Session, catalogue_id: UUID, new: UUID, old: UUID | None) -> None:
    """The new set's work comes first from now on; what is left of the old one's must not hold it up."""
    work = models.Work
    for set_id, step in ((new, -TRIAL), (old, TRIAL)):
        of_set = (work.catalogue_id == catalogue_id, work.model_set_id == set_id)
        session.execute(update(work).where(*of_set).values(rank=work.rank + step), execution_options=_BLIND)


def _show_as_the_set_found(session: Session, catalogue_id: UUID, set_id: UUID) -> None:
    """Under the new set its own failures count, and photos that only an old set failed on are ready.

    Their `ready_seq` is left open: the number is the last thing a transaction takes.
    """
    work, photo = models.Work, models.Photo
    of_set = (work.catalogue_id == catalogue_id, work.model_set_id == set_id, work.kind == WorkKind.PICTURE)
    failed = select(work.photo_id).where(*of_set)
    reason = select(work.reason).where(*of_set, work.photo_id == photo.id).scalar_subquery()
    mine = photo.catalogue_id == catalogue_id
    session.execute(
        update(photo).where(mine, photo.id.in_(failed)).values(status=PhotoStatus.FAILED, reason=reason),
        execution_options=_BLIND,
    )
    session.execute(
        update(photo)
        .where(mine, photo.id.not_in(failed), photo.status != PhotoStatus.READY)
        .values(status=PhotoStatus.READY, reason=None, ready_at=now(session), ready_seq=None),
        execution_options=_BLIND,
    )


def _has_work(session: Session, catalogue_id: UUID, set_id: UUID) -> bool:
    open_work = select(models.Work.id).where(
        models.Work.catalogue_id == catalogue_id,
        models.Work.model_set_id == set_id,
        models.Work.failed_at.is_(None),
    )
    return session.scalars(open_work.limit(1)).first() is not None
