"""Checks items' attributes against the field register: every name is in it, every value of its type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.database import insert_into, now
from catalogue.doctor.rounds import CHUNK, Case, Check, House, Kind
from catalogue.errors import InvalidInput
from catalogue.fields import fits, type_of
from catalogue.states import FieldType

UNREGISTERED, MISFIT = "field-not-registered", "value-of-another-type"


def find(house: House) -> Iterator[Case]:
    with house.database.reading() as session:
        catalogue_ids = session.scalars(select(models.Catalogue.id).order_by(models.Catalogue.id)).all()
    for catalogue_id in catalogue_ids:
        after: UUID | None = None
        while rows := _chunk(house, catalogue_id, after):
            # Read after the items: a field is registered in the transaction of its first value.
            registered = _registered(house, catalogue_id)
            for item_id, sku, attributes in rows:
                for name, code in _wrong(attributes, registered):
                    yield Case(code, f"{sku}: {name}", catalogue_id, item_id)
            after = rows[-1][0]


def _chunk(house: House, catalogue_id: UUID, after: UUID | None) -> Sequence[tuple[UUID, str, Mapping[str, Any]]]:
    item = models.Item
    wanted = select(item.id, item.sku, item.attributes).where(item.catalogue_id == catalogue_id)
    with house.database.reading() as session:
        later = wanted if after is None else wanted.where(item.id > after)
        return session.execute(later.order_by(item.id).limit(CHUNK)).all()


def _registered(house: House, catalogue_id: UUID) -> dict[str, FieldType]:
    field = models.Field
    with house.database.reading() as session:
        return dict(session.execute(select(field.name, field.type).where(field.catalogue_id == catalogue_id)).all())


def _wrong(attributes: Mapping[str, Any], registered: Mapping[str, FieldType]) -> Iterator[tuple[str, str]]:
    for name, value in attributes.items():
        try:
            if name not in registered and type_of(name, value) is not None:
                yield name, UNREGISTERED
            elif name in registered and not fits(name, value, registered[name]):
                yield name, MISFIT
        except InvalidInput:
            yield name, MISFIT  # of no type at all


def _register(house: House, cases: Sequence[Case]) -> int:
    for case in cases:
        house.database.write(partial(_register_of_item, case))
    return len(cases)


def _register_of_item(case: Case, session: Session) -> None:
    item = session.get(models.Item, (case.catalogue_id, case.subject_id))
    for name, value in (item.attributes if item else {}).items():
        try:
            kind = type_of(name, value)
        except InvalidInput:
            continue
        if kind is not None:
            row = {"catalogue_id": case.catalogue_id, "name": name, "type": kind, "declared": False}
            statement = insert_into(session, models.Field).on_conflict_do_nothing()
            session.execute(statement, [{**row, "created_at": now(session)}])


CHECK = Check(
    find,
    {
        UNREGISTERED: Kind("values of no field", "--repair registers them by the first value.", _register),
        MISFIT: Kind("values of another type than their field", "Write these items' values again."),
    },
)
