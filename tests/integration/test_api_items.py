"""Items over HTTP: what they take, what they answer, and how they refuse."""

from __future__ import annotations

import unicodedata

import pytest

from tests.integration.shop import Shop, picture


def test_an_item_is_created_once_and_then_replaced(shop: Shop) -> None:
    made = shop.put("tee-1", title="Tee", price="12.50", attributes={"colour": "navy", "sizes": ["S", "M"]})
    assert made.status_code == 201
    assert made.json is not None
    assert made.json["price"] == 12.5
    assert made.json["photos"] == []
    again = shop.put("tee-1", title="Another tee")
    assert again.status_code == 200
    assert again.json is not None
    assert (again.json["title"], again.json["price"], again.json["attributes"]) == ("Another tee", None, {})
    assert int(again.headers["Vitrine-Seq"]) > int(made.headers["Vitrine-Seq"])


def test_a_write_that_changes_nothing_keeps_version_and_number(shop: Shop) -> None:
    first, second = (shop.put("tee-1", title="Tee") for _ in range(2))
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["Vitrine-Seq"] == second.headers["Vitrine-Seq"]


def test_a_merge_patch_changes_what_it_names_and_null_removes(shop: Shop) -> None:
    shop.put("tee-1", title="Tee", price=20, attributes={"colour": "navy", "season": "winter"})
    patched = shop.call("PATCH", "/v1/items/tee-1", json={"price": None, "attributes": {"season": None, "fit": "slim"}})
    assert patched.status_code == 200
    assert patched.json is not None
    assert patched.json["title"] == "Tee"
    assert patched.json["price"] is None
    assert patched.json["attributes"] == {"colour": "navy", "fit": "slim"}


def test_a_lost_race_is_a_412_and_the_right_version_passes(shop: Shop) -> None:
    tag = shop.put("tee-1", title="Tee").headers["ETag"]
    shop.put("tee-1", title="Somebody else's tee")
    for method, body in (("PUT", {"title": "Mine"}), ("PATCH", {"title": "Mine"}), ("DELETE", None)):
        lost = shop.call(method, "/v1/items/tee-1", json=body, headers={"If-Match": tag})
        assert lost.status_code == 412, method
        assert lost.json is not None
        assert lost.json["type"] == "/problems/version-mismatch"
    now = shop.call("GET", "/v1/items/tee-1").headers["ETag"]
    assert shop.call("PUT", "/v1/items/tee-1", json={"title": "Mine"}, headers={"If-Match": now}).status_code == 200


def test_a_tag_that_a_compressing_proxy_made_weak_still_guards_a_write(shop: Shop) -> None:
    tag = shop.put("tee-1", title="Tee").headers["ETag"]
    weak = {"If-Match": f"W/{tag}"}
    assert shop.call("PUT", "/v1/items/tee-1", json={"title": "Mine"}, headers=weak).status_code == 200
    assert shop.call("PUT", "/v1/items/tee-1", json={"title": "Again"}, headers=weak).status_code == 412


@pytest.mark.parametrize("tag", ["", '"', ",", "W/", '""'])
def test_an_if_match_that_names_no_tag_admits_no_write(shop: Shop, tag: str) -> None:
    shop.put("tee-1", title="Tee")
    for method, body in (("PUT", {}), ("PATCH", {}), ("DELETE", None)):
        refused = shop.call(method, "/v1/items/tee-1", json=body, headers={"If-Match": tag})
        assert refused.status_code == 412, method


def test_if_match_of_an_item_that_was_deleted_and_made_again_does_not_pass(shop: Shop) -> None:
    tag = shop.put("tee-1", title="Tee").headers["ETag"]
    shop.call("DELETE", "/v1/items/tee-1")
    assert shop.call("PUT", "/v1/items/tee-1", json={}, headers={"If-Match": tag}).status_code == 412
    shop.put("tee-1", title="Tee")
    assert shop.call("PUT", "/v1/items/tee-1", json={}, headers={"If-Match": tag}).status_code == 412
    assert shop.call("PUT", "/v1/items/tee-1", json={}, headers={"If-Match": "*"}).status_code == 200


def test_a_deleted_item_and_its_photos_are_gone(shop: Shop) -> None:
    photo = shop.stock(tee="Tee")["tee"]
    deleted = shop.call("DELETE", "/v1/items/tee")
    assert deleted.status_code == 204
    assert deleted.headers["Vitrine-Seq"]
    assert deleted.data == b""
    assert shop.call("GET", "/v1/items/tee").status_code == 404
    assert shop.call("GET", f"/v1/photos/{photo}").status_code == 404
    assert shop.call("GET", f"/v1/photos/{photo}/image").status_code == 404
    assert shop.call("DELETE", "/v1/items/tee").status_code == 404


def test_items_are_listed_newest_first_page_by_page(shop: Shop) -> None:
    for number in range(5):
        shop.put(f"tee-{number}")
    skus, cursor = [], None
    for _ in range(3):
        page = shop.call("GET", "/v1/items", query_string={"limit": 2} | ({"cursor": cursor} if cursor else {})).json
        assert page is not None
        skus += [item["sku"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert skus == ["tee-4", "tee-3", "tee-2", "tee-1", "tee-0"]
    assert cursor is None


def test_items_can_be_listed_by_the_state_of_their_photos(shop: Shop) -> None:
    shop.stock(ready="Tee")
    shop.upload("waiting", picture())
    shop.put("bare")
    for state, skus in (("ready", ["ready"]), ("pending", ["waiting"]), ("failed", [])):
        page = shop.call("GET", "/v1/items", query_string={"state": state}).json
        assert page is not None
        assert [item["sku"] for item in page["items"]] == skus


def test_a_cursor_of_another_list_or_of_nobody_is_refused(shop: Shop) -> None:
    for number in range(3):
        shop.put(f"tee-{number}")
    page = shop.call("GET", "/v1/items", query_string={"limit": 1}).json
    assert page is not None
    for query in ({"cursor": page["next_cursor"], "state": "ready"}, {"cursor": page["next_cursor"] + "x"}):
        refused = shop.call("GET", "/v1/items", query_string=query)
        assert refused.status_code == 422
        assert refused.json is not None
        assert refused.json["type"] == "/problems/invalid-cursor"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": 5}, "/title"),
        ({"colour": "navy"}, "/colour"),
        ({"photo_urls": ["https://example.org/a.jpg"]}, "/photo_urls"),
        ({"price": -1}, "/price"),
        ({"price": "12.345"}, "/price"),
        ({"price": [1]}, "/price"),
        ({"published": "yes"}, "/published"),
        ({"attributes": {"title": "x"}}, "/attributes/title"),
        ({"attributes": {"a": {"b": 1}}}, "/attributes/a"),
        ({"attributes": {f"a{n}": 1 for n in range(65)}}, "/attributes"),
        ({"url": "javascript:alert(1)"}, "/url"),
        ({"title": "a\ud800"}, ""),
        ({"title": "a\0"}, ""),
    ],
)
def test_what_is_wrong_is_a_422_that_points_at_it(shop: Shop, body: dict[str, object], pointer: str) -> None:
    refused = shop.call("PUT", "/v1/items/tee-1", json=body)
    assert refused.status_code == 422, refused.text
    assert refused.json is not None
    assert pointer in [fault["pointer"] for fault in refused.json["errors"]]
    assert shop.call("GET", "/v1/items/tee-1").status_code == 404


def test_a_value_of_another_type_than_its_fields_is_named_with_field_type_and_value(shop: Shop) -> None:
    shop.put("tee-1", attributes={"size": "M"})
    refused = shop.put("tee-2", attributes={"size": 44})
    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["type"] == "/problems/field-type"
    assert all(part in refused.json["detail"] for part in ("size", "string", "44"))


@pytest.mark.parametrize("sku", ["a" * 129, "a\x01b", unicodedata.normalize("NFD", "é"), "."])
def test_a_sku_out_of_its_rules_is_refused(shop: Shop, sku: str) -> None:
    assert shop.put(sku).status_code in {404, 422}
    assert shop.call("GET", "/v1/items").json == {"items": [], "next_cursor": None}


def test_the_longest_sku_is_taken(shop: Shop) -> None:
    assert shop.put("é" * 128).status_code == 201


@pytest.mark.parametrize("body", [b"{", b"\xff", b"title=Tee", b'{"price": NaN}', '{"title": "Tee"}'.encode("utf-16")])
def test_what_is_not_json_is_a_400(shop: Shop, body: bytes) -> None:
    refused = shop.call("PUT", "/v1/items/tee-1", data=body, content_type="application/json")
    assert refused.status_code == 400
    assert refused.content_type == "application/problem+json"


@pytest.mark.parametrize("body", [b"[]", b'"Tee"', b"5", b'{"attributes": ' + b"[" * 40 + b"]" * 40 + b"}"])
def test_json_that_is_no_flat_object_is_a_422(shop: Shop, body: bytes) -> None:
    assert shop.call("PUT", "/v1/items/tee-1", data=body, content_type="application/json").status_code == 422


@pytest.mark.parametrize("digits", [400, 5000])
@pytest.mark.parametrize("body", [b'{"price": %s}', b'{"attributes": {"size": %s}}', b'{"attributes": {"size": [%s]}}'])
def test_a_number_beyond_all_bounds_is_a_422(shop: Shop, body: bytes, digits: int) -> None:
    given = body % (b"9" * digits)
    assert shop.call("PUT", "/v1/items/tee-1", data=given, content_type="application/json").status_code == 422


def test_json_nested_a_hundred_thousand_deep_is_refused(shop: Shop) -> None:
    body = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert shop.call("PUT", "/v1/items/tee-1", data=body, content_type="application/json").status_code in {400, 422}


def test_a_body_without_its_content_type_is_a_400(shop: Shop) -> None:
    assert shop.call("PUT", "/v1/items/tee-1", data=b"{}", content_type="text/plain").status_code == 400


def test_a_json_body_over_its_limit_is_a_413(shop: Shop) -> None:
    refused = shop.call("PUT", "/v1/items/tee-1", json={"title": "a" * 2**20})
    assert refused.status_code == 413
    assert refused.content_type == "application/problem+json"


def test_catalogues_do_not_see_each_other(shop: Shop, api: object) -> None:
    photo = shop.stock(tee="Tee")["tee"]
    others = shop.client.get("/v1/items/tee")
    assert others.status_code == 404
    assert shop.client.get(f"/v1/photos/{photo}").status_code == 404
    assert shop.client.get(f"/v1/photos/{photo}/image").status_code == 404
    assert shop.client.delete(f"/v1/photos/{photo}").status_code == 404
    assert shop.client.get("/v1/items?catalogue=nobodys").status_code == 404
