"""Clients that stall, leave, lie about their length or send no HTTP: others are served, and nothing is kept."""

from __future__ import annotations

import http.client
import json
import select
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import pytest

from service.door import BODIES_AT_ONCE, BODY_S, HEAD_S
from tests.hostile import encoded, noise
from tests.integration.conftest import data_folder
from tests.integration.floor import wait_until
from tests.integration.running import Running, running

pytestmark = pytest.mark.slow
STALLED = 40
HOST = b"Host: localhost\r\n"
JSON = HOST + b"Content-Type: application/json\r\n"
FORM = HOST + b"Content-Type: multipart/form-data; boundary=b\r\n"
PART = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
END = b"\r\n--b--\r\n"
POST = b"POST /v1/items/tee/photos HTTP/1.1\r\n" + FORM
PUT = b"PUT /v1/items/tee HTTP/1.1\r\n" + JSON
GET = b"GET /healthz HTTP/1.1\r\n" + HOST


@pytest.fixture(scope="module")
def service(adopted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One process, so that forty clients cannot spread."""
    data = data_folder(adopted, tmp_path_factory.mktemp("slow") / "data")
    (data.parent / "vitrine.toml").write_text("processes = 1\nmax_photo_bytes = 1048576\n")
    with running(data) as service:
        yield service
        assert list((data / "incoming").iterdir()) == []
    log = (data / "logs" / "api.log").read_text()
    assert "request_failed" not in log
    assert "Traceback" not in log


@pytest.fixture
def client(service: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=60, trust_env=False) as client:
        yield client


STALLS = {
    "nothing": b"",
    "half a head": POST[:60],
    "half a form": POST + b"Content-Length: 100000\r\n\r\n" + PART + b"abc",
    "half a JSON": PUT + b"Content-Length: 100\r\n\r\n{",
    "half a chunk": PUT + b"Transfer-Encoding: chunked\r\n\r\n50\r\n{",
    "a probe with half a body": GET + b"Content-Length: 100\r\n\r\n{",
    "a body for nobody": b"POST /v1/nothing HTTP/1.1\r\n" + JSON + b"Content-Length: 100\r\n\r\n{",
    "a stranger's body": POST.replace(b"localhost", b"example.org") + b"Content-Length: 100000\r\n\r\n",
}


@pytest.mark.parametrize("what", STALLS)
def test_forty_clients_that_stall_keep_nobody_from_being_served(
    service: Running, client: httpx.Client, what: str
) -> None:
    with _clients(service, [STALLS[what]] * STALLED):
        time.sleep(0.2)  # each has its thread now, or has been refused one
        for path in ("/healthz", "/v1/search?q=tee", "/v1/items"):
            answer = client.get(path, timeout=BODY_S / 3)  # a third of what the stalled ones would hold a thread for
            assert answer.status_code == 200, answer.text
    _is_free_again(client)


def test_a_body_that_stops_or_drips_gets_a_408_and_one_without_a_place_a_503(
    service: Running, client: httpx.Client
) -> None:
    half = STALLS["half a form"]
    with _clients(service, [half]) as (dripping,), _clients(service, [half] * STALLED) as stalled:
        answers = [_problem(_drip(dripping)), *(_problem(_rest(each)) for each in stalled)]
    statuses = [answer["status"] for answer in answers]
    assert statuses[0] == 408
    assert set(statuses) == {408, 503}
    assert statuses.count(408) == BODIES_AT_ONCE
    assert {answer["type"] for answer in answers} == {"/problems/body-too-slow", "/problems/uploads-busy"}
    assert client.get("/v1/items/tee").status_code == 404
    _is_free_again(client)


def test_a_body_that_comes_slowly_and_above_the_lowest_rate_is_taken(service: Running, client: httpx.Client) -> None:
    photo = encoded(noise(400, 300), "JPEG")

    def slowly() -> Iterator[bytes]:
        body = PART + photo + END
        for start in range(0, len(body), 4096):
            time.sleep(0.1)
            yield body[start : start + 4096]

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = client.post("/v1/items/slow/photos", content=slowly(), headers=headers)
    assert answer.status_code == 202, answer.text


def test_a_connection_that_never_asks_is_closed_and_one_kept_alive_may_ask_again(service: Running) -> None:
    with _clients(service, [b"", GET[:20]]) as silent:
        started = time.monotonic()
        for each in silent:
            assert _ends(each)
        assert time.monotonic() - started < 3 * HEAD_S
    with _clients(service, [GET + b"\r\n" + GET + b"\r\n" + GET[:-2]]) as (pipelined,):
        answers = b""
        while answers.count(b'{"status":"alive"}') < 2:
            answers += pipelined.recv(65536)
        pipelined.sendall(b"\r\nConnection: close\r\n\r\n")
        assert b"200 OK" in _rest(pipelined)


def test_clients_that_leave_in_the_middle_leave_nothing(service: Running, client: httpx.Client) -> None:
    photo = PART + encoded(noise(400, 300), "JPEG")
    for body in (photo[:2000], photo, photo + END[:4]):
        for head in (b"Content-Length: 500000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n7a120\r\n"):
            with _clients(service, [POST + head + body] * 3):
                pass
    _is_free_again(client)
    wait_until(lambda: not any((service.data / "incoming").iterdir()), 20, "no upload is left behind")
    assert client.get("/v1/items/tee").status_code == 404


LENGTHS = {
    "longer than the JSON": (PUT + b"Content-Length: 100\r\n\r\n{}", 400),
    "shorter than the JSON": (PUT + b"Content-Length: 1\r\n\r\n{}", 400),
    "longer than the form": (POST + b"Content-Length: 5000\r\n\r\n" + PART + b"x" + END, 400),
    "shorter than the form": (POST + b"Content-Length: 90\r\n\r\n" + PART + b"x" + END, 400),
    "two that agree": (PUT + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    "two that differ": (PUT + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    "one beside chunks": (PUT + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400),
    "below zero": (PUT + b"Content-Length: -2\r\n\r\n{}", 400),
    "in other digits": (PUT + "Content-Length: ٢\r\n\r\n{}".encode(), 400),
    "of more bytes than there are atoms": (PUT + b"Content-Length: " + b"9" * 80 + b"\r\n\r\n{}", 413),
    "an unknown coding": (PUT + b"Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 501),
    "chunks that are none": (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", 400),
    "a stranger's chunks that are none": (
        PUT.replace(b"localhost", b"example.org") + b"Transfer-Encoding: chunked\r\n\r\nz",
        403,
    ),
    "a chunk below zero": (PUT + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk longer than it says": (PUT + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n", 400),
    "a chunk cut short": (PUT + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", 400),
    "an endless chunk head": (
        PUT + b"Transfer-Encoding: chunked\r\n\r\n2;" + b"a" * 50_000 + b"\r\n{}\r\n0\r\n\r\n",
        400,
    ),
}


@pytest.mark.parametrize("what", LENGTHS)
def test_a_wrong_length_is_the_clients_fault_and_writes_nothing(
    service: Running, client: httpx.Client, what: str
) -> None:
    request, status = LENGTHS[what]
    assert _status(_answer(service, request)) == status
    assert client.get("/v1/items/tee").status_code == 404


def test_a_body_over_the_limit_gets_its_413_whoever_sends_it(
    service: Running, client: httpx.Client, tmp_path: Path
) -> None:
    url, headers = f"{service.url}/v1/items/tee/photos", {"Content-Type": "multipart/form-data; boundary=b"}
    for size in (3 * 2**20, 40 * 2**20):  # over a photo's limit; over the request's, which is refused unread
        body = b"".join([PART, bytes(size), END])
        for content in (body, (body[at : at + 65536] for at in range(0, len(body), 65536))):  # in chunks as well
            assert client.post(url, content=content, headers=headers).status_code == 413
        for plain in (body, iter([body])):
            with closing(http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=60)) as connection:
                connection.request("POST", "/v1/items/tee/photos", plain, headers)
                answer = connection.getresponse()
                assert (answer.status, json.loads(answer.read())["status"]) == (413, 413)
        (tmp_path / "body").write_bytes(body)
        for how in ([], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"], ["-H", "Expect:"]):
            curl = ["curl", "-sS", "-H", f"Content-Type: {headers['Content-Type']}", *how]
            said = subprocess.run(
                [*curl, "--data-binary", f"@{tmp_path / 'body'}", url], capture_output=True, check=True
            )
            assert json.loads(said.stdout)["status"] == 413
    assert client.get("/v1/items/tee").status_code == 404


@contextmanager
def _clients(service: Running, requests: Sequence[bytes]) -> Iterator[list[socket.socket]]:
    with ExitStack() as opened:
        yield [opened.enter_context(_connected(service, request)) for request in requests]


def _connected(service: Running, request: bytes) -> socket.socket:
    host, port = service.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    connection.sendall(request)
    return connection


def _answer(service: Running, request: bytes) -> bytes:
    """To a request after which nothing comes: the writing half is closed."""
    with _connected(service, request) as connection:
        connection.shutdown(socket.SHUT_WR)
        return _rest(connection)


def _rest(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def _drip(connection: socket.socket) -> bytes:
    """Send two bytes a second until there is an answer."""
    until = time.monotonic() + 3 * BODY_S
    while not select.select([connection], [], [], 0.5)[0]:
        assert time.monotonic() < until
        connection.sendall(b"x")
    return _rest(connection)


def _ends(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def _problem(answer: bytes) -> dict[str, object]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, answer
    assert b"Connection: close" in head
    problem: dict[str, object] = json.loads(body)
    return problem


def _is_free_again(client: httpx.Client) -> None:
    """Every place for a body has been given back."""
    wait_until(
        lambda: client.put("/v1/items/free", json={}).status_code in {200, 201}, 2 * BODY_S, "a body has a place again"
    )
