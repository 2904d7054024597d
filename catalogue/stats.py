"""How much there is of everything, counted in SQL: items, photos, vectors, work. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.catalogues import ADOPTING, Catalogue, ModelSet, read_model_set
from catalogue.database import now
from catalogue.states import PhotoStatus, Space, WorkKind
from catalogue.work import is_due

Work = models.Work


@dataclass(frozen=True, slots=True)
class WorkCount:
    """Work of one kind: due now, in somebody's hands, due later (after a fault), failed for good."""

    due: int = 0
    leased: int = 0
    later: int = 0
    failed: int = 0
    oldest_due_s: float = 0.0  # for how long the oldest has been due

    @property
    def open(self) -> int:
        return self.due + self.leased + self.later


@dataclass(frozen=True, slots=True)
class Counts:
    """What a catalogue holds. `vectors` are the active set's; `photo_bytes` those of the originals."""

    items: int
    published: int
    photos: Mapping[PhotoStatus, int]
    photo_bytes: int
    vectors: Mapping[Space, int]
    work: Mapping[tuple[UUID, WorkKind], WorkCount]  # by model set


def count_work(session: Session) -> dict[WorkKind, WorkCount]:
    """The work of all catalogues together, by one statement."""
    at = now(session)
    rows = session.execute(select(Work.kind, *_work_columns(at)).group_by(Work.kind))
    return {kind: _work_count(counted, at) for kind, *counted in rows}


def count_catalogue(session: Session, catalogue: Catalogue) -> Counts:
    """Counted anew each time, by indexes: 100,000 photos take a good tenth of a second."""
    item, photo = models.Item, models.Photo
    items, published = session.execute(
        select(func.count(), func.count().filter(item.published.is_(True))).where(item.catalogue_id == catalogue.id)
    ).one()
    photos = session.execute(
        select(photo.status, func.count(), func.sum(photo.size_bytes))
        .where(photo.catalogue_id == catalogue.id)
        .group_by(photo.status)
    ).all()
    return Counts(
        items=items,
        published=published,
        photos=dict.fromkeys(PhotoStatus, 0) | {status: number for status, number, _ in photos},
        photo_bytes=sum(int(size_bytes) for _, _, size_bytes in photos),
        vectors=_count_vectors(session, catalogue),
        work=_count_work_by_set(session, catalogue.id),
    )


def adopting_set(session: Session, catalogue: Catalogue) -> ModelSet | None:
    """The set that becomes active once it has seen every photo."""
    named = catalogue.settings.get(ADOPTING)
    return None if named is None else read_model_set(session, catalogue.id, UUID(named))


def failed_work(session: Session, catalogue_id: UUID, set_id: UUID) -> int:
    """Photos that this set has failed on for good."""
    mine = select(func.count()).where(Work.catalogue_id == catalogue_id, Work.model_set_id == set_id)
    return session.scalars(mine.where(Work.failed_at.is_not(None))).one()


def _count_vectors(session: Session, catalogue: Catalogue) -> dict[Space, int]:
    counted = dict.fromkeys(Space, 0)
    active, vector = catalogue.active_set, models.Vector
    if active is None:
        return counted
    fingerprints = {Space.LOOK: active.look, Space.MEANING: active.meaning, Space.WORDS: active.words}
    ours = [and_(vector.space == space, vector.fingerprint == print_) for space, print_ in fingerprints.items()]
    rows = session.execute(
        select(vector.space, func.count()).where(vector.catalogue_id == catalogue.id, or_(*ours)).group_by(vector.space)
    )
    return counted | dict(rows.all())


def _count_work_by_set(session: Session, catalogue_id: UUID) -> dict[tuple[UUID, WorkKind], WorkCount]:
    at = now(session)
    rows = session.execute(
        select(Work.model_set_id, Work.kind, *_work_columns(at))
        .where(Work.catalogue_id == catalogue_id)
        .group_by(Work.model_set_id, Work.kind)
    )
    return {(set_id, kind): _work_count(counted, at) for set_id, kind, *counted in rows}


def _work_columns(at: datetime) -> list[ColumnElement[Any]]:
    held = and_(Work.failed_at.is_(None), Work.expires_at > at)
    later = and_(Work.failed_at.is_(None), Work.due_at > at, or_(Work.expires_at.is_(None), Work.expires_at <= at))
    return [
        func.count().filter(is_due(at)),
        func.count().filter(held),
        func.count().filter(later),
        func.count().filter(Work.failed_at.is_not(None)),
        func.min(Work.due_at).filter(is_due(at)),
    ]


def _work_count(counted: list[Any], at: datetime) -> WorkCount:
    due, leased, later, failed, oldest = counted
    return WorkCount(due, leased, later, failed, 0.0 if oldest is None else max(0.0, (at - oldest).total_seconds()))
