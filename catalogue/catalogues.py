"""Catalogues and their model sets: making, reading, adopting. Owns which set is active."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from catalogue import changes, models
from catalogue.changes import Change
from catalogue.database import insert_into, now
from catalogue.errors import NotFound
from catalogue.states import ChangeKind, PhotoStatus, Space, WorkKind
from catalogue.words import is_storable
from catalogue.work import SINGLE, TRIAL, add_work

DEFAULT = "default"
_BLIND = {"synchronize_session": False}  # no row of these is in the session
ADOPTING = "adopting"  # in a catalogue's settings: the set that becomes active once all photos have its vectors


@dataclass(frozen=True, slots=True)
class ModelSet:
    """A fingerprint for the captioner and for each space; `checkpoint` names the folder under `models/`."""

    id: UUID
    captioner: str
    look: str
    meaning: str
    words: str
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    id: UUID
    name: str
    language: str
    currency: str
    public: bool
    settings: Mapping[str, Any]
    settings_version: int
    active_set: ModelSet | None


def ensure_catalogue(session: Session, name: str, currency: str) -> UUID:
    """The catalogue of that name, made with `currency` when there is none. Called twice: the same one."""
    at = now(session)
    session.execute(
        insert_into(session, models.Catalogue).on_conflict_do_nothing(index_elements=["name"]),
        [
            {
                "id": uuid7(), "name": name, "language": "en", "currency": currency, "public": False,
                "settings": {}, "settings_version": 1, "created_at": at,
            }
        ],
    )  # fmt: skip
    catalogue_id = session.scalars(select(models.Catalogue.id).where(models.Catalogue.name == name)).one()
    session.execute(
        insert_into(session, models.CatalogueSeq).on_conflict_do_nothing(), [{"catalogue_id": catalogue_id, "seq": 0}]
    )
    return catalogue_id


def read_catalogue(session: Session, name: str = DEFAULT) -> Catalogue:
    if not is_storable(name):
        raise NotFound(f"There is no catalogue {name!r}.")
    row = session.execute(
        select(models.Catalogue, models.ModelSet)
        .outerjoin(
            models.ModelSet,
            (models.ModelSet.catalogue_id == models.Catalogue.id)
            & (models.ModelSet.id == models.Catalogue.active_set_id),
        )
        .where(models.Catalogue.name == name)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no catalogue {name!r}.")
    catalogue, active = row
    return Catalogue(
        id=catalogue.id,
        name=catalogue.name,
        language=catalogue.language,
        currency=catalogue.currency,
        public=catalogue.public,
        settings=catalogue.settings,
        settings_version=catalogue.settings_version,
        active_set=None if active is None else _facts(active),
    )


def read_model_set(session: Session, catalogue_id: UUID, set_id: UUID) -> ModelSet:
    row = session.get(models.ModelSet, (catalogue_id, set_id))
    if row is None:
        raise NotFound(f"There is no model set {set_id}.")
    return _facts(row)


def adopt(
    session: Session, catalogue_id: UUID, *, captioner: str, look: str, meaning: str, words: str, checkpoint: str
) -> ModelSet:
    """Make a model set known. The first becomes active at once; a later one gets work for every photo, and becomes
    active when that is done (`switch_when_complete`). One that is known already changes nothing."""
    sets = models.ModelSet
    names = {"captioner": captioner, "look": look, "meaning": meaning, "words": words}
    same = select(sets).filter_by(catalogue_id=catalogue_id, **names)
    known = session.scalars(same).one_or_none()
    if known is not None:
        return _facts(known)
    new = sets(catalogue_id=catalogue_id, id=uuid7(), checkpoint=checkpoint, created_at=now(session), **names)
    session.add(new)
    session.flush()
    catalogue = session.get_one(models.Catalogue, catalogue_id, with_for_update=True)
    first = catalogue.active_set_id is None
    if first:
        catalogue.active_set_id = new.id
    else:
        catalogue.settings = {**catalogue.settings, ADOPTING: str(new.id)}
    session.flush()
    photos = session.scalars(select(models.Photo.id).where(models.Photo.catalogue_id == catalogue_id)).all()
    add_work(session, catalogue_id, photos, WorkKind.PICTURE, new.id, rank=SINGLE if first else TRIAL)
    if first:
        changes.record(session, catalogue_id, [Change(ChangeKind.CATALOGUE)])
    return _facts(new)


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
    catalogue = session.get_one(models.Catalogue, catalogue_id, with_for_update=True)
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
    _rank_anew(session, catalogue_id, UUID(adopting), old)
    _show_as_the_set_found(session, catalogue_id, UUID(adopting))
    seq = changes.record(session, catalogue_id, [Change(ChangeKind.CATALOGUE)])
    photo = models.Photo
    newly = (photo.catalogue_id == catalogue_id, photo.status == PhotoStatus.READY, photo.ready_seq.is_(None))
    session.execute(update(photo).where(*newly).values(ready_seq=seq), execution_options=_BLIND)
    return True


def _without_vectors(session: Session, catalogue_id: UUID, set_id: UUID) -> Sequence[UUID]:
    """Photos that the set has neither seen nor failed on: their upload did not know of it yet."""
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
    return session.scalars(select(photo.id).where(photo.catalogue_id == catalogue_id, ~seen, ~failed)).all()


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


def _facts(row: models.ModelSet) -> ModelSet:
    return ModelSet(row.id, row.captioner, row.look, row.meaning, row.words, row.checkpoint)
