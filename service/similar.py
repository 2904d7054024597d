"""Look-alikes of an item. Owns the route; who looks like whom is indexing's."""

from __future__ import annotations

import time
from uuid import UUID

from flask import Response
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.items import no_item
from catalogue.states import PhotoStatus
from service import answers, metrics, schemas
from service.callers import caller
from service.documented import FILTERING, SEARCH, VIEWING, Reply, blueprint, says
from service.errors import SeedsNotReady
from service.exchange import answer
from service.hits import present_hits
from service.search import milliseconds, present_view
from service.services import services
from service.terms import filter_of

api = blueprint("similar", __name__, SEARCH)


@api.get(
    "/items/<sku>/similar",
    responses=says(
        Reply(200, "The look-alikes, closest first.", answers.Similar),
        problems=[*VIEWING, *FILTERING, "seeds-not-ready"],
    ),
)
def similar(path: schemas.SkuPath, query: schemas.SimilarQuery) -> Response:
    """Find what looks like an item.

    Available items alone, unless the filter names `available`; never the item itself, its group, or items with the very
    same picture.
    """
    started = time.perf_counter()
    view = present_view()
    condition = filter_of(view, query.filter)
    with services().database.reading() as session:
        item_id = _seed(session, view.catalogue.id, path.sku)
    began = time.perf_counter()
    alike = services().searcher.similar(
        view, item_id, limit=query.limit, filter_=condition, min_confidence=query.min_confidence
    )
    searched = time.perf_counter() - began
    metrics.SEARCH_SECONDS.labels("search").observe(searched)
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
        select(item.id, item.published, photo.status)
        .outerjoin(photo, and_(photo.catalogue_id == item.catalogue_id, photo.item_id == item.id))
        .where(item.catalogue_id == catalogue_id, item.sku == sku)
    ).all()
    if not rows or not (rows[0].published or caller().sees_unpublished):
        raise no_item(sku)
    if not any(row.status is PhotoStatus.READY for row in rows):
        raise SeedsNotReady(f"The item {sku!r} has no photo that is ready, so nothing can be compared with it yet.")
    item_id: UUID = rows[0].id
    return item_id
