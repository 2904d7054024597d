"""Checks of rows against each other: counters, positions, captions, leases, model sets, and the tables themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, text, update
from sqlalchemy.orm import Session

from catalogue import changes, migrate, models
from catalogue.catalogues import ADOPTING
from catalogue.changes import Change
from catalogue.database import insert_into, now
from catalogue.doctor.rounds import Case, Check, House, Kind
from catalogue.facts import precedence
from catalogue.states import ChangeKind

ABANDONED = timedelta(hours=1)
SCHEMA, BROKEN, COUNTER, POSITION, CAPTION, LEASE, SET = (
    "schema-behind",
    "database-damaged",
    "counter-behind",
    "position-doubled",
    "caption-doubled",
    "lease-abandoned",
    "model-set-unknown",
)
Photo = models.Photo


def _tables(house: House) -> Iterator[Case]:
    revision = migrate.check(house.database)
    if revision not in migrate.heads():
        yield Case(SCHEMA, revision)
    if not house.database.is_sqlite:
        return  # PostgreSQL holds foreign keys at every write, and checks its pages when it is told to
    with house.database.reading() as session:
        for (said,) in session.execute(text("PRAGMA integrity_check(10)")):
            if said != "ok":
                yield Case(BROKEN, str(said))
        for table, row, parent, _ in session.execute(text("PRAGMA foreign_key_check")):
            yield Case(BROKEN, f"{table} {row}: not in {parent}")


def _counters(house: House) -> Iterator[Case]:
    with house.database.reading() as session:
        for catalogue_id, present, used in _numbers(session):
            if present is None or present < used:
                yield Case(COUNTER, str(catalogue_id), catalogue_id)


def _numbers(session: Session) -> list[tuple[UUID, int | None, int]]:
    """Of each catalogue its counter, and the largest number in use."""
    rows: list[tuple[UUID, int | None, int]] = []
    for catalogue_id, present in session.execute(
        select(models.Catalogue.id, models.CatalogueSeq.seq).outerjoin(
            models.CatalogueSeq, models.CatalogueSeq.catalogue_id == models.Catalogue.id
        )
    ).all():
        fed = session.scalar(select(func.max(models.Change.seq)).where(models.Change.catalogue_id == catalogue_id))
        rows.append((catalogue_id, present, fed or 0))
    return rows


def _raise_counters(house: House, cases: Sequence[Case]) -> int:
    def act(session: Session) -> None:
        for catalogue_id, present, used in _numbers(session):
            if present is None or present < used:
                statement = insert_into(session, models.CatalogueSeq).values(catalogue_id=catalogue_id, seq=used)
                session.execute(statement.on_conflict_do_update(index_elements=["catalogue_id"], set_={"seq": used}))

    house.database.write(act)
    return len(cases)


def _positions(house: House) -> Iterator[Case]:
    key = (Photo.catalogue_id, Photo.item_id)
    doubled = select(*key).group_by(*key, Photo.position).having(func.count() > 1).distinct()
    with house.database.reading() as session:
        found = session.execute(doubled).all()
    for catalogue_id, item_id in found:
        yield Case(POSITION, f"item {item_id}", catalogue_id, item_id)


def _renumber(house: House, cases: Sequence[Case]) -> int:
    for case in cases:
        house.database.write(partial(_renumber_item, case))
    return len(cases)


def _renumber_item(case: Case, session: Session) -> None:
    if case.catalogue_id is None:
        return
    item = {"catalogue_id": case.catalogue_id, "id": case.subject_id}
    session.execute(select(models.Item.id).filter_by(**item).with_for_update())
    photos = session.scalars(
        select(Photo)
        .where(Photo.catalogue_id == case.catalogue_id, Photo.item_id == case.subject_id)
        .order_by(Photo.position, Photo.id)
    ).all()
    made = []
    for place, photo in enumerate(photos):
        if photo.position != place:
            photo.position = place
            made.append(Change(ChangeKind.ATTRIBUTES, photo.item_id, photo.id))
    session.flush()
    changes.record(session, case.catalogue_id, made)


def _captions(house: House) -> Iterator[Case]:
    caption = models.Caption
    key = (caption.catalogue_id, caption.photo_id, caption.fingerprint)  # people's have none
    doubled = select(*key).where(caption.retired_at.is_(None)).group_by(*key).having(func.count() > 1)
    with house.database.reading() as session:
        found = session.execute(doubled).all()
    for catalogue_id, photo_id, _ in found:
        yield Case(CAPTION, str(photo_id), catalogue_id, photo_id)


def _retire(house: House, cases: Sequence[Case]) -> int:
    """Of each source the caption that is shown stays; the others are history. So nothing looks different."""
    for case in cases:
        house.database.write(partial(_retire_of_photo, case))
    return len(cases)


def _retire_of_photo(case: Case, session: Session) -> None:
    caption = models.Caption
    session.execute(select(Photo.id).filter_by(catalogue_id=case.catalogue_id, id=case.subject_id).with_for_update())
    rows = session.scalars(
        select(caption)
        .where(
            caption.catalogue_id == case.catalogue_id,
            caption.photo_id == case.subject_id,
            caption.retired_at.is_(None),
        )
        .order_by(caption.created_at.desc(), caption.id.desc())
    ).all()
    seen: set[str | None] = set()
    for row in sorted(rows, key=lambda row: precedence(row.source, locked=row.locked)):
        if row.fingerprint in seen:
            row.retired_at = now(session)
        seen.add(row.fingerprint)


def _leases(house: House) -> Iterator[Case]:
    work = models.Work
    with house.database.reading() as session:
        found = session.execute(
            select(work.catalogue_id, work.id, work.photo_id).where(_is_abandoned(house)).order_by(work.id)
        ).all()
    for catalogue_id, work_id, photo_id in found:
        yield Case(LEASE, str(photo_id), catalogue_id, work_id)


def _is_abandoned(house: House) -> ColumnElement[bool]:
    return and_(models.Work.failed_at.is_(None), models.Work.expires_at < house.at - ABANDONED)


def _release(house: House, cases: Sequence[Case]) -> int:
    """As if never claimed but for its attempts: whoever claimed it died, perhaps of it."""
    released = (
        update(models.Work)
        .where(_is_abandoned(house), models.Work.id.in_([case.subject_id for case in cases]))
        .values(owner=None, token=None, expires_at=None)
    )
    house.database.write(lambda session: session.execute(released, execution_options={"synchronize_session": False}))
    return len(cases)


def _sets(house: House) -> Iterator[Case]:
    with house.database.reading() as session:
        known = {tuple(row) for row in session.execute(select(models.ModelSet.catalogue_id, models.ModelSet.id))}
        rows = session.execute(select(models.Catalogue.id, models.Catalogue.active_set_id, models.Catalogue.settings))
        for catalogue_id, active, settings in rows:
            adopting = settings.get(ADOPTING)
            for set_id in (active, adopting and UUID(adopting)):
                if set_id is not None and (catalogue_id, set_id) not in known:
                    yield Case(SET, str(set_id), catalogue_id)


CHECKS = (
    Check(
        _tables,
        {
            SCHEMA: Kind("revision of the database older than this version's", "Run `vitrine db upgrade`."),
            BROKEN: Kind("faults in the database's file", "Stop Vitrine and restore the last backup."),
        },
    ),
    Check(_sets, {SET: Kind("unknown model sets in use", "Restore the last backup.")}),
    Check(_counters, {COUNTER: Kind("change counters that are behind", "--repair sets them right.", _raise_counters)}),
    Check(
        _positions, {POSITION: Kind("items with several photos in one place", "--repair numbers them anew.", _renumber)}
    ),
    Check(_captions, {CAPTION: Kind("photos with a caption twice", "--repair keeps what is shown.", _retire)}),
    Check(_leases, {LEASE: Kind("jobs left by workers that died", "--repair makes them free.", _release)}),
)
