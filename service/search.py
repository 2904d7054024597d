"""Search by text or by photo. Owns the route and the order of its steps: view, encode, search, hydrate."""

from __future__ import annotations

import time

from flask import Response, request
from sqlalchemy import bindparam, select

from catalogue import models
from catalogue.errors import NotFound
from indexing.view import View
from service import answers, metrics, schemas
from service.callers import caller
from service.documented import (
    FILTERING,
    JSON,
    MODEL,
    PAGING,
    PHOTO_FORM,
    SEARCH,
    VIEWING,
    Reply,
    blueprint,
    form_body,
    says,
)
from service.exchange import answer, min_seq
from service.facets import present_facets
from service.finding import Finding, Parameters, find
from service.hits import present_hits
from service.incoming import IncomingPhoto, parse_json, read_photos, read_text
from service.inputs import checked
from service.services import services

api = blueprint("search", __name__, SEARCH)

MIN_SEQ_WAIT_S = 2.0

_CATALOGUE_ID = select(models.Catalogue.id).where(models.Catalogue.name == bindparam("name"))

SEARCHING = (*VIEWING, *PAGING, *MODEL, *FILTERING, "query-expired")
FOUND = Reply(200, "A page of hits.", answers.Found)


@api.get("/search", responses=says(FOUND, problems=SEARCHING))
def search_by_link(query: schemas.SearchQuery) -> Response:
    """Search by text.

    Items that pass the filter and whose confidence reaches the threshold, best first; an empty `q` lists everything,
    newest first. `total` and `facets` count this whole set, and pages walk it.
    """
    return _search(query, None)


@api.post(
    "/search",
    responses=says(FOUND, problems=[*SEARCHING, *JSON, *PHOTO_FORM]),
    openapi_extensions=form_body(schemas.SearchForm, json_body=schemas.SearchBody),
)
def search(query: schemas.CatalogueQuery) -> Response:
    """Search by text or by a photo.

    By text as JSON, or by a photo as multipart. The photo is not kept; what it looks like is, for an hour: `query` in
    the answer is a token that stands for it, and `next_cursor` carries it.
    """
    if request.mimetype != "multipart/form-data":
        return _search(checked(schemas.SearchBody, request.get_json()), None)
    photo = read_photos(most=1, texts=frozenset({"query"}))[0]
    query_part = read_text("query")
    asked = checked(schemas.SearchBody, {} if query_part is None else parse_json(query_part))
    return _search(asked, photo)


@metrics.SEARCH_SECONDS.labels("view").time()
def present_view() -> View:
    """The view that this request may see: as fresh as its Vitrine-Min-Seq asks, and nothing gone in it."""
    with services().database.reading() as session:
        catalogue_id = session.scalars(_CATALOGUE_ID, {"name": caller().catalogue}).one_or_none()
    if catalogue_id is None:
        raise NotFound(f"There is no catalogue {caller().catalogue!r}.")
    wanted = min_seq()
    if wanted is None:
        return services().views.present(catalogue_id)
    return services().views.wait_for(catalogue_id, wanted, MIN_SEQ_WAIT_S)


def milliseconds(seconds: float) -> float:
    return round(1e3 * seconds, 1)


def _search(asked: Parameters, photo: IncomingPhoto | None) -> Response:
    started = time.perf_counter()
    view = present_view()
    finding = find(view, asked, photo)
    found = _found(view, finding, asked)
    took = answers.Took(
        total=milliseconds(time.perf_counter() - started),
        encode=milliseconds(finding.encoding_s),
        search=milliseconds(finding.searching_s),
    )
    return answer(found.model_copy(update={"took_ms": took}))


def _found(view: View, finding: Finding, asked: Parameters) -> answers.Found:
    page, nearest = finding.page, finding.page.nearest if asked.explain else ()
    hits, near = present_hits(view, page.hits, nearest, explain=asked.explain, text=finding.text, asked="your photo")
    found = answers.Found(
        hits=hits,
        total=answers.Total(value=page.total, relation="eq"),
        nothing_close=page.nothing_close,
        next_cursor=finding.next_cursor,
        query=finding.token,
        took_ms=answers.Took(total=0, encode=0, search=0),
        snapshot=None,
        seq=view.seq,
    )
    if asked.explain and page.nothing_close:
        found = found.model_copy(update={"nearest": near})
    if asked.facets:
        found = found.model_copy(update={"facets": present_facets(page.facets, view.catalogue.currency)})
    return found
