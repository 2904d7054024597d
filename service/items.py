"""Items: create, replace, patch, read, list, delete. Owns the routes; the rules of an item are the catalogue's."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from sqlalchemy.orm import Session

from catalogue import items
from catalogue.catalogues import Catalogue, read_catalogue
from catalogue.facts import ItemFacts, read_items
from catalogue.items import ItemWrite, Written
from service import answers, etags, present, schemas
from service.cursors import query_hash
from service.documented import PROBLEMS
from service.exchange import answer, check_reached, nothing, seq_header
from service.services import services

api = APIBlueprint("items", __name__, url_prefix="/v1", abp_tags=[Tag(name="items")], abp_responses=PROBLEMS)


@api.put("/items/<sku>", responses={200: answers.Item, 201: answers.Item})
def put_item(path: schemas.SkuPath, query: schemas.CatalogueQuery, body: schemas.ItemBody) -> Response:
    """Create an item, or replace what merchants write of it; its photos stay."""
    write = ItemWrite(**body.model_dump())

    def act(session: Session) -> tuple[Catalogue, Written, ItemFacts]:
        catalogue = read_catalogue(session, query.catalogue)
        expected = etags.expected_item(session, catalogue, path.sku)
        written = items.put_item(session, catalogue, path.sku, write, expected)
        return catalogue, written, read_items(session, catalogue, [written.item_id])[written.item_id]

    return _written(*services().database.write(act))


@api.patch("/items/<sku>", responses={200: answers.Item})
def patch_item(path: schemas.SkuPath, query: schemas.CatalogueQuery, body: schemas.ItemPatch) -> Response:
    """Merge a patch into an item (RFC 7396): null removes, attributes merge one by one."""
    patch = body.model_dump(exclude_unset=True)

    def act(session: Session) -> tuple[Catalogue, Written, ItemFacts]:
        catalogue = read_catalogue(session, query.catalogue)
        expected = etags.expected_item(session, catalogue, path.sku)
        written = items.patch_item(session, catalogue, path.sku, patch, expected)
        return catalogue, written, read_items(session, catalogue, [written.item_id])[written.item_id]

    return _written(*services().database.write(act))


@api.get("/items/<sku>", responses={200: answers.Item})
def get_item(path: schemas.SkuPath, query: schemas.CatalogueQuery) -> Response:
    """An item with its photos and captions."""
    with services().database.reading() as session:
        catalogue = read_catalogue(session, query.catalogue)
        check_reached(session, catalogue)
        item = items.read_item(session, catalogue, path.sku)
    tag = etags.header(etags.item_tag(item.id, item.version))
    return answer(present.item(item, catalogue.currency), headers=tag)


@api.delete("/items/<sku>", responses={204: None})
def delete_item(path: schemas.SkuPath, query: schemas.CatalogueQuery) -> Response:
    """Remove an item and its photos: in no answer to a request received after this one is answered."""

    def act(session: Session) -> int:
        catalogue = read_catalogue(session, query.catalogue)
        expected = etags.expected_item(session, catalogue, path.sku)
        return items.delete_item(session, catalogue, path.sku, expected)

    return nothing(seq_header(services().database.write(act)))


@api.get("/items", responses={200: answers.Items})
def list_items(query: schemas.ItemsQuery) -> Response:
    """Items, newest first."""
    asked = query_hash("items", query.catalogue, query.state)
    after = None if query.cursor is None else _position(services().cursors.read(query.cursor, asked, ""))
    with services().database.reading() as session:
        catalogue = read_catalogue(session, query.catalogue)
        check_reached(session, catalogue)
        found = items.list_items(session, catalogue, state=query.state, limit=query.limit + 1, after=after)
    page = found[: query.limit]
    more = len(found) > query.limit
    last = [page[-1].created_at.isoformat(), str(page[-1].id)] if more else []
    return answer(
        answers.Items(
            items=[present.item(item, catalogue.currency) for item in page],
            next_cursor=services().cursors.make(asked, "", last) if more else None,
        )
    )


def _written(catalogue: Catalogue, written: Written, item: ItemFacts) -> Response:
    services().bell.ring()  # a new title makes text work
    headers = {**seq_header(written.seq), **etags.header(etags.item_tag(item.id, item.version))}
    return answer(present.item(item, catalogue.currency), status=201 if written.created else 200, headers=headers)


def _position(values: list[str]) -> tuple[datetime, UUID]:
    at, item_id = values
    return datetime.fromisoformat(at), UUID(item_id)
