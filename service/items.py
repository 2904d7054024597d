"""Items: create, replace, patch, read, list, delete. Owns the routes; the rules of an item are the catalogue's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from catalogue import items, listing
from catalogue.catalogues import Catalogue, read_catalogue
from catalogue.facts import ItemFacts, read_items
from catalogue.items import ItemWrite, Written
from indexing.filters import Checked
from indexing.listing import newest_first
from indexing.view import View
from service import answers, etags, present, schemas
from service.callers import caller
from service.cursors import query_hash
from service.documented import (
    ETAG,
    FILTERING,
    GUARDED,
    ITEMS,
    JSON,
    PAGING,
    READING,
    SEQ,
    VIEWING,
    WRITING,
    Reply,
    blueprint,
    says,
)
from service.exchange import answer, check_reached, nothing, seq_header
from service.search import present_view
from service.services import services
from service.terms import filter_of

api = blueprint("items", __name__, ITEMS)

Position = tuple[datetime, UUID]  # of the last item on a page


@api.put(
    "/items/<sku>",
    responses=says(
        Reply(200, "The item was there, and is now like this.", answers.Item, (SEQ, ETAG)),
        Reply(201, "The item is new.", answers.Item, (SEQ, ETAG)),
        problems=[*WRITING, *GUARDED, *JSON, "field-type"],
    ),
)
def put_item(path: schemas.SkuPath, query: schemas.CatalogueQuery, body: schemas.ItemBody) -> Response:
    """Create or replace an item.

    What is left out gets its default; the item's photos and captions stay. The first value of an attribute fixes the
    type that it has in this catalogue. Sending the same again changes nothing.
    """
    write = ItemWrite(**body.model_dump())

    def act(session: Session) -> tuple[Catalogue, Written, ItemFacts]:
        catalogue = read_catalogue(session, caller().catalogue)
        expected = etags.expected_item(session, catalogue, path.sku)
        written = items.put_item(session, catalogue, path.sku, write, expected)
        return catalogue, written, read_items(session, catalogue, [written.item_id])[written.item_id]

    return _written(*services().database.write(act))


@api.patch(
    "/items/<sku>",
    responses=says(
        Reply(200, "The item as it is now.", answers.Item, (SEQ, ETAG)),
        problems=[*WRITING, *GUARDED, *JSON, "field-type"],
    ),
)
def patch_item(path: schemas.SkuPath, query: schemas.CatalogueQuery, body: schemas.ItemPatch) -> Response:
    """Change parts of an item.

    A merge patch (RFC 7396): what is left out stays, null removes, attributes merge one by one.
    """
    patch = body.model_dump(exclude_unset=True)

    def act(session: Session) -> tuple[Catalogue, Written, ItemFacts]:
        catalogue = read_catalogue(session, caller().catalogue)
        expected = etags.expected_item(session, catalogue, path.sku)
        written = items.patch_item(session, catalogue, path.sku, patch, expected)
        return catalogue, written, read_items(session, catalogue, [written.item_id])[written.item_id]

    return _written(*services().database.write(act))


@api.get("/items/<sku>", responses=says(Reply(200, "The item.", answers.Item, (ETAG,)), problems=READING))
def get_item(path: schemas.SkuPath, query: schemas.CatalogueQuery) -> Response:
    """Read an item.

    With its photos, by position, and their captions. An unpublished one is found only by a key that may write.
    """
    with services().database.reading() as session:
        catalogue = read_catalogue(session, caller().catalogue)
        check_reached(session, catalogue)
        item = items.read_item(session, catalogue, path.sku)
    if not (item.published or caller().sees_unpublished):
        raise items.no_item(path.sku)
    tag = etags.header(etags.item_tag(item.id, item.version))
    return answer(present.item(item, catalogue.currency), headers=tag)


@api.delete(
    "/items/<sku>",
    responses=says(Reply(204, "It is gone.", headers=(SEQ,)), problems=[*WRITING, *GUARDED]),
)
def delete_item(path: schemas.SkuPath, query: schemas.CatalogueQuery) -> Response:
    """Delete an item and its photos.

    It is in no answer to a request that is received after this one was answered.
    """

    def act(session: Session) -> int:
        catalogue = read_catalogue(session, caller().catalogue)
        expected = etags.expected_item(session, catalogue, path.sku)
        return items.delete_item(session, catalogue, path.sku, expected)

    return nothing(seq_header(services().database.write(act)))


@api.get(
    "/items",
    responses=says(Reply(200, "A page of items.", answers.Items), problems=[*VIEWING, *PAGING, *FILTERING]),
)
def list_items(query: schemas.ItemsQuery) -> Response:
    """List items.

    Newest first; unpublished ones only for a key that may write. With `filter` a list shows, as a search does, what
    this process has loaded: `Vitrine-Min-Seq` waits for one's own write.
    """
    view = None if query.filter is None else present_view()
    condition = None if view is None else filter_of(view, query.filter)
    asked = query_hash("items", caller().catalogue, query.state, condition and str(condition.condition))
    after = None if query.cursor is None else _position(services().cursors.read(query.cursor, asked, ""))
    with services().database.reading() as session:
        catalogue = read_catalogue(session, caller().catalogue)
        check_reached(session, catalogue)
        read = partial(listing.list_items, session, catalogue, state=query.state, unpublished=caller().sees_unpublished)
        if view is None or condition is None:
            found = read(limit=query.limit + 1, after=after)
        else:
            found = _passing(view, condition, read, query.limit + 1, after)
    page = found[: query.limit]
    more = len(found) > query.limit
    last = [page[-1].created_at.isoformat(), str(page[-1].id)] if more else []
    return answer(
        answers.Items(
            items=[present.item(item, catalogue.currency) for item in page],
            next_cursor=services().cursors.make(asked, "", last) if more else None,
        )
    )


def _passing(
    view: View, condition: Checked, read: Callable[..., list[ItemFacts]], limit: int, after: Position | None
) -> list[ItemFacts]:
    """The first of those that pass the filter which SQL shows, too."""
    found: list[ItemFacts] = []
    for ids in newest_first(view, view.items.live & condition.mask(view), after, limit):
        found += read(limit=limit - len(found), after=None, among=ids)
        if len(found) == limit:
            break
    return found


def _written(catalogue: Catalogue, written: Written, item: ItemFacts) -> Response:
    services().bell.ring()  # a new title makes text work
    headers = {**seq_header(written.seq), **etags.header(etags.item_tag(item.id, item.version))}
    return answer(present.item(item, catalogue.currency), status=201 if written.created else 200, headers=headers)


def _position(values: list[str]) -> Position:
    at, item_id = values
    return datetime.fromisoformat(at), UUID(item_id)
