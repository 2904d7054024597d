"""Catalogues and their model sets: making, reading, adopting. The switch to an adopted set is in switching.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from catalogue import changes, models
from catalogue.changes import Change
from catalogue.database import insert_into, now
from catalogue.errors import NotFound
from catalogue.states import ChangeKind, WorkKind
from catalogue.words import is_storable
from catalogue.work import SINGLE, TRIAL, add_work

DEFAULT = "default"
AT_ONCE = 5_000  # photos that get work by one statement
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


@dataclass(frozen=True, slots=True)
class SetsInUse:
    """`adopting` becomes the active one once it has seen every photo."""

    active: UUID | None
    adopting: UUID | None


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
    catalogue = locked_catalogue(session, catalogue_id)  # of two that adopt the same, one finds it known
    known = session.scalars(select(sets).filter_by(catalogue_id=catalogue_id, **names)).one_or_none()
    if known is not None:
        return _facts(known)
    new = sets(catalogue_id=catalogue_id, id=uuid7(), checkpoint=checkpoint, created_at=now(session), **names)
    session.add(new)
    first = catalogue.active_set_id is None
    if first:
        catalogue.active_set_id = new.id
    else:
        catalogue.settings = {**catalogue.settings, ADOPTING: str(new.id)}
    session.flush()
    for photo_ids in _all_photos(session, catalogue_id):
        add_work(session, catalogue_id, photo_ids, WorkKind.PICTURE, new.id, rank=SINGLE if first else TRIAL)
    if first:
        changes.record(session, catalogue_id, [Change(ChangeKind.CATALOGUE)])
    return _facts(new)


def sets_in_use(session: Session, catalogue_id: UUID) -> SetsInUse:
    """The sets that new photos get work for; none of them is switched to or from before this transaction ends.

    Call it before anything of the catalogue is locked.
    """
    hold_catalogue(session, catalogue_id)
    catalogue = models.Catalogue
    active, settings = session.execute(
        select(catalogue.active_set_id, catalogue.settings).where(catalogue.id == catalogue_id)
    ).one()
    adopting = settings.get(ADOPTING)
    return SetsInUse(active, None if adopting is None else UUID(adopting))


def hold_catalogue(session: Session, catalogue_id: UUID) -> None:
    """Neither its row nor a field's type alters before this transaction ends; any number may hold it together.

    Call it before anything of the catalogue is locked, and read what must not alter by a statement after it. It is no
    lock on the row: PostgreSQL lets whoever shares a row overtake who waits to alter it, so that among eight busy
    writers nobody else ever had a turn. Where there is one writer at a time anyway, there is nothing to do.
    """
    _queue(session, func.pg_advisory_xact_lock_shared(_lock_number(catalogue_id)))


def locked_catalogue(session: Session, catalogue_id: UUID) -> models.Catalogue:
    """Its row, against all who hold the catalogue. `key_share`: every line of the feed refers to it, and a lock
    against those too would be one that half of all transactions wait for while they hold others."""
    _queue(session, func.pg_advisory_xact_lock(_lock_number(catalogue_id)))
    return session.get_one(models.Catalogue, catalogue_id, with_for_update={"key_share": True}, populate_existing=True)


def _queue(session: Session, lock: ColumnElement[Any]) -> None:
    """Wait for a lock whose waiters have their turns in order."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(lock))


def _lock_number(catalogue_id: UUID) -> int:
    """Of its id the half that is drawn at random."""
    return int.from_bytes(catalogue_id.bytes[8:], signed=True)


def _all_photos(session: Session, catalogue_id: UUID) -> Iterator[Sequence[UUID]]:
    """Their ids in order, a few thousand at a time."""
    photo = models.Photo
    mine = select(photo.id).where(photo.catalogue_id == catalogue_id).order_by(photo.id).limit(AT_ONCE)
    ids = session.scalars(mine).all()
    while ids:
        yield ids
        ids = session.scalars(mine.where(photo.id > ids[-1])).all()


def _facts(row: models.ModelSet) -> ModelSet:
    return ModelSet(row.id, row.captioner, row.look, row.meaning, row.words, row.checkpoint)
