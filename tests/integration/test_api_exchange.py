"""What holds for every call: ids, problems, open mode, readiness; and what only a real server shows."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from catalogue import migrate
from catalogue.catalogues import ensure_catalogue
from catalogue.database import Database
from catalogue.errors import SettingsInvalid
from catalogue.settings import Settings
from service.app import close, create_app
from tests.integration.floor import ROOT, environment, wait_until
from tests.integration.shop import Shop, picture
from workers.adopt import adopt_model

PART = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'


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
        ("GET", "/v1/items:batch", 404),
        ("GET", "/v1/fields", 404),
        ("GET", "/v1", 404),
        ("GET", "/docs", 404),
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

    monkeypatch.setattr("catalogue.items.list_items", broken)
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


@pytest.fixture
def server(api: Flask, adopted: Path, tmp_path: Path) -> Iterator[int]:
    """The app under gunicorn as the supervisor starts it; yields its port."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(adopted / "vitrine.sqlite", data)
    (data / "models").symlink_to(adopted / "models")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    settings = Settings(data=data, threads=1, device="cpu", bind=("127.0.0.1", port), lease_s=2)
    command = [
        sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{port}", "--worker-class=gthread", "--threads=4",
        "--no-control-socket", "service.wsgi:app",
    ]  # fmt: skip
    env = {**environment(settings), "VITRINE_MAX_PHOTO_BYTES": "1048576"}
    with (tmp_path / "api.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(port), 60, "the server answers")
        yield port
    finally:
        process.terminate()
        assert process.wait(20) == 0
    assert "Traceback" not in (tmp_path / "api.log").read_text()


@pytest.mark.slow
def test_a_client_that_sends_too_much_gets_the_answer_and_not_a_reset(server: int) -> None:
    for size in (3 * 2**20, 40 * 2**20):  # over a photo's limit; over the request's, which is refused unread
        connection = http.client.HTTPConnection("127.0.0.1", server, timeout=30)
        body = b"".join([PART, bytes(size), b"\r\n--b--\r\n"])
        connection.request(
            "POST", "/v1/items/tee/photos", body=body, headers={"Content-Type": "multipart/form-data; boundary=b"}
        )
        answer = connection.getresponse()
        assert answer.status == 413
        assert json.loads(answer.read())["status"] == 413
        connection.close()


@pytest.mark.slow
def test_a_client_that_leaves_in_the_middle_harms_nobody(server: int) -> None:
    with socket.create_connection(("127.0.0.1", server)) as half:
        half.sendall(
            b"POST /v1/items/tee/photos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n" + PART + b"abc"
        )
        time.sleep(0.2)
    connection = http.client.HTTPConnection("127.0.0.1", server, timeout=30)
    connection.request("GET", "/v1/items/tee", headers={"Accept": "application/json"})
    assert connection.getresponse().status == 404
    connection.close()


@pytest.mark.slow
def test_uploads_in_chunks_of_unknown_length_are_taken(server: int) -> None:
    parts = [PART, picture(), b"\r\n--b--\r\n"]
    connection = http.client.HTTPConnection("127.0.0.1", server, timeout=60)
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Transfer-Encoding": "chunked"}
    connection.request("POST", "/v1/items/tee/photos", body=iter(parts), headers=headers, encode_chunked=True)
    answer = connection.getresponse()
    assert answer.status == 202, answer.read()
    connection.close()


@pytest.mark.slow
def test_chunks_that_are_none_are_the_clients_fault(server: int) -> None:
    put = "PUT /v1/items/tee HTTP/1.1\r\nContent-Type: application/json"
    post = "POST /v1/items/tee/photos HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b"
    for call in (put, post):
        for host, status in (("localhost", 400), ("example.org", 403)):
            for body in ("zz\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n", "2\r\n{}XX0\r\n\r\n"):
                head = f"{call}\r\nHost: {host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                with socket.create_connection(("127.0.0.1", server), timeout=30) as broken:
                    broken.sendall((head + body).encode())
                    answer = broken.makefile("rb").read().decode()
                assert answer.startswith(f"HTTP/1.1 {status}"), answer
                assert "application/problem+json" in answer


def _answers(port: int) -> bool:
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
    except OSError:
        return False
