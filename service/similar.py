"""Look-alikes of an item. Owns the route; who looks like whom is indexing's."""

from __future__ import annotations

import time
from uuid import UUID

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.errors import NotFound
from catalogue.states import PhotoStatus
from service import answers, schemas
from service.documented import PROBLEMS
from service.errors import SeedsNotReady
from service.exchange import answer
from service.hits import present_hits
from service.search import milliseconds, present_view
from service.services import services

api = APIBlueprint("similar", __name__, url_prefix="/v1", abp_tags=[Tag(name="search")], abp_responses=PROBLEMS)


@api.get("/items/<sku>/similar", responses={200: answers.Similar})
def similar(path: schemas.SkuPath, query: schemas.SimilarQuery) -> Response:
    """Available items that look like this one; never itself, its group, or items with the very same picture."""
    started = time.perf_counter()
    view = present_view(query.catalogue)
    with services().database.reading() as session:
        item_id = _seed(session, view.catalogue.id, path.sku)
    began = time.perf_counter()
    alike = services().searcher.similar(view, item_id, limit=query.limit, min_confidence=query.min_confidence)
    searched = time.perf_counter() - began
    page, nearest = alike.page, alike.page.nearest if query.explain else ()
    hits, near = present_hits(view, page.hits, nearest, explain=query.explain, text="", asked="this item")
    found = answers.Similar(
        hits=hits,
        total=answers.Total(value=page.total, relation="eq"),
        nothing_close=page.nothing_close,
        duplicates=alike.duplicates,
        took_ms=answers.Took(
            total=milliseconds(time.perf_counter() - started), encode=0.0, search=milliseconds(searched)
        ),
        snapshot=None,
        seq=view.seq,
    )
    return answer(found.model_copy(update={"nearest": near}) if query.explain and page.nothing_close else found)


def _seed(session: Session, catalogue_id: UUID, sku: str) -> UUID:
    """The item's id. Raises NotFound, SeedsNotReady."""
    item, photo = models.Item, models.Photo
    rows = session.execute(
        select(item.id, photo.status)
        .outerjoin(photo, and_(photo.catalogue_id == item.catalogue_id, photo.item_id == item.id))
        .where(item.catalogue_id == catalogue_id, item.sku == sku)
    ).all()
    if not rows:
        raise NotFound(f"There is no item {sku!r} in this catalogue.")
    if not any(row.status is PhotoStatus.READY for row in rows):
        raise SeedsNotReady(f"The item {sku!r} has no photo that is ready, so nothing can be compared with it yet.")
    item_id: UUID = rows[0].id
    return item_id
