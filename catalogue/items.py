"""Items one by one: written, read, made for an upload. Owns which of their failures are raised; how a write is done is
batches.py's, rules of texts item_rules.py's, pages of items listing.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from catalogue import models
from catalogue.batches import Delete, Line, Patch, Put, Written, write_lines
from catalogue.catalogues import Catalogue
from catalogue.database import insert_into, now
from catalogue.errors import VitrineError
from catalogue.facts import ItemFacts, read_items
from catalogue.item_rules import check_sku
from catalogue.item_states import ItemWrite, no_item
from catalogue.words import is_storable

__all__ = [
    "ItemWrite",
    "Written",
    "delete_item",
    "ensure_item",
    "is_published",
    "no_item",
    "patch_item",
    "put_item",
    "read_item",
]


def put_item(
    session: Session, catalogue: Catalogue, sku: str, write: ItemWrite, if_match: int | None = None
) -> Written:
    """Create the item, or replace what merchants write of it (never its photos).

    Raises:
        InvalidInput: a value out of its rules. VersionMismatch: it is not at version `if_match`.
    """
    return _alone(session, catalogue, Put(sku, write, if_match))


def patch_item(
    session: Session, catalogue: Catalogue, sku: str, patch: Mapping[str, Any], if_match: int | None = None
) -> Written:
    """Merge `patch` into the item (RFC 7396: null removes, attributes merge one by one).

    Raises:
        NotFound, and as `put_item` does.
    """
    return _alone(session, catalogue, Patch(sku, patch, if_match, makes_missing=False))


def delete_item(session: Session, catalogue: Catalogue, sku: str, if_match: int | None = None) -> int:
    """Remove the item, its photos and all made from them; its bytes are queued for erasure. Returns the seq."""
    return _alone(session, catalogue, Delete(sku, if_match)).seq


def read_item(session: Session, catalogue: Catalogue, sku: str) -> ItemFacts:
    wanted = select(models.Item.id).where(models.Item.catalogue_id == catalogue.id, models.Item.sku == sku)
    item_id = session.scalars(wanted).one_or_none() if is_storable(sku) else None
    if item_id is None:
        raise no_item(sku)
    return read_items(session, catalogue, [item_id])[item_id]


def is_published(session: Session, catalogue: Catalogue, item_id: UUID) -> bool:
    """Whether there is such an item, and people may see it."""
    item = models.Item
    found = select(item.published).where(item.catalogue_id == catalogue.id, item.id == item_id)
    return bool(session.scalars(found).one_or_none())


def ensure_item(session: Session, catalogue_id: UUID, sku: str) -> tuple[models.Item, bool]:
    """The item of that sku, locked, made empty when there is none; and whether it was made."""
    check_sku(sku)
    made = False
    while (item := _locked(session, catalogue_id, sku)) is None:
        # Somebody else may make it in between; whoever deletes it again sends us round once more.
        made = _is_made(session, catalogue_id, sku)
    return item, made


def _is_made(session: Session, catalogue_id: UUID, sku: str) -> bool:
    at = now(session)
    made = session.scalars(
        insert_into(session, models.Item)
        .values(
            catalogue_id=catalogue_id, id=uuid7(), sku=sku, title="", attributes={}, published=True,
            available=True, version=0, created_at=at, updated_at=at,
        )
        .on_conflict_do_nothing(index_elements=["catalogue_id", "sku"])
        .returning(models.Item.id)
    ).one_or_none()  # fmt: skip
    return made is not None


def _locked(session: Session, catalogue_id: UUID, sku: str) -> models.Item | None:
    return session.scalars(
        select(models.Item).where(models.Item.catalogue_id == catalogue_id, models.Item.sku == sku).with_for_update()
    ).one_or_none()


def _alone(session: Session, catalogue: Catalogue, line: Line) -> Written:
    [outcome] = write_lines(session, catalogue, [line])
    if isinstance(outcome, VitrineError):
        raise outcome
    return outcome
