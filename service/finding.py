"""One search from parameters to a page of ids and the cursor behind it. Owns what a cursor is bound to; no route."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from catalogue.errors import InvalidInput
from catalogue.images import open_working_copy
from indexing.queries import ByField, Page, PhotoQuery, Position, Search, TextQuery
from indexing.view import View
from service import metrics, query_photos, schemas
from service.captions import PICTURE_SIDE, active_set
from service.cursors import query_hash
from service.incoming import IncomingPhoto
from service.services import services
from service.terms import Terms, sort_text, terms_of
from service.uploads import decode_part

Parameters = schemas.SearchQuery | schemas.SearchBody


@dataclass(frozen=True, slots=True)
class Encoded:
    """A query with its vectors, and how long they took."""

    query: TextQuery | PhotoQuery
    seconds: float


@dataclass(frozen=True, slots=True)
class Finding:
    """A page of ids with the cursor of the one behind it, and how long its steps took.

    `token` is that of the photo that was searched by, if it was one; `text` the query, if it was that.
    """

    page: Page
    next_cursor: str | None
    token: str | None
    text: str
    encoding_s: float
    searching_s: float


def find(view: View, asked: Parameters, photo: IncomingPhoto | None = None) -> Finding:
    """What the API's routes and the pages answer with, once hydrated; a photo takes the place of `q`.

    Raises:
        InvalidInput: what it says of itself, of its filter, sort or facets, or its cursor's.
        QueryExpired: the query photo's token is not known, or no longer.
    """
    _check(asked, has_photo=photo is not None)
    terms = terms_of(view, asked)
    token = _token(view, asked, photo)
    hashed, world = _identity(view, asked, terms, token), _world(view, terms)
    after = None if asked.cursor is None else _position(services().cursors.read(asked.cursor, hashed, world))
    encoded = _timed(lambda: _query(view, asked, photo, token))
    began = time.perf_counter()
    search = Search(
        encoded.query, asked.limit, after, terms.filter, terms.sort, asked.min_confidence,
        asked.collapse is not None, terms.facets,
    )  # fmt: skip
    page = services().searcher.search(view, search)
    searching_s = time.perf_counter() - began
    metrics.SEARCH_SECONDS.labels("encode").observe(encoded.seconds)
    metrics.SEARCH_SECONDS.labels("search").observe(searching_s)
    cursor = None if page.next is None else services().cursors.make(hashed, world, _values(page.next), token)
    return Finding(page, cursor, token, "" if token else asked.q, encoded.seconds, searching_s)


def _check(asked: Parameters, *, has_photo: bool) -> None:
    """One thing is searched by: words, a photo, or the token of one."""
    if asked.q.strip() and (has_photo or asked.query is not None):
        raise InvalidInput.at("/q", "A photo is searched by itself; leave out 'q', or search by 'q' alone.")
    if has_photo and asked.query is not None:
        raise InvalidInput.at("/query", "Send either the photo or the token of one, not both.")


def _token(view: View, asked: Parameters, photo: IncomingPhoto | None) -> str | None:
    """Of the photo that is searched by: sent, named, or carried by the cursor."""
    if photo is not None:
        return query_photos.token_of(view, photo.sha256)
    if asked.query is not None or asked.cursor is None or asked.q.strip():
        return asked.query
    return services().cursors.token(asked.cursor)


def _identity(view: View, asked: Parameters, terms: Terms, token: str | None) -> str:
    """A hash of all that defines which hits there are, and in which order."""
    condition = None if terms.filter is None else str(terms.filter.condition)
    return query_hash(
        "search", str(view.catalogue.id), "photo" if token else "q", token or asked.q, condition,
        sort_text(terms.sort), asked.collapse, asked.min_confidence,
    )  # fmt: skip


def _world(view: View, terms: Terms) -> str:
    """What a position is worth nothing without: the model set, the settings, and the type of what was sorted by."""
    active, sort = view.catalogue.active_set, terms.sort
    type_ = view.fields[sort.name].type.value if isinstance(sort, ByField) else ""
    return f"{active.id if active else None} {view.catalogue.settings_version} {type_}"


def _timed(encode: Callable[[], TextQuery | PhotoQuery]) -> Encoded:
    began = time.perf_counter()
    return Encoded(encode(), time.perf_counter() - began)


def _query(view: View, asked: Parameters, photo: IncomingPhoto | None, token: str | None) -> TextQuery | PhotoQuery:
    if token is None:
        return _text_query(view, asked.q)
    if photo is not None and asked.cursor is None:
        return _photo_query(view, photo, token)
    known = query_photos.remembered(view, token)
    if known is None and photo is not None:
        return _photo_query(view, photo, token)
    if known is None:
        raise query_photos.expired("/cursor" if asked.query is None else "/query")
    return known


def _text_query(view: View, text: str) -> TextQuery:
    if not text.strip():
        return TextQuery("")
    vectors = services().encoders.text(active_set(view.catalogue), text)
    reads = services().encoders.reads(active_set(view.catalogue), text)
    return TextQuery(text, vectors["meaning"], vectors["words"], is_foreign=not reads)


def _photo_query(view: View, photo: IncomingPhoto, token: str) -> PhotoQuery:
    image = open_working_copy(decode_part(photo).working_copy, PICTURE_SIDE)
    return query_photos.remember(view, token, services().encoders.picture(active_set(view.catalogue), image))


def _values(position: Position) -> list[Any]:
    return [position.value, position.score, str(position.item_id), position.shown]


def _position(values: list[Any]) -> Position:
    value, score, item_id, shown = values
    return Position(value, float(score), UUID(str(item_id)), int(shown))
