"""Search and look-alikes over HTTP: the result set, its pages, its reasons, and what a deletion does to it."""

from __future__ import annotations

import io
import json
import re
import threading
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from catalogue import changes, models, query_photos
from catalogue.catalogues import adopt, ensure_catalogue
from catalogue.changes import Change
from catalogue.states import ChangeKind
from service.encoders import Encoders
from tests.integration.shop import Shop, form, open_shop, picture

TITLES = {
    "navy-shirt": "navy blue men's shirt, checked",
    "white-shirt": "white men's shirt",
    "heels": "red women's heels",
    "handbag": "brown women's handbag",
    "watch": "black men's watch",
}


def test_a_text_finds_what_pictures_and_words_say(shop: Shop) -> None:
    shop.stock(**TITLES)
    found = shop.search(q="blue shirt")
    assert found["hits"][0]["sku"] == "navy-shirt"
    assert found["total"] == {"value": len(found["hits"]), "relation": "eq"}
    assert found["nothing_close"] is False
    assert set(found) == {
        "hits", "total", "nothing_close", "next_cursor", "query", "took_ms", "snapshot", "seq"
    }  # fmt: skip
    hit = found["hits"][0]
    assert set(hit) == {"sku", "title", "photo", "attributes", "confidence", "score", "photos"}
    assert hit["photo"]["caption"] == TITLES["navy-shirt"]
    assert shop.call("GET", hit["photo"]["image"]).status_code == 200


def test_explain_adds_why_and_what_was_nearest(shop: Shop) -> None:
    shop.stock(**TITLES)
    why = shop.search(q="navy shirt", explain="true")["hits"][0]["why"]
    assert set(why["shares"]) <= {"look", "meaning", "words", "lexical"}
    assert sum(why["shares"].values()) == pytest.approx(1, abs=0.02)
    assert why["matched_terms"] == ["navy", "shirt"]
    assert '"navy"' in why["text"]
    nothing = shop.search(q="quantum chromodynamics lecture", explain="true", min_confidence=0.99)
    assert nothing["nothing_close"] is True
    assert nothing["hits"] == []
    assert nothing["total"]["value"] == 0
    assert nothing["nearest"]
    assert "why" in nothing["nearest"][0]
    assert "nearest" not in shop.search(q="quantum chromodynamics lecture", min_confidence=0.99)


def test_a_sku_is_found_with_certainty(shop: Shop) -> None:
    shop.stock(**TITLES)
    first = shop.search(q=" WATCH ", explain="true")["hits"][0]
    assert (first["sku"], first["confidence"]) == ("watch", 1.0)
    assert first["why"]["text"] == "Its sku is what you typed"


def test_an_empty_query_lists_everything_newest_first(shop: Shop) -> None:
    shop.stock(**TITLES)
    shop.put("bare", title="no photo yet")
    found = shop.search()
    assert [hit["sku"] for hit in found["hits"]] == ["bare", *reversed(TITLES)]
    assert {hit["confidence"] for hit in found["hits"]} == {None}
    assert found["hits"][0]["photo"] is None
    assert found["hits"][0]["photos"] == 0


def test_post_takes_the_same_names_as_get(shop: Shop) -> None:
    shop.stock(**TITLES)
    seq = {"Vitrine-Min-Seq": str(shop.seq())}
    query = {"q": "men's shirt", "limit": 2, "min_confidence": 0.1}
    got = shop.call("GET", "/v1/search", query_string=query, headers=seq).json
    posted = shop.call("POST", "/v1/search", json=query, headers=seq).json
    assert got is not None
    assert posted is not None
    assert got["hits"] == posted["hits"]
    assert got["next_cursor"] == posted["next_cursor"]


@pytest.mark.parametrize("query", [{"q": "men's shirt", "min_confidence": 0}, {}])
def test_pages_walk_the_whole_set_once(shop: Shop, query: dict[str, Any]) -> None:
    shop.stock(**TITLES)
    whole = [hit["sku"] for hit in shop.search(**query, limit=100)["hits"]]
    assert sorted(whole) == sorted(TITLES)
    walked: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = shop.search(**query, limit=2, **cursor)
        assert page["total"]["value"] == len(TITLES)
        walked += [hit["sku"] for hit in page["hits"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert walked == whole


def test_raising_the_threshold_gives_a_prefix(shop: Shop) -> None:
    shop.stock(**TITLES)
    whole = shop.search(q="shirt", min_confidence=0)["hits"]
    for threshold in (0.2, 0.5, 0.8, 1.0):
        cut = shop.search(q="shirt", min_confidence=threshold)["hits"]
        assert cut == whole[: len(cut)]
        assert all(hit["confidence"] >= threshold for hit in cut)


def test_a_photo_finds_its_like_and_pages_when_sent_again_or_by_the_cursor_alone(shop: Shop) -> None:
    shop.stock(**TITLES)
    seen = picture((200, 30, 30))
    shop.upload("red", seen)
    shop.work()
    files_before = sorted((shop.services.settings.data / "photos").rglob("*"))
    headers = {"Vitrine-Min-Seq": str(shop.seq())}
    skus: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        data = {**form(seen), "query": json.dumps({"limit": 2, "min_confidence": 0, **cursor})}
        page = shop.call("POST", "/v1/search", data=data, headers=headers)
        assert page.status_code == 200, page.text
        assert page.json is not None
        skus += [hit["sku"] for hit in page.json["hits"]]
        if cursor:
            alone = shop.call(
                "GET", "/v1/search", query_string={"limit": 2, "min_confidence": 0, **cursor}, headers=headers
            )
            assert {**alone.json, "took_ms": None} == {**page.json, "took_ms": None}  # type: ignore[dict-item]  # JSON
        cursor = {"cursor": page.json["next_cursor"]}
    assert skus[0] == "red"
    assert sorted(skus) == sorted([*TITLES, "red"])
    assert cursor == {"cursor": None}
    assert sorted((shop.services.settings.data / "photos").rglob("*")) == files_before


def test_the_query_beside_a_photo_may_come_as_a_file_as_browsers_send_json(shop: Shop) -> None:
    shop.stock(**TITLES)
    shop.seq()
    blob = (io.BytesIO(b'{"limit": 1, "min_confidence": 0}'), "blob", "application/json")
    found = shop.call("POST", "/v1/search", data={**form(picture()), "query": blob})
    assert found.status_code == 200, found.text
    assert found.json is not None
    assert len(found.json["hits"]) == 1
    huge = (io.BytesIO(bytes(400_000)), "blob", "application/json")
    assert shop.call("POST", "/v1/search", data={**form(picture()), "query": huge}).status_code == 413
    twice = shop.call("POST", "/v1/search", data={**form(picture()), "query": ["{}", "{}"]})
    assert twice.status_code == 422


WARES: dict[str, dict[str, Any]] = {
    "navy-tee": {"attributes": {"colour": "navy", "sleeve, length": "short"}, "price": 19.99, "group": "tee"},
    "red-tee": {"attributes": {"colour": "Red"}, "price": 20, "group": "tee", "available": False},
    "red-cap": {"attributes": {"colour": "Red", "sizes": [55, 57]}, "price": 9.5},
    "blue-cap": {"attributes": {"colour": "red"}},
    "hidden-cap": {"attributes": {"colour": "navy"}, "price": 5, "published": False},
}


def stocked(shop: Shop) -> Shop:
    for sku, ware in WARES.items():
        assert shop.put(sku, title=sku.replace("-", " "), **ware).status_code == 201
    return shop


def skus(found: Any) -> list[str]:
    return [hit["sku"] for hit in found["hits"]]


def test_a_filter_chooses_and_facets_count_what_it_leaves(shop: Shop) -> None:
    found = stocked(shop).search(filter='colour = "RED" AND NOT price > 19.99', facets="colour, `sleeve, length`,price")
    assert skus(found) == ["blue-cap", "red-cap"]
    assert found["total"] == {"value": 2, "relation": "eq"}
    assert found["facets"] == {
        "colour": {"type": "string", "values": [{"value": "Red", "count": 2}]},
        "sleeve, length": {"type": "string", "values": []},
        "price": {"type": "number", "min": 9.5, "max": 9.5, "histogram": [[9.5, 9.5, 1]]},
    }
    query = {"filter": {"field": "colour", "op": "=", "value": "red"}, "facets": ["colour"], "facet_limit": 1}
    posted = shop.call("POST", "/v1/search", json={**query, "facet_mode": "alternatives"})
    assert posted.json is not None
    assert posted.json["facets"]["colour"]["values"] == [{"value": "Red", "count": 3}]


def test_a_sort_a_group_and_a_page_are_of_the_same_set(shop: Shop) -> None:
    stocked(shop)
    assert skus(shop.search(sort="price_desc")) == ["red-tee", "navy-tee", "red-cap", "blue-cap"]
    assert skus(shop.search(sort="-title", collapse="group")) == ["red-tee", "red-cap", "blue-cap"]
    query = {"sort": "colour", "limit": 3, "facets": "created_at"}
    first = shop.search(**query)
    rest = shop.search(**query, cursor=first["next_cursor"])
    assert skus(first) + skus(rest) == ["navy-tee", "red-tee", "red-cap", "blue-cap"]
    assert first["facets"] == rest["facets"]
    assert first["facets"]["created_at"]["min"].endswith("Z")


def test_a_cursor_of_a_sort_expires_with_the_type_of_the_field(shop: Shop) -> None:
    stocked(shop)
    query = {"sort": "colour", "limit": 1, "min_confidence": 0}
    cursor = shop.search(**query)["next_cursor"]
    assert shop.call("PATCH", "/v1/fields/colour", json={"type": "list of strings"}).status_code == 200
    refused = shop.call("GET", "/v1/search", query_string={**query, "cursor": cursor})
    assert refused.status_code == 422
    assert shop.call("PATCH", "/v1/fields/colour", json={"type": "string"}).status_code == 200
    shop.search()


def test_the_token_of_a_photo_stands_for_it_for_an_hour_and_nowhere_else(shop: Shop) -> None:
    stocked(shop).stock(**TITLES)
    data = {**form(seen := picture()), "query": '{"min_confidence": 0}'}
    first = shop.call("POST", "/v1/search", data=data, headers={"Vitrine-Min-Seq": str(shop.seq())}).json
    assert first is not None
    again = shop.call("POST", "/v1/search", data={**form(seen), "query": '{"min_confidence": 0}'}).json
    assert again is not None
    assert first["query"] == again["query"]
    by_token = shop.search(query=first["query"], min_confidence=0)
    assert {**by_token, "took_ms": None} == {**first, "took_ms": None}
    cursor = shop.search(query=first["query"], min_confidence=0, limit=1)["next_cursor"]
    for other in (open_shop(shop.app), shop):
        gone = other.call("GET", "/v1/search", query_string={"query": first["query"]})
        assert gone.status_code == (200 if other is shop else 422)
    past = update(models.Query).values(expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    shop.services.database.write(lambda session: session.execute(past))
    for query in ({"query": first["query"]}, {"cursor": cursor, "limit": 1}):
        expired = shop.call("GET", "/v1/search", query_string={"min_confidence": 0, **query})
        assert expired.status_code == 422
        assert expired.json is not None
        assert expired.json["type"] == "/problems/query-expired"
        assert [fault["pointer"] for fault in expired.json["errors"]] == [f"/{next(iter(query))}"]
    shop.services.database.write(query_photos.prune)
    with shop.services.database.reading() as session:
        assert session.scalars(select(models.Query.token)).all() == []


def test_a_page_of_a_photo_leads_to_the_next_by_its_token(shop: Shop) -> None:
    named = {f"thing-{number:02}" for number in range(26)}
    for sku in named:
        shop.put(sku, title=sku)
    own = models.Catalogue.id == shop.catalogue.id
    everything = update(models.Catalogue).where(own).values(settings={"min_confidence": 0})
    shop.services.database.write(lambda session: session.execute(everything))  # before the view is first loaded
    html = {"Accept": "text/html"}
    page = shop.call("POST", "/", data=form(picture()), headers=html).text
    link = re.search(r'href="/\?([^"]+)" rel="next"', page)
    assert link is not None
    later = shop.call("GET", "/", query_string=dict(parse_qsl(unescape(link[1]))), headers=html)
    assert later.status_code == 200
    assert "Your photo" in later.text
    shown = [set(re.findall(r"/items/(thing-\d\d)", text)) for text in (page, later.text)]
    assert [len(each) for each in shown] == [24, 2]
    assert shown[0] | shown[1] == named
    stale = shop.call("GET", "/", query_string={"query": "stale"}, headers=html)
    assert stale.status_code == 422
    assert "Send the photo again" in stale.text


def test_words_a_photo_and_a_token_are_searched_by_one_at_a_time(shop: Shop) -> None:
    for asked, pointer in (({"q": "blue"}, "/q"), ({"query": "t"}, "/query")):
        composed = shop.call("POST", "/v1/search", data={**form(picture()), "query": json.dumps(asked)})
        assert composed.status_code == 422
        assert composed.json is not None
        assert composed.json["errors"][0]["pointer"] == pointer
    assert shop.call("GET", "/v1/search", query_string={"q": "blue", "query": "t"}).status_code == 422


def test_similar_takes_a_filter_and_shows_the_unavailable_where_it_names_them(shop: Shop) -> None:
    for sku, available in (("seed", True), ("sold-out", False), ("there", True)):
        shop.put(sku, title=sku, available=available, price=10)
        shop.upload(sku, picture((220, 20, 20)))
    shop.work()
    headers = {"Vitrine-Min-Seq": str(shop.seq())}

    def named(**query: Any) -> list[str]:
        asked = {"min_confidence": 0, **query}
        answer = shop.call("GET", "/v1/items/seed/similar", query_string=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        return skus(answer.json)

    assert named() == named(filter="price = 10") == ["there"]
    assert named(filter="price < 10") == []
    assert sorted(named(filter="available = true OR available = false")) == ["sold-out", "there"]


def test_items_are_listed_by_a_filter_newest_first_and_hidden_ones_for_who_may_see_them(shop: Shop) -> None:
    stocked(shop)
    headers = {"Vitrine-Min-Seq": str(shop.seq())}

    def listed(**query: Any) -> Any:
        answer = shop.call("GET", "/v1/items", query_string=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json

    whole = [item["sku"] for item in listed(filter="colour EXISTS")["items"]]
    assert whole == list(reversed(WARES))
    first = listed(filter="colour EXISTS", limit=2)
    rest = listed(filter="colour  exists", limit=100, cursor=first["next_cursor"])
    assert [item["sku"] for item in first["items"] + rest["items"]] == whole
    refused = shop.call("GET", "/v1/items", query_string={"cursor": first["next_cursor"]})
    assert refused.status_code == 422
    shop.upload("red-cap", picture())
    assert [item["sku"] for item in listed(filter='colour = "red"', state="pending")["items"]] == ["red-cap"]
    shop.call("DELETE", "/v1/items/red-cap")
    assert "red-cap" not in [item["sku"] for item in listed(filter="colour EXISTS")["items"]]
    wrong = shop.call("GET", "/v1/items", query_string={"filter": 'color = "red"'})
    assert wrong.json is not None
    assert wrong.json["detail"] == 'At column 1: There is no field "color". Did you mean colour?'


def test_an_unknown_field_is_named_where_it_was_asked_for(shop: Shop) -> None:
    stocked(shop)
    shop.search()
    for query, pointer in (({"facets": "colour,color"}, "/facets"), ({"sort": "-color"}, "/sort")):
        refused = shop.call("GET", "/v1/search", query_string=query)
        assert refused.status_code == 422
        assert refused.json is not None
        assert refused.json["type"] == "/problems/unknown-field"
        assert refused.json["errors"] == [
            {"pointer": pointer, "detail": 'There is no field "color". Did you mean colour?'}
        ]
    many = ",".join(f"`{number}`" for number in range(21))
    assert shop.call("GET", "/v1/search", query_string={"facets": many}).status_code == 422


def test_a_cursor_belongs_to_its_query(shop: Shop) -> None:
    shop.stock(**TITLES)
    cursor = shop.search(q="shirt", limit=1, min_confidence=0)["next_cursor"]
    for query in ({"q": "shoes", "min_confidence": 0}, {"q": "shirt"}, {"q": "shirt", "min_confidence": 0.5}):
        refused = shop.call("GET", "/v1/search", query_string={**query, "cursor": cursor})
        assert refused.status_code == 422
        assert refused.json is not None
        assert refused.json["type"] == "/problems/invalid-cursor"
    foreign = shop.client.get("/v1/search", query_string={"q": "shirt", "min_confidence": 0, "cursor": cursor})
    assert foreign.status_code == 422
    bent = shop.call("GET", "/v1/search", query_string={"q": "shirt", "min_confidence": 0, "cursor": "a" + cursor})
    assert bent.status_code == 422


def test_a_cursor_expires_when_the_settings_change(shop: Shop) -> None:
    shop.stock(**TITLES)
    cursor = shop.search(q="shirt", limit=1, min_confidence=0)["next_cursor"]
    catalogue_id = shop.catalogue.id

    def alter(session: Session) -> None:
        row = models.Catalogue
        session.execute(update(row).where(row.id == catalogue_id).values(settings_version=row.settings_version + 1))
        changes.record(session, catalogue_id, [Change(ChangeKind.CATALOGUE)])

    shop.services.database.write(alter)
    shop.search()  # waits until the change is loaded
    query = {"q": "shirt", "min_confidence": 0, "cursor": cursor}
    expired = shop.call("GET", "/v1/search", query_string=query)
    assert expired.status_code == 422
    assert expired.json is not None
    assert expired.json["type"] == "/problems/cursor-expired"


@pytest.mark.parametrize(
    "query",
    [
        {"q": "a" * 1001},
        {"limit": 0},
        {"limit": 101},
        {"limit": "many"},
        {"min_confidence": 1.1},
        {"min_confidence": "nan"},
        {"explain": "perhaps"},
        {"cursor": "x"},
        {"cursor": "a" * 3000},
        {"filter": "colour = navy"},
        {"filter": "price EXISTS OR " * 300},
        {"facet_limit": 0},
        {"facet_mode": "all"},
        {"sort": "colour"},
        {"query": "t" * 65},
        {"weights": "{}"},
        {"like": "[]"},
        {"collapse": "sku"},
    ],
)
def test_what_a_search_does_not_take_is_a_422_that_names_it(shop: Shop, query: dict[str, Any]) -> None:
    for answer in (
        shop.call("GET", "/v1/search", query_string=query),
        shop.call("POST", "/v1/search", json=query),
    ):
        assert answer.status_code == 422
        assert answer.json is not None
        assert [fault["pointer"] for fault in answer.json["errors"]] == [f"/{next(iter(query))}"]


def test_the_longest_query_is_answered(shop: Shop) -> None:
    shop.stock(tee="tee")
    assert shop.search(q="shirt " * 166 + "ends")["total"]["value"] >= 0


def test_a_parameter_given_twice_is_refused(shop: Shop) -> None:
    assert shop.client.get("/v1/search?q=a&q=b").status_code == 422


def test_a_photo_query_without_a_photo_is_refused(shop: Shop) -> None:
    assert shop.call("POST", "/v1/search", data=form(b"no photo")).status_code == 415
    assert shop.call("POST", "/v1/search", data={**form(picture()), "query": "no json"}).status_code == 400
    assert shop.call("POST", "/v1/search", data={**form(picture()), "q": "blue"}).status_code == 422


def test_a_write_is_seen_under_its_number_and_later_numbers_are_refused(shop: Shop) -> None:
    photo = shop.stock(**TITLES)["heels"]
    written = shop.call("PATCH", f"/v1/photos/{photo}/caption", json={"text": "zinnober stilettos"})
    seq = written.headers["Vitrine-Seq"]
    found = shop.call(
        "GET", "/v1/search", query_string={"q": "zinnober"}, headers={"Vitrine-Min-Seq": seq}
    ).json  # its words are found before any worker has looked at them
    assert found is not None
    assert [hit["sku"] for hit in found["hits"]] == ["heels"]
    assert found["hits"][0]["photo"]["caption"] == "zinnober stilettos"
    assert found["seq"] >= int(seq)
    for wrong in (str(shop.seq() + 1000), "-1", "soon", "9" * 30):
        for path in ("/v1/search", "/v1/items", "/v1/items/heels", f"/v1/photos/{photo}"):
            refused = shop.call("GET", path, headers={"Vitrine-Min-Seq": wrong})
            assert refused.status_code == 422, (path, wrong)


def test_an_unpublished_item_is_found_no_more_until_it_is_published_again(shop: Shop) -> None:
    shop.stock(**TITLES)
    shop.call("PATCH", "/v1/items/watch", json={"published": False})
    assert "watch" not in [hit["sku"] for hit in shop.search(q="watch", min_confidence=0)["hits"]]
    shop.call("PATCH", "/v1/items/watch", json={"published": True})
    assert shop.search(q="watch")["hits"][0]["sku"] == "watch"


def test_no_model_is_a_503_that_says_when_to_come_back(shop: Shop) -> None:
    shop.services.database.write(lambda session: ensure_catalogue(session, "bare", "EUR"))
    answer = shop.client.get("/v1/search?catalogue=bare&q=shirt")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert shop.client.get("/v1/search?catalogue=bare").status_code == 200


def test_a_busy_model_is_a_503(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.stock(tee="tee")
    shop.search(q="a known text")
    places = threading.BoundedSemaphore(1)
    places.acquire()
    encoders: Encoders = shop.services.encoders
    monkeypatch.setattr(encoders, "_text_places", places)
    monkeypatch.setattr("service.encoders.WAIT_S", 0.05)
    busy = shop.call("GET", "/v1/search", query_string={"q": "a new text"})
    assert busy.status_code == 503
    assert busy.headers["Retry-After"] == "1"
    assert busy.json is not None
    assert busy.json["type"] == "/problems/model-busy"
    known = shop.call("GET", "/v1/search", query_string={"q": "a known text"})
    assert known.status_code == 200


def test_similar_names_look_alikes_and_never_itself_its_group_or_the_same_picture(shop: Shop) -> None:
    red, same = picture((220, 20, 20)), picture((220, 20, 20))
    for sku in ("seed", "twin", "near", "far", "sold-out", "variant"):
        shop.put(sku, title=sku)
    shop.upload("seed", red)
    shop.upload("twin", red)
    shop.upload("near", same)
    shop.upload("far", picture((20, 220, 20)))
    shop.upload("sold-out", picture((221, 20, 20)))
    shop.upload("variant", picture((222, 20, 20)))
    shop.call("PATCH", "/v1/items/sold-out", json={"available": False})
    for sku in ("seed", "variant"):
        shop.call("PATCH", f"/v1/items/{sku}", json={"group": "reds"})
    shop.work()
    answer = shop.call(
        "GET",
        "/v1/items/seed/similar",
        query_string={"min_confidence": 0, "explain": "true"},
        headers={"Vitrine-Min-Seq": str(shop.seq())},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert [hit["sku"] for hit in answer.json["hits"]] == ["near", "far"]
    assert answer.json["duplicates"] == 1
    assert answer.json["hits"][0]["why"]["text"] == "Looks like this item"


def test_similar_of_an_item_without_a_ready_photo_is_a_409(shop: Shop) -> None:
    shop.upload("tee", picture())
    early = shop.call("GET", "/v1/items/tee/similar")
    assert early.status_code == 409
    assert early.headers["Retry-After"]
    assert early.json is not None
    assert early.json["type"] == "/problems/seeds-not-ready"
    assert shop.call("GET", "/v1/items/nobody/similar").status_code == 404
    assert shop.call("GET", "/v1/items/tee/similar", query_string={"diversity": 1}).status_code == 422


def test_nothing_deleted_is_in_an_answer_to_a_request_sent_after_the_deletion(shop: Shop) -> None:
    titles = {f"shirt-{number}": f"shirt number {number}" for number in range(24)}
    photos = shop.stock(**titles)
    shop.search()
    gone: set[str] = set()
    wrong: list[tuple[str, str]] = []
    asked = threading.Event()
    stop = threading.Event()

    def ask(path: str, query: dict[str, Any]) -> None:
        while not stop.is_set():
            before = set(gone)
            answer = shop.call("GET", path, query_string=query)
            if answer.status_code == 404 and "similar" in path:
                return
            assert answer.status_code == 200, answer.text
            assert answer.json is not None
            shown = {hit["sku"] for hit in answer.json["hits"]}
            shown |= {hit["photo"]["id"] for hit in answer.json["hits"] if hit["photo"]}
            wrong.extend((path, sku) for sku in shown & before)
            asked.set()

    searches: list[tuple[str, dict[str, Any]]] = [
        ("/v1/search", {"q": "shirt", "min_confidence": 0, "limit": 100}),
        ("/v1/search", {"limit": 100}),
        ("/v1/items/shirt-23/similar", {"min_confidence": 0, "limit": 100}),
    ]
    threads = [threading.Thread(target=ask, args=search) for search in searches]
    for thread in threads:
        thread.start()
    for number, sku in enumerate(list(titles)[:-1]):
        asked.wait(5)
        asked.clear()
        if number % 2:
            assert shop.call("DELETE", f"/v1/items/{sku}").status_code == 204
            gone |= {sku, photos[sku]}
        else:
            assert shop.call("DELETE", f"/v1/photos/{photos[sku]}").status_code == 204
            gone.add(photos[sku])
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_second_model_set_is_not_searched_before_it_is_active(shop: Shop) -> None:
    shop.stock(tee="navy shirt")
    catalogue = shop.catalogue
    shop.services.database.write(
        lambda session: adopt(
            session, catalogue.id, captioner="other", look="other", meaning="other", words="other", checkpoint="none"
        )
    )
    found = shop.search(q="navy shirt")
    assert [hit["sku"] for hit in found["hits"]] == ["tee"]
    shop.services.database.write(lambda session: _drop_work(session, catalogue.id))


def _drop_work(session: Session, catalogue_id: UUID) -> None:
    """No test may find work for a checkpoint that nobody has."""
    session.execute(delete(models.Work).where(models.Work.catalogue_id == catalogue_id))
