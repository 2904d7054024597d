"""Search by text or by photo. Owns the route and the order of its steps: view, encode, search, hydrate."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from flask import Response, request
from sqlalchemy import bindparam, select

from catalogue import models
from catalogue.errors import InvalidInput, NotFound
from catalogue.images import open_working_copy
from indexing.queries import Page, PhotoQuery, Position, TextQuery
from indexing.view import View
from service import answers, metrics, schemas
from service.callers import caller
from service.captions import PICTURE_SIDE, active_set
from service.cursors import query_hash
from service.documented import JSON, MODEL, PAGING, PHOTO_FORM, SEARCH, VIEWING, Reply, blueprint, form_body, says
from service.exchange import answer, min_seq
from service.hits import present_hits
from service.incoming import IncomingPhoto, parse_json, read_photos, read_text
from service.inputs import checked
from service.services import services
from service.uploads import decode_part

api = blueprint("search", __name__, SEARCH)

MIN_SEQ_WAIT_S = 2.0

_CATALOGUE_ID = select(models.Catalogue.id).where(models.Catalogue.name == bindparam("name"))

Parameters = schemas.SearchQuery | schemas.SearchBody
FOUND = Reply(200, "A page of hits.", answers.Found)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A query with its vectors, and how long they took."""

    query: TextQuery | PhotoQuery
    seconds: float


@dataclass(frozen=True, slots=True)
class Finding:
    """A page of ids with the cursor of the one behind it, and how long its steps took."""

    page: Page
    next_cursor: str | None
    encoding_s: float
    searching_s: float


@api.get("/search", responses=says(FOUND, problems=[*VIEWING, *PAGING, *MODEL]))
def search_by_link(query: schemas.SearchQuery) -> Response:
    """Search by text.

    Items whose confidence reaches the threshold, best first; an empty `q` lists everything, newest first.
    """
    return _search(query, None)


@api.post(
    "/search",
    responses=says(FOUND, problems=[*VIEWING, *PAGING, *MODEL, *JSON, *PHOTO_FORM]),
    openapi_extensions=form_body(schemas.SearchForm, json_body=schemas.SearchBody),
)
def search(query: schemas.CatalogueQuery) -> Response:
    """Search by text or by a photo.

    By text as JSON, or by a photo as multipart. The photo is not kept: send it again with the cursor to page.
    """
    if request.mimetype != "multipart/form-data":
        return _search(checked(schemas.SearchBody, request.get_json()), None)
    photo = read_photos(most=1, texts=frozenset({"query"}))[0]
    query_part = read_text("query")
    asked = checked(schemas.SearchBody, {} if query_part is None else parse_json(query_part))
    if asked.q.strip():
        raise InvalidInput.at("/q", "A photo is searched by itself; leave out 'q', or search by 'q' alone.")
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


def find(view: View, asked: Parameters, photo: IncomingPhoto | None = None) -> Finding:
    """What the API's routes and the pages answer with, once hydrated; a photo takes the place of `q`."""
    kind, what = ("q", asked.q) if photo is None else ("photo", photo.sha256)
    hashed = query_hash("search", str(view.catalogue.id), kind, what, asked.min_confidence)
    after = None if asked.cursor is None else _position(services().cursors.read(asked.cursor, hashed, _world(view)))
    encoded = _encode_text(view, asked.q) if photo is None else _encode_photo(view, photo)
    began = time.perf_counter()
    page = services().searcher.search(
        view, encoded.query, limit=asked.limit, after=after, min_confidence=asked.min_confidence
    )
    searching_s = time.perf_counter() - began
    metrics.SEARCH_SECONDS.labels("encode").observe(encoded.seconds)
    metrics.SEARCH_SECONDS.labels("search").observe(searching_s)
    cursor = None if page.next is None else services().cursors.make(hashed, _world(view), _values(page.next))
    return Finding(page, cursor, encoded.seconds, searching_s)


def _search(asked: Parameters, photo: IncomingPhoto | None) -> Response:
    started = time.perf_counter()
    view = present_view()
    finding = find(view, asked, photo)
    found = _found(view, finding, asked, "" if photo is not None else asked.q)
    took = answers.Took(
        total=milliseconds(time.perf_counter() - started),
        encode=milliseconds(finding.encoding_s),
        search=milliseconds(finding.searching_s),
    )
    return answer(found.model_copy(update={"took_ms": took}))


def _found(view: View, finding: Finding, asked: Parameters, text: str) -> answers.Found:
    page, nearest = finding.page, finding.page.nearest if asked.explain else ()
    hits, near = present_hits(view, page.hits, nearest, explain=asked.explain, text=text, asked="your photo")
    found = answers.Found(
        hits=hits,
        total=answers.Total(value=page.total, relation="eq"),
        nothing_close=page.nothing_close,
        next_cursor=finding.next_cursor,
        query=None,
        took_ms=answers.Took(total=0, encode=0, search=0),
        snapshot=None,
        seq=view.seq,
    )
    return found.model_copy(update={"nearest": near}) if asked.explain and page.nothing_close else found


def _encode_text(view: View, text: str) -> Encoded:
    if not text.strip():
        return Encoded(TextQuery(""), 0.0)
    began = time.perf_counter()
    vectors = services().encoders.text(active_set(view.catalogue), text)
    return Encoded(TextQuery(text, vectors["meaning"], vectors["words"]), time.perf_counter() - began)


def _encode_photo(view: View, photo: IncomingPhoto) -> Encoded:
    began = time.perf_counter()
    image = open_working_copy(decode_part(photo).working_copy, PICTURE_SIDE)
    vectors = services().encoders.picture(active_set(view.catalogue), image)
    return Encoded(PhotoQuery(vectors["look"]), time.perf_counter() - began)


def _world(view: View) -> str:
    """What a position is worth nothing without: the model set and the settings that gave its scores."""
    active = view.catalogue.active_set
    return f"{active.id if active else None} {view.catalogue.settings_version}"


def _values(position: Position) -> list[float | int | str]:
    return [position.value, position.score, str(position.item_id), position.shown]


def _position(values: list[float | int | str]) -> Position:
    value, score, item_id, shown = values
    return Position(float(value), float(score), UUID(str(item_id)), int(shown))
