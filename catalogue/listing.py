"""Items page by page, newest first. Reads ids; what an item looks like is facts.py's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.catalogues import Catalogue
from catalogue.database import now
from catalogue.facts import ItemFacts, read_items
from catalogue.states import PhotoStatus, WorkKind


def list_items(
    session: Session,
    catalogue: Catalogue,
    *,
    state: str | None,
    unpublished: bool = True,
    limit: int,
    after: tuple[datetime, UUID] | None,
    among: Sequence[UUID] | None = None,
) -> list[ItemFacts]:
    """Items newest first, after a position; with `state`, only those with a photo in that state.

    Args:
        unpublished: whether unpublished items are among them.
        among: only these items, a few thousand at most.
    """
    item, photo, work = models.Item, models.Photo, models.Work
    chosen = select(item.id).where(item.catalogue_id == catalogue.id)
    if among is not None:
        chosen = chosen.where(item.id.in_(among))
    if not unpublished:
        chosen = chosen.where(item.published.is_(True))
    if state is not None:
        status = PhotoStatus.PENDING if state == "processing" else PhotoStatus(state)
        of_item = and_(photo.catalogue_id == item.catalogue_id, photo.item_id == item.id, photo.status == status)
        held = exists().where(
            work.catalogue_id == photo.catalogue_id,
            work.photo_id == photo.id,
            work.kind == WorkKind.PICTURE,
            work.model_set_id == (catalogue.active_set.id if catalogue.active_set else None),
            work.expires_at > now(session),
        )
        if state == "processing":
            of_item = and_(of_item, held)
        elif status is PhotoStatus.PENDING:
            of_item = and_(of_item, ~held)
        chosen = chosen.where(exists().where(of_item))
    if after is not None:
        at, item_id = after
        chosen = chosen.where(or_(item.created_at < at, and_(item.created_at == at, item.id < item_id)))
    ids = session.scalars(chosen.order_by(item.created_at.desc(), item.id.desc()).limit(limit)).all()
    facts = read_items(session, catalogue, ids)
    return [facts[item_id] for item_id in ids]
