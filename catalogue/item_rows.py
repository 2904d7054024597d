"""Items' rows, many at a time: locked, added, rewritten, removed. Owns the statements and the order of their locks;
what rows are to hold is decided in batches.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, any_, bindparam, column, delete, func, literal, select, update
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.database import insert_into, now
from catalogue.erasures import queue_erasure
from catalogue.item_states import COLUMNS, ItemState, altered
from catalogue.words import is_storable
from catalogue.work import add_text_work

Item, Photo = models.Item, models.Photo
_STATE = tuple(getattr(Item, name) for name in COLUMNS)


@dataclass(frozen=True, slots=True)
class Held:
    """An item that this transaction has locked, or is about to make."""

    id: UUID
    version: int
    state: ItemState


def lock_items(session: Session, catalogue_id: UUID, skus: Collection[str]) -> dict[str, Held]:
    """The items of these skus that are there, locked by id. A sku that no database could hold is no item's."""
    kept = [sku for sku in skus if is_storable(sku)]
    rows = session.execute(
        select(Item.id, Item.sku, Item.version, *_STATE)
        .where(Item.catalogue_id == catalogue_id, _is_among(session, kept))
        .order_by(Item.id)
        .with_for_update()
    )
    return {sku: Held(item_id, version, ItemState(*state)) for item_id, sku, version, *state in rows}


def insert_items(session: Session, catalogue_id: UUID, made: Mapping[str, Held]) -> bool:
    """Add items by sku. False when somebody else was first with one of them."""
    if not made:
        return True
    at = now(session)
    rows = [  # by sku: of two writers with the same new items neither waits for the other in a circle
        {"catalogue_id": catalogue_id, "id": held.id, "sku": sku, "version": held.version}
        | {"created_at": at, "updated_at": at}
        | _values(held.state, COLUMNS)
        for sku, held in sorted(made.items())
    ]
    statement = insert_into(session, Item).on_conflict_do_nothing(index_elements=["catalogue_id", "sku"])
    return len(session.scalars(statement.returning(Item.id), rows).all()) == len(rows)


def update_items(session: Session, catalogue_id: UUID, rewritten: Sequence[tuple[Held, Held]]) -> None:
    """Write items anew, given before and after; new titles make text work."""
    if not rewritten:
        return
    differing = [altered(before.state, after.state) for before, after in rewritten]
    columns = sorted(set().union(*differing))
    rows = [{"id": held.id, "version": held.version} | _values(held.state, columns) for _, held in rewritten]
    if session.get_bind().dialect.name == "sqlite":
        _update_one_by_one(session, catalogue_id, rows)
    else:
        _update_together(session, catalogue_id, rows)
    retitled = [held.id for (_, held), names in zip(rewritten, differing, strict=True) if "title" in names]
    if retitled:
        mine = select(Photo.id).where(Photo.catalogue_id == catalogue_id, Photo.item_id.in_(retitled))
        add_text_work(session, catalogue_id, session.scalars(mine.order_by(Photo.id)).all())


def remove_items(session: Session, catalogue_id: UUID, item_ids: Collection[UUID]) -> None:
    """Remove items, their photos and all made from them; their bytes are queued for erasure."""
    if not item_ids:
        return
    of_items = (Photo.catalogue_id == catalogue_id, Photo.item_id.in_(item_ids))
    sha256s = session.scalars(select(Photo.sha256).where(*of_items).order_by(Photo.id).with_for_update()).all()
    queue_erasure(session, catalogue_id, sha256s)
    session.execute(delete(Photo).where(*of_items))
    session.execute(delete(Item).where(Item.catalogue_id == catalogue_id, Item.id.in_(item_ids)))


def _update_one_by_one(session: Session, catalogue_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """What SQLite, which is called and not asked over a wire, is fastest at."""
    columns = [name for name in rows[0] if name != "id"]
    statement = (
        update(Item)
        .where(Item.catalogue_id == catalogue_id, Item.id == bindparam("new_id"))
        .values(updated_at=now(session), **{name: bindparam(f"new_{name}") for name in columns})
    )
    session.connection().execute(statement, [{f"new_{name}": row[name] for name in row} for row in rows])


def _update_together(session: Session, catalogue_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """One statement with an array a column: PostgreSQL takes a third of the time that a statement a row costs."""
    types = {name: getattr(Item, name).type for name in rows[0]}
    arrays = [literal([row[name] for row in rows], ARRAY(kind)) for name, kind in types.items()]
    given = func.unnest(*arrays).table_valued(*(column(name, kind) for name, kind in types.items())).render_derived()
    statement = (
        update(Item)
        .where(Item.catalogue_id == catalogue_id, Item.id == given.c.id)
        .values(updated_at=now(session), **{name: given.c[name] for name in types if name != "id"})
    )
    session.connection().execute(statement)


def _is_among(session: Session, skus: list[str]) -> ColumnElement[bool]:
    """PostgreSQL gets one array, so that the statement is the same whatever the number of skus."""
    if session.get_bind().dialect.name == "sqlite":
        return Item.sku.in_(skus)
    return Item.sku == any_(literal(skus, ARRAY(Item.sku.type)))


def _values(state: ItemState, columns: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(state, name) for name in columns}
