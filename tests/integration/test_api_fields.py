"""Fields over the API: what is listed and for whom, what a declaration converts, and how it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from catalogue import keys
from catalogue.catalogues import DEFAULT, ensure_catalogue
from catalogue.database import Database
from catalogue.settings import Settings
from catalogue.states import KeyScope
from indexing.errors import ViewBehind
from indexing.views import Views
from service.app import close, create_app
from tests.integration.shop import Shop

SECRET = b"the installation's own"
RESERVED = ["available", "caption", "created_at", "group", "price", "published", "sku", "title"]


def listed(shop: Shop) -> dict[str, Any]:
    """All fields by name, with everything that was written so far."""
    answer = shop.call("GET", "/v1/fields", headers={"Vitrine-Min-Seq": str(shop.seq())})
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return {field["name"]: field for field in answer.json["fields"]}


def declare(shop: Shop, name: str, type_: str) -> Any:
    return shop.call("PATCH", f"/v1/fields/{quote(name, safe='')}", json={"type": type_})


def test_fields_are_listed_with_what_they_hold(shop: Shop) -> None:
    shop.put("a", attributes={"colour": "Navy", "size": 42, "sale": True, "tags": ["new", "sale"]}, price="34.90")
    shop.put("b", attributes={"colour": "navy", "size": 42, "tags": ["SALE"]}, price=34.9, group="shirts")
    shop.put("c", attributes={"colour": "red", "size": 40.5, "tags": []}, available=False)
    shop.call("DELETE", "/v1/items/c")
    shop.put("d", attributes={"colour": "navy"}, price=5)

    fields = listed(shop)

    assert list(fields) == ["colour", "sale", "size", "tags", *RESERVED]
    assert fields["colour"] == {
        "name": "colour", "type": "string", "declared": False, "reserved": False, "cardinality": 1,
        "examples": ["navy"],
    }  # fmt: skip
    held = {name: (field["type"], field["cardinality"], field["examples"]) for name, field in fields.items()}
    assert held["size"] == ("number", 1, [42])
    assert held["sale"] == ("boolean", 1, [True])
    assert held["tags"] == ("list of strings", 2, ["SALE", "new"])  # of two spellings as common the smallest
    assert held["price"] == ("number", 2, [34.9, 5])
    assert held["group"] == ("string", 1, ["shirts"])
    assert held["available"] == ("boolean", 1, [True])
    assert [name for name, field in fields.items() if field["reserved"]] == RESERVED
    created = fields["created_at"]["examples"]
    assert fields["created_at"]["type"] == "date"
    assert created[0].endswith("Z")


def test_a_field_is_converted_and_the_answer_says_so(shop: Shop) -> None:
    before = shop.put("a", attributes={"size": "42"}).headers["ETag"]
    written = shop.put("b", attributes={"size": "7.5"}).headers["Vitrine-Seq"]

    done = declare(shop, "size", "number")

    assert done.status_code == 200
    assert done.json == {
        "name": "size", "type": "number", "declared": True, "reserved": False, "cardinality": 2, "examples": [7.5, 42],
    }  # fmt: skip
    item = shop.call("GET", "/v1/items/a")
    assert item.json is not None
    assert item.json["attributes"] == {"size": 42}
    assert item.headers["ETag"] != before
    assert int(done.headers["Vitrine-Seq"]) == int(written) + 1
    again = declare(shop, "size", "number")
    assert (again.status_code, again.json, again.headers["Vitrine-Seq"]) == (
        200, done.json, done.headers["Vitrine-Seq"],
    )  # fmt: skip


def test_values_that_cannot_be_converted_are_named_and_nothing_changes(shop: Shop) -> None:
    shop.put("a", attributes={"size": "42"})
    shop.put("b", attributes={"size": "XL"})

    refused = declare(shop, "size", "number")

    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["type"] == "/problems/field-conversion"
    assert refused.json["detail"].startswith("1 value of the field 'size' cannot be read as a number")
    assert refused.json["errors"] == [{"pointer": "/type", "detail": "The item 'b' has 'XL'."}]
    assert (listed(shop)["size"]["type"], listed(shop)["size"]["declared"]) == ("string", False)


@pytest.mark.parametrize("name", ["released", "Größe / EU", "100% cotton", "a//b", "size?", "日付"])
def test_a_new_field_is_declared_whatever_its_name(shop: Shop, name: str) -> None:
    done = declare(shop, name, "date")

    assert (done.status_code, done.json["name"]) == (201, name)
    assert listed(shop)[name] == {
        "name": name, "type": "date", "declared": True, "reserved": False, "cardinality": 0, "examples": [],
    }  # fmt: skip
    shop.put("a", attributes={name: "2026-11-21T18:03:07+02:00"})
    assert listed(shop)[name]["examples"] == ["2026-11-21T16:03:07Z"]


@pytest.mark.parametrize(
    ("name", "body", "pointer"),
    [
        ("price", {"type": "string"}, "/name"),
        ("e\u0301tat", {"type": "string"}, "/name"),
        ("x" * 129, {"type": "string"}, "/name"),
        ("size", {"type": "integer"}, "/type"),
        ("size", {}, "/type"),
        ("size", {"type": "number", "force": True}, "/force"),
    ],
)
def test_a_declaration_that_cannot_be_names_the_place(shop: Shop, name: str, body: Any, pointer: str) -> None:
    refused = shop.call("PATCH", f"/v1/fields/{quote(name, safe='')}", json=body)
    assert refused.status_code == 422
    assert refused.json is not None
    assert [fault["pointer"] for fault in refused.json["errors"]] == [pointer]


def test_an_answer_does_not_wait_for_ever_for_what_is_not_loaded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_behind(*_: Any) -> None:
        raise ViewBehind("Not yet.")

    monkeypatch.setattr(Views, "wait_for", is_behind)
    done = declare(shop, "size", "number")
    assert (done.status_code, done.json) == (
        201, {"name": "size", "type": "number", "declared": True, "reserved": False},
    )  # fmt: skip


@pytest.fixture
def locked(database: Database, tmp_path: Path) -> Iterator[FlaskClient]:
    """A service with keys, whose one catalogue has no model: fields need none."""
    database.write(lambda session: ensure_catalogue(session, DEFAULT, "EUR"))
    url = database.url.render_as_string(hide_password=False)
    app = create_app(Settings(data=tmp_path / "data", database_url=url, secret_key=SECRET.decode(), threads=1))
    yield app.test_client()
    close(app)


def bearer(database: Database, scope: KeyScope) -> dict[str, str]:
    made = database.write(lambda session: keys.create(session, SECRET, name="mine", scope=scope))
    return {"Authorization": f"Bearer {made.text}"}


def test_a_key_that_may_only_read_learns_no_value_of_an_unpublished_item(
    locked: FlaskClient, database: Database
) -> None:
    reads, writes = bearer(database, KeyScope.READ), bearer(database, KeyScope.WRITE)
    for sku, colour, published in (("a", "navy", True), ("b", "Secret", False), ("c", "Secret", False)):
        body = {"attributes": {"colour": colour}, "published": published}
        written = locked.put(f"/v1/items/{sku}", json=body, headers=writes)
        assert written.status_code == 201

    seen = {}
    for scope, key in (("read", reads), ("write", writes)):
        answer = locked.get("/v1/fields", headers={**key, "Vitrine-Min-Seq": written.headers["Vitrine-Seq"]})
        assert answer.json is not None, answer.text
        seen[scope] = {field["name"]: (field["cardinality"], field["examples"]) for field in answer.json["fields"]}

    assert (seen["read"]["colour"], seen["read"]["sku"]) == ((1, ["navy"]), (1, ["a"]))
    assert (seen["write"]["colour"], seen["write"]["sku"][0]) == ((2, ["Secret", "navy"]), 3)
    assert locked.patch("/v1/fields/colour", json={"type": "number"}, headers=writes).status_code == 403
