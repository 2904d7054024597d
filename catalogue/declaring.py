"""A field gets a type by hand: every value of it is converted, or none is. What a value becomes is conversion.py's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from catalogue import changes, models
from catalogue.catalogues import locked_catalogue
from catalogue.changes import Change
from catalogue.conversion import converted
from catalogue.database import now
from catalogue.errors import Fault, FieldConversion, InvalidInput
from catalogue.fields import check_name, fits, no_room, shown
from catalogue.register import room_for_fields
from catalogue.states import ChangeKind, FieldType

AT_ONCE = 1_000  # items read and written by one statement
MOST_NAMED = 20  # values that cannot be converted, of however many there are

Row = tuple[UUID, str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Declared:
    """`made`: there was no such field. `converted`: how many items have another value now."""

    made: bool
    converted: int
    seq: int


class _Refused:
    """The values that cannot be converted: how many, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[Fault] = []

    def add(self, sku: str, value: Any) -> None:
        self.count += 1
        if len(self.first) < MOST_NAMED:
            self.first.append(Fault("/type", f"The item {sku!r} has {shown(value)}."))


def declare(session: Session, catalogue_id: UUID, name: str, wanted: FieldType) -> Declared:
    """Give a field its type, known or new; values of another type are converted, in all items or in none.

    Meanwhile nobody else writes attributes of this catalogue: the lock on its row is taken before any item's. Cursors
    of before are spent, since what they sort by may be of another type now. A field that has the type keeps everything
    as it is, but counts as declared.

    Raises:
        InvalidInput: a name that no field can have, or a field more than there may be.
        FieldConversion: values that cannot be of that type.
    """
    check_name(name, "/name")
    catalogue = locked_catalogue(session, catalogue_id)
    row = session.get(models.Field, (catalogue_id, name), populate_existing=True)
    if row is not None and row.type is wanted:
        row.declared = True
        return Declared(made=False, converted=0, seq=changes.present(session, catalogue_id))
    if row is None and room_for_fields(session, catalogue_id) <= 0:
        raise no_room(name, "/name")
    count = _convert(session, catalogue_id, name, wanted)
    if row is None:
        field = {"catalogue_id": catalogue_id, "name": name, "type": wanted, "declared": True}
        session.add(models.Field(**field, created_at=now(session)))
    else:
        row.type, row.declared = wanted, True
    catalogue.settings_version += 1
    session.flush()
    seq = changes.record(session, catalogue_id, [Change(ChangeKind.CATALOGUE)])
    return Declared(made=row is None, converted=count, seq=seq)


def declared_names(session: Session, catalogue_id: UUID) -> frozenset[str]:
    """The fields whose types were set by hand."""
    field = models.Field
    declared = select(field.name).where(field.catalogue_id == catalogue_id, field.declared.is_(True))
    return frozenset(session.scalars(declared))


def _convert(session: Session, catalogue_id: UUID, name: str, wanted: FieldType) -> int:
    refused = _Refused()
    count = 0
    at = now(session)
    for rows in _chunks(session, catalogue_id):
        altered = list(_altered(rows, name, wanted, refused))
        if altered and not refused.count:  # else only to count: it will be undone
            session.connection().execute(_UPDATE, [{"at": at, "of": catalogue_id, **each} for each in altered])
            count += len(altered)
    if refused.count:
        values, them = ("1 value", "it") if refused.count == 1 else (f"{refused.count:,} values", "them")
        raise FieldConversion(
            f"{values} of the field {name!r} cannot be read as a {wanted.value}, so nothing was changed. "
            f"Write {them} anew or remove {them}, and try again.",
            refused.first,
        )
    return count


_UPDATE = (
    update(models.Item)
    .where(models.Item.catalogue_id == bindparam("of"), models.Item.id == bindparam("item_id"))
    .values(attributes=bindparam("kept"), version=models.Item.version + 1, updated_at=bindparam("at"))
)


def _chunks(session: Session, catalogue_id: UUID) -> Iterator[Sequence[Any]]:
    item = models.Item
    chosen = select(item.id, item.sku, item.attributes).where(item.catalogue_id == catalogue_id)
    chosen = chosen.order_by(item.id).limit(AT_ONCE)
    rows = session.execute(chosen).all()
    while rows:
        yield rows
        rows = session.execute(chosen.where(item.id > rows[-1].id)).all()


def _altered(rows: Sequence[Row], name: str, wanted: FieldType, refused: _Refused) -> Iterator[dict[str, Any]]:
    for item_id, sku, attributes in rows:
        value = attributes.get(name)
        if value is None or _fits(name, value, wanted):
            continue
        new = converted(value, wanted)
        if new is None:
            refused.add(sku, value)
        else:
            yield {"item_id": item_id, "kept": {**attributes, name: new}}


def _fits(name: str, value: Any, wanted: FieldType) -> bool:
    try:
        return fits(name, value, wanted)
    except InvalidInput:  # of no type at all: doctor names such values, and this may be their cure
        return False
