"""What holds for every call: ids, problems, open mode, readiness."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from catalogue import migrate
from catalogue.catalogues import ensure_catalogue
from catalogue.database import Database
from catalogue.errors import SettingsInvalid
from catalogue.settings import Settings
from service.app import close, create_app
from tests.integration.floor import wait_until
from tests.integration.shop import Shop
from workers.adopt import adopt_model


def test_a_sane_request_id_is_kept_and_any_other_replaced(shop: Shop) -> None:
    kept = shop.client.get("/healthz", headers={"X-Request-Id": "order-42.a"})
    assert kept.headers["X-Request-Id"] == "order-42.a"
    for strange in ("a b", "x" * 200, "", "é"):
        made = shop.client.get("/healthz", headers={"X-Request-Id": strange})
        assert re.fullmatch(r"[0-9a-f]{32}", made.headers["X-Request-Id"])


def test_a_problem_names_the_request_and_is_never_a_page(shop: Shop) -> None:
    for method, path, status in (
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/items/", 404),
        ("GET", "/v1//items", 404),
        ("DELETE", "/v1/search", 405),
        ("GET", "/v1/items:batch", 405),
        ("GET", "/v1/recommend", 404),
        ("GET", "/v1", 404),
        ("GET", "/nothing", 404),
    ):
        accept = "text/html" if path.startswith("/v1") else "application/json"
        answer = shop.client.open(path, method=method, headers={"Accept": accept, "X-Request-Id": "r-1"})
        assert answer.status_code == status, path
        assert answer.content_type == "application/problem+json"
        assert answer.json is not None
        assert set(answer.json) == {"type", "title", "status", "detail", "instance"}
        assert answer.json["instance"] == "r-1"
        assert answer.json["status"] == status
    assert "GET" in shop.client.delete("/v1/search").headers["Allow"]


def test_an_answer_without_a_body_is_no_page(shop: Shop) -> None:
    options = shop.client.options("/v1/items")
    assert options.status_code == 200
    assert "GET" in options.headers["Allow"]
    assert "Content-Type" not in options.headers


def test_an_address_in_another_encoding_is_refused_and_makes_no_item(shop: Shop) -> None:
    latin = shop.client.put("/v1/items/x", json={}, environ_overrides={"PATH_INFO": "/v1/items/caf\xe9"})
    assert latin.status_code == 422
    assert "UTF-8" in latin.text
    assert shop.client.get("/v1/search?q=caf%E9").status_code == 422
    assert shop.client.get("/v1/search?q=caf%C3%A9").status_code == 200


def test_an_address_with_nul_is_refused_as_in_json(shop: Shop) -> None:
    for address in ("/v1/items/a%00", "/v1/photos/%00", "/v1/search?q=%00", "/v1/items?catalogue=%00", "/items/%00"):
        refused = shop.client.get(address)
        assert refused.status_code == 422, address
        assert "NUL" in refused.text


def test_something_unexpected_is_a_500_without_its_trace(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("catalogue.listing.list_items", broken)
    answer = shop.call("GET", "/v1/items")
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert "secret" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "127.8.9.1", "[::1]:80", "LOCALHOST"])
def test_this_machines_own_names_pass(shop: Shop, host: str) -> None:
    assert shop.client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["example.org", "localhost.example.org", "127.0.0.1.example.org", "[::2]", "10.0.0.1", "a@localhost", "0"]
)
def test_a_foreign_host_is_a_403_for_reading_too(shop: Shop, host: str) -> None:
    answer = shop.client.get("/v1/items", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.content_type == "application/problem+json"


def test_writes_from_another_origin_are_a_403_and_curl_passes(shop: Shop) -> None:
    same = {"Host": "localhost:8000", "Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"}
    for headers, status in (
        ({}, 200),
        (same, 200),
        ({"Host": "localhost:8000", "Origin": "http://localhost:9000"}, 403),
        ({"Host": "localhost:8000", "Origin": "https://localhost:8000"}, 403),
        ({"Origin": "https://example.org"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 200),
    ):
        shop.put("tee")
        assert shop.call("PUT", "/v1/items/tee", json={}, headers=headers).status_code == status, headers
        assert shop.call("GET", "/v1/items/tee", headers={**headers}).status_code == 200, headers


@pytest.mark.parametrize("host", ["192.168.1.2", "::", "shop.example.org", ""])
def test_without_keys_it_refuses_to_start_on_an_address_that_others_reach(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsInvalid, match="without keys"):
        create_app(Settings(data=tmp_path, bind=(host, 8000)))


def test_readyz_says_what_is_missing_and_then_that_it_is_ready(adopted: Path, tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(adopted / "models")
    settings = Settings(data=tmp_path, threads=1, device="cpu")
    app = create_app(settings)
    client = app.test_client()
    try:
        wait_until(lambda: "revision" in client.get("/readyz").text, 20, "the missing schema is named")
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        database = Database(settings.database_url)
        migrate.upgrade(database)
        database.write(lambda session: ensure_catalogue(session, "default", "EUR"))
        wait_until(lambda: "no model" in client.get("/readyz").text, 20, "the missing model is named")
        adopt_model(settings, database)
        database.close()
        wait_until(lambda: client.get("/readyz").status_code == 200, 60, "ready")
        ready = client.get("/readyz").json
        assert ready is not None
        assert ready["device"] is None  # no photo was searched yet, so no torch is loaded
        assert [line for line in ready["degraded"] if line.startswith("workers silent")]
        assert set(ready) == {"status", "device", "degraded"}  # anybody may ask: no machine's name, no count of writes
    finally:
        close(app)


def test_without_sql_there_is_a_503_and_never_an_older_answer(adopted: Path, tmp_path: Path) -> None:
    shutil.copy(adopted / "vitrine.sqlite", tmp_path)
    (tmp_path / "models").symlink_to(adopted / "models")
    app = create_app(Settings(data=tmp_path, threads=1, device="cpu"))
    client = app.test_client()
    try:
        wait_until(lambda: client.get("/readyz").status_code == 200, 60, "ready")
        assert client.put("/v1/items/tee", json={"title": "tee"}).status_code == 201
        assert client.get("/v1/search").status_code == 200
        app.extensions["vitrine"].database.close()
        for left in tmp_path.glob("vitrine.sqlite*"):
            left.rename(left.with_name(f"away-{left.name}"))
        (tmp_path / "vitrine.sqlite").mkdir()
        for path in ("/v1/search", "/v1/search?q=tee", "/v1/items/tee", "/readyz"):
            answer = client.get(path)
            assert answer.status_code == 503, (path, answer.text)
            assert answer.headers["Retry-After"]
    finally:
        close(app)
