"""Tricks with heads, addresses and forms: each is refused by a status below 500, and nothing comes of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.hostile import encoded, noise
from tests.integration.conftest import data_folder
from tests.integration.running import Running, running

pytestmark = pytest.mark.slow
HOST = b"Host: localhost\r\n"
GET = b"GET /healthz HTTP/1.1\r\n" + HOST
BODY = b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
PHOTO = encoded(noise(64, 48), "JPEG")


@pytest.fixture(scope="module")
def service(adopted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = data_folder(adopted, tmp_path_factory.mktemp("strange") / "data")
    with running(data) as service:
        yield service
        assert list((data / "incoming").iterdir()) == []
        assert not any(data.parent.rglob("*passwd*"))
    log = (data / "logs" / "api.log").read_text()
    assert "request_failed" not in log
    assert "Traceback" not in log


@pytest.fixture
def client(service: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=60, trust_env=False) as client:
        yield client


HEADS = {
    "a header too long": (GET + b"X: " + b"a" * 9000 + b"\r\n\r\n", 431),
    "two hundred headers": (GET + b"".join(b"X%d: a\r\n" % number for number in range(200)) + b"\r\n", 431),
    "a head without end": (GET + b"X: " + b"a" * 40_000, 400),
    "NUL in a header": (GET + b"X: a\0b\r\n\r\n", 400),
    "a carriage return in a header": (GET + b"X-Request-Id: a\rSet-Cookie: b\r\n\r\n", 400),
    "a space before the colon": (GET + b"X : a\r\n\r\n", 400),
    "a folded header": (GET + b"X: a\r\n b\r\n\r\n", 400),
    "two hosts": (GET + b"Host: example.org\r\n\r\n", 400),
    "no such version": (b"GET /healthz HTTP/3.7\r\n" + HOST + b"\r\n", 400),
    "no version": (b"GET /healthz\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(500), 400),
    "an address too long": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "an unknown expectation": (b"PUT /v1/items/a HTTP/1.1\r\n" + HOST + b"Expect: magic\r\n" + BODY, 417),
    "no such method": (b"BREW /v1/items HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    "a tunnel": (b"CONNECT example.org:443 HTTP/1.1\r\n" + HOST + b"\r\n", 404),
    "a trace": (b"TRACE /v1/items HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    "another method in a header": (b"POST /v1/items/a HTTP/1.1\r\nX-HTTP-Method-Override: PUT\r\n" + HOST + BODY, 405),
    "a number of 400 digits": (
        b"GET /v1/search HTTP/1.1\r\n" + HOST + b"Vitrine-Min-Seq: " + b"9" * 400 + b"\r\n\r\n",
        422,
    ),
    "an ETag cut short": (b'PUT /v1/items/a HTTP/1.1\r\nIf-Match: "\xff\r\n' + HOST + BODY, 412),
    "a path of the client's own": (GET + b"SCRIPT_NAME: /x\r\nPATH_INFO: /y\r\n\r\n", 200),
    "half an upgrade": (GET + b"Upgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", 200),
    "preferences that are none": (
        GET + b"Accept: a/b;q=zz,,;\r\nAccept-Language: \xff;q=nan\r\nCookie: ;;=\xff\r\n\r\n",
        200,
    ),
    "ranges": (GET + b"Range: bytes=0-1,5-6,0-\r\n\r\n", 200),
}


@pytest.mark.parametrize("what", HEADS)
def test_a_strange_head_is_refused_or_ignored(service: Running, what: str) -> None:
    request, status = HEADS[what]
    assert int(_answer(service, request).split(b" ", 2)[1]) == status


def test_garbage_after_a_request_is_not_taken_for_a_part_of_it(service: Running) -> None:
    answer = _answer(service, GET + b"\r\n" + b"\0\xffgarbage\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.count(b"HTTP/1.1 400") == 1


@pytest.mark.parametrize("sku", ["a%0d%0aSet-Cookie:%20x=1", "%00", "..", ".", "%2e%2e", "a" * 129, "a%ff", "a%7f", ""])
def test_a_sku_that_is_none_is_refused_and_reaches_no_header(service: Running, client: httpx.Client, sku: str) -> None:
    for line in (f"PUT /v1/items/{sku} HTTP/1.1\r\n", f"POST /v1/items/{sku}/photos HTTP/1.1\r\n"):
        answer = _answer(service, line.encode() + HOST + BODY)
        assert answer.split(b" ", 2)[1] in {b"404", b"405", b"415", b"422"}, answer
        assert b"\r\nSet-Cookie" not in answer
    assert client.get("/v1/items").json()["items"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/items/../../etc/passwd", "/v1/photos/%2e%2e%2f%2e%2e%2fetc%2fpasswd/image", "/static/../../../etc/passwd",
        "/static/%2e%2e/%2e%2e/settings.py", "/static/%2fetc%2fpasswd", "//v1//items", "/v1/items/%00", "/%",
        "/v1/items/%zz", "/v1/photos/00000000-0000-0000-0000-000000000000%0a/image", "/" + "a/" * 4000,
        "/problems/../../catalogue/errors.py",
    ],
)  # fmt: skip
def test_a_path_that_leads_out_leads_nowhere(service: Running, path: str) -> None:
    answer = _answer(service, f"GET {path} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
    assert answer.split(b" ", 2)[1] in {b"404", b"422"}, answer
    assert b"root:" not in answer
    assert b"import " not in answer


def _part(name: str = "photo", filename: str | None = "a.jpg", content: bytes = PHOTO) -> bytes:
    said = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
    return b"--b\r\nContent-Disposition: " + said.encode() + b"\r\n\r\n" + content + b"\r\n"


END = b"--b--\r\n"
FORMS = {
    "ten thousand parts": (b"".join([_part(content=b"x")] * 10_000) + END, 413),
    "ten thousand texts": (b"".join([_part(f"t{number}", None, b"x") for number in range(10_000)]) + END, 413),
    "eleven photos": (b"".join([_part()] * 11) + END, 422),
    "a form in a form": (_part(content=b"--c\r\n\r\nx\r\n--c--") + END, 415),
    "a field name of a megabyte": (_part("n" * 2**20) + END, 413),
    "a text of two megabytes": (_part("query", None, b"x" * 2**21) + END, 413),
    "no end": (_part(), 400),
    "no part": (END, 422),
    "nothing": (b"", 400),
    "a part without a name": (b'--b\r\nContent-Disposition: form-data; filename="a"\r\n\r\nx\r\n' + END, 422),
    "a part without a disposition": (b"--b\r\nContent-Type: image/jpeg\r\n\r\nx\r\n" + END, 400),
    "a disposition that is none": (b"--b\r\nContent-Disposition: ;;=\xff\r\n\r\nx\r\n" + END, 400),
    "an attachment": (b'--b\r\nContent-Disposition: attachment; filename="a"\r\n\r\nx\r\n' + END, 422),
    "a name in another coding": (_part("ph\udcffoto".encode("utf-8", "surrogateescape").decode("latin-1")) + END, 422),
    "a photo that is a text": (_part(filename=None) + END, 422),
    "a transfer encoding": (b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n'
                            b"Content-Transfer-Encoding: base64\r\n\r\neA==\r\n" + END, 415),
}  # fmt: skip


@pytest.mark.parametrize("what", FORMS)
def test_a_strange_form_is_refused_and_makes_no_item(client: httpx.Client, what: str) -> None:
    body, status = FORMS[what]
    answer = client.post(
        "/v1/items/tee/photos", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.text[
        :300
    ]
    assert client.get("/v1/items/tee").status_code == 404


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "b" * 5000,
             "multipart/form-data; boundary=\xe9", "multipart/mixed; boundary=b", "image/jpeg", ";;;", "text/plain"],
)  # fmt: skip
def test_a_form_of_another_kind_or_boundary_is_refused(client: httpx.Client, kind: str) -> None:
    headers = {b"Content-Type": kind.encode("latin-1")}
    answer = client.post("/v1/items/tee/photos", content=_part() + END, headers=headers)
    assert answer.status_code in {400, 415}, answer.text
    assert client.get("/v1/items/tee").status_code == 404


@pytest.mark.parametrize(
    "name", ["../../../../tmp/passwd", "/etc/passwd", "..\\..\\passwd", "a\0b", "a" * 9000, "CON", "\u202egpj.exe"]
)
def test_a_files_name_names_nothing_here(client: httpx.Client, name: str) -> None:
    sku = f"named-{abs(hash(name))}"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = client.post(f"/v1/items/{sku}/photos", content=_part(filename=name) + END, headers=headers)
    assert answer.status_code in {200, 202}, answer.text
    assert name not in answer.text
    assert client.delete(f"/v1/items/{sku}").status_code == 204


def _answer(service: Running, request: bytes) -> bytes:
    """All that comes back until the service closes, which half a connection makes it do."""
    host, port = service.url.removeprefix("http://").split(":")
    with closing(socket.create_connection((host, int(port)), timeout=60)) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))
