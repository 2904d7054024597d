"""The routes of the pages: search by words or a photo, and an item. Owns what a page is given, not the search."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for

from captioning.captioner import Caption
from catalogue import changes
from catalogue.catalogues import read_catalogue
from catalogue.facts import ItemFacts, read_items
from catalogue.images import Decoded, open_working_copy, rendition
from catalogue.items import no_item, read_item
from indexing.errors import ViewBehind
from indexing.queries import Hit
from indexing.view import View
from service import query_photos
from service.callers import caller
from service.captions import PICTURE_SIDE, active_set
from service.finding import Finding, find
from service.incoming import read_photos
from service.inputs import checked
from service.pages.cards import Card, attribute_lines, card, count, others, percent, picture, price
from service.schemas import SearchQuery
from service.services import services
from service.uploads import decode_part

pages = Blueprint("pages", __name__, template_folder="templates", static_folder="static", static_url_path="/assets")

PHOTO = "your photo"
NEAREST, ALIKE, HINTS = 5, 10, 4
FRESH_S = 0.5
SHOWN_WIDTH = 320


@dataclass(frozen=True, slots=True)
class Answer:
    """What the captioner says of the photo that was sent, and the photo itself as a data URI: it is stored nowhere."""

    image: str
    width: int
    height: int
    caption: str
    confidence: float
    percent: str | None
    alternatives: tuple[tuple[str, str], ...]


@pages.get("/")
def home() -> str:
    """The newest items, or what `q` or the photo of the token `query` finds; the address holds all there is to know."""
    given = {name: request.args[name] for name in ("q", "query", "cursor") if name in request.args}
    asked = checked(SearchQuery, given)
    q = asked.q.strip()
    view = _view()
    finding = find(view, asked)
    cards, nearest = _cards(view, finding.page.hits, finding.page.nearest[:NEAREST])
    is_newest = not q and finding.token is None
    return render_template(
        "pages/home.html",
        q=q,
        query=finding.token,
        asked=f"“{q}”" if finding.token is None else PHOTO,
        heading=f"“{q}”" if q else "Newest" if is_newest else PHOTO.capitalize(),
        counted=count(finding.page.total, "item", "items"),
        cards=cards,
        nearest=nearest,
        nothing_close=finding.page.nothing_close,
        empty=is_newest and finding.page.total == 0,
        base=request.host_url,
        hints=_hints(cards) if is_newest else [],
        later=asked.cursor is not None,
        next_page=_next_page(finding, q),
    )


@pages.post("/")
def by_photo() -> str:
    """What a photo shows, and what looks like it. The photo is not kept; its token stands for it on later pages."""
    photo = read_photos(most=1)[0]
    decoded = decode_part(photo)
    view = _view()
    image = open_working_copy(decoded.working_copy, PICTURE_SIDE)
    caption, vectors = services().encoders.describe(active_set(view.catalogue), image)
    token = query_photos.token_of(view, photo.sha256)
    query_photos.remember(view, token, vectors)
    finding = find(view, checked(SearchQuery, {"query": token}))
    cards, nearest = _cards(view, finding.page.hits, finding.page.nearest[:NEAREST])
    return render_template(
        "pages/home.html",
        q="",
        query=token,
        asked=PHOTO,
        heading=PHOTO.capitalize(),
        counted=count(finding.page.total, "look-alike", "look-alikes"),
        answer=_answer(caption, decoded),
        cards=cards,
        nearest=nearest,
        nothing_close=finding.page.nothing_close,
        next_page=_next_page(finding, ""),
    )


@pages.get("/items/<sku>")
def item(sku: str) -> str:
    """An item: its photos, what is known of them, and what looks like it."""
    view = _view()
    with services().database.reading() as session:
        facts = read_item(session, view.catalogue, sku)
    if not (facts.published or caller().sees_unpublished):
        raise no_item(sku)
    alike = services().searcher.similar(view, facts.id, limit=ALIKE).page
    cards, _ = _cards(view, alike.hits, ())
    photos = [picture(each) for each in facts.photos]
    chosen = next((each for each in photos if str(each.id) == request.args.get("photo")), None)
    return render_template(
        "pages/item.html",
        q="",
        item=facts,
        title=facts.title or facts.sku,
        price=price(facts, view.catalogue),
        attributes=attribute_lines(facts),
        photos=photos,
        chosen=chosen or next(iter(photos), None),
        cards=cards,
    )


def _next_page(finding: Finding, q: str) -> str | None:
    if finding.next_cursor is None:
        return None
    return url_for("pages.home", q=q or None, query=finding.token, cursor=finding.next_cursor)


def _view() -> View:
    """The view with all that was written by now, if that takes but a moment: people who open a page send no number."""
    with services().database.reading() as session:
        catalogue_id = read_catalogue(session, caller().catalogue).id
        seq = changes.present(session, catalogue_id)
    try:
        return services().views.wait_for(catalogue_id, seq, FRESH_S)
    except ViewBehind:
        return services().views.present(catalogue_id)


def _cards(view: View, hits: Sequence[Hit], nearest: Sequence[Hit]) -> tuple[list[Card], list[Card]]:
    """Both lists as cards, read together; what is gone or hidden by now is left out."""
    with services().database.reading() as session:
        items = read_items(session, view.catalogue, [hit.item_id for hit in [*hits, *nearest]])
    shown: dict[object, ItemFacts] = {item_id: facts for item_id, facts in items.items() if facts.published}

    def cards(some: Sequence[Hit]) -> list[Card]:
        return [card(shown[hit.item_id], hit, view.catalogue) for hit in some if hit.item_id in shown]

    return cards(hits), cards(nearest)


def _hints(cards: Sequence[Card]) -> list[str]:
    """A few captions of this very catalogue: what they say is sure to be found."""
    captions = list(dict.fromkeys(each.picture.caption for each in cards if each.picture and each.picture.caption))
    return captions[:: max(1, len(captions) // HINTS)][:HINTS]  # spread: what came in together is alike


def _answer(caption: Caption, decoded: Decoded) -> Answer:
    image = b64encode(rendition(decoded.working_copy, SHOWN_WIDTH, "image/jpeg")).decode()
    return Answer(
        image=f"data:image/jpeg;base64,{image}",
        width=decoded.width,
        height=decoded.height,
        caption=caption.text,
        confidence=caption.confidence,
        percent=percent(caption.confidence),
        alternatives=others((each.text, each.confidence) for each in caption.alternatives),
    )
