"""Checks the vectors that views are made of: none is refused when it is loaded. Finds for catalogue's doctor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.catalogues import Catalogue, ModelSet
from catalogue.doctor.photos import catalogues, make_due
from catalogue.doctor.rounds import Case, Check, House, Kind
from catalogue.states import Space, WorkKind
from indexing.vectors import from_float16

CHUNK = 2_000
VECTOR, WORDS = "vector-unfit", "words-vector-unfit"


def find(house: House) -> Iterator[Case]:
    for catalogue in catalogues(house):
        if catalogue.active_set is None:
            continue
        for space, fingerprint in _fingerprints(catalogue.active_set).items():
            yield from _of_space(house, catalogue, catalogue.active_set, space, fingerprint)


def _fingerprints(model_set: ModelSet) -> dict[Space, str]:
    return {Space.LOOK: model_set.look, Space.MEANING: model_set.meaning, Space.WORDS: model_set.words}


def _of_space(
    house: House, catalogue: Catalogue, model_set: ModelSet, space: Space, fingerprint: str
) -> Iterator[Case]:
    vector = models.Vector
    of_space = and_(vector.catalogue_id == catalogue.id, vector.space == space, vector.fingerprint == fingerprint)
    wanted = select(vector.photo_id, vector.values).where(of_space).order_by(vector.photo_id).limit(CHUNK)
    length = _commonest_length(house, of_space)
    rows: Sequence[tuple[UUID, bytes]] = ()
    while True:
        with house.database.reading() as session:
            later = wanted.where(vector.photo_id > rows[-1][0]) if rows else wanted
            rows = session.execute(later).all()
            unfit = _unfit(rows, length)
            idle = _without_work(session, catalogue, model_set, space, unfit) if unfit else []
        for photo_id in idle:
            yield Case(WORDS if space is Space.WORDS else VECTOR, f"{photo_id} ({space.value})", catalogue.id, photo_id)
        if not rows:
            break


def _commonest_length(house: House, of_space: ColumnElement[bool]) -> int:
    """What most agree on; of equally common lengths the longest. As views decide it."""
    length = func.length(models.Vector.values)
    with house.database.reading() as session:
        counted = session.execute(select(length, func.count()).where(of_space).group_by(length)).all()
    return int(max(counted, key=lambda each: (each[1], each[0]), default=(0, 0))[0])


def _unfit(rows: Sequence[tuple[UUID, bytes]], length: int) -> list[UUID]:
    """Of another length than most, or what a view would refuse."""
    fitting = [(photo_id, values) for photo_id, values in rows if length and len(values) == length]
    _, good = from_float16(b"".join(values for _, values in fitting), max(1, length // 2))
    fit = {photo_id for (photo_id, _), right in zip(fitting, good, strict=True) if right}
    return [photo_id for photo_id, _ in rows if photo_id not in fit]


def _without_work(
    session: Session, catalogue: Catalogue, model_set: ModelSet, space: Space, photo_ids: Sequence[UUID]
) -> list[UUID]:
    """Those that no work is going to make anew."""
    work, photo = models.Work, models.Photo
    kinds = [WorkKind.PICTURE, WorkKind.TEXT] if space is Space.WORDS else [WorkKind.PICTURE]
    coming = exists().where(
        work.catalogue_id == photo.catalogue_id, work.photo_id == photo.id, work.model_set_id == model_set.id,
        work.failed_at.is_(None), work.kind.in_(kinds),
    )  # fmt: skip
    idle = select(photo.id).where(photo.catalogue_id == catalogue.id, photo.id.in_(photo_ids), ~coming)
    return list(session.scalars(idle.order_by(photo.id)))


_AGAIN = "--repair makes work of it; a caption worker does the rest."
CHECK = Check(
    find,
    {
        VECTOR: Kind("vectors that cannot be compared", _AGAIN, partial(make_due, WorkKind.PICTURE)),
        WORDS: Kind("vectors of words that cannot be compared", _AGAIN, partial(make_due, WorkKind.TEXT)),
    },
)
