"""The client against a small real server that is busy, goes away, comes back, or is something else."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from service.client import Client, Refusal, ServiceUnreachable, Written
from tests.integration.running import free_port

Answer = tuple[int, dict[str, str], str]


@contextmanager
def serving(port: int, answers: list[Answer], tls: ssl.SSLContext | None = None) -> Iterator[list[tuple[str, str]]]:
    """Give `answers` in turn, the last one for ever; yields what was asked."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            asked.append((self.command, self.path))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_PUT = do_PATCH = do_POST = _answer  # noqa: N815 - the base class looks for these names

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", port), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()


def problem(status: int, code: str, detail: str, **more: object) -> Answer:
    return status, {}, json.dumps({"type": f"/problems/{code}", "status": status, "detail": detail, **more})


OK: Answer = (200, {}, '{"sku": "tee-1"}')
BUSY: Answer = (503, {"Retry-After": "0"}, '{"type": "/problems/model-busy", "detail": "Busy."}')


def client(port: int, patience_s: float = 10.0) -> Client:
    return Client(f"http://127.0.0.1:{port}", patience_s=patience_s)


def test_a_busy_service_is_asked_again() -> None:
    port = free_port()
    with serving(port, [BUSY, BUSY, OK]) as asked, client(port) as asking:
        assert asking.item("tee-1") == {"sku": "tee-1"}
        assert len(asked) == 3


def test_patience_ends_with_what_the_service_said() -> None:
    port = free_port()
    with serving(port, [BUSY]), client(port, patience_s=0) as asking, pytest.raises(Refusal, match="Busy") as raised:
        asking.item("tee-1")
    assert raised.value.status == 503


def test_a_service_that_was_never_there_is_said_at_once() -> None:
    with client(free_port(), patience_s=600) as asking, pytest.raises(ServiceUnreachable, match="vitrine up"):
        asking.item("tee-1")


def test_a_certificate_that_nobody_vouches_for_is_said_and_one_that_is_named_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = str(tmp_path / "tls.crt"), str(tmp_path / "tls.key")
    made = ["-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", "req", "-x509", *made, "-keyout", key, "-out", certificate], check=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    port = free_port()
    with serving(port, [OK], context):
        with Client(f"https://127.0.0.1:{port}") as client, pytest.raises(ServiceUnreachable, match="not trusted"):
            client.item("tee-1")
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
        with Client(f"https://127.0.0.1:{port}") as client:
            assert client.item("tee-1") == {"sku": "tee-1"}


def test_a_service_that_restarts_is_waited_for() -> None:
    port = free_port()
    with client(port, patience_s=30) as asking:
        with serving(port, [OK]):
            asking.item("tee-1")
        answers: list[object] = []
        waiting = threading.Thread(target=lambda: answers.append(asking.item("tee-1")))
        waiting.start()
        with serving(port, [OK]):
            waiting.join(30)
        assert answers == [{"sku": "tee-1"}]


def test_closing_ends_a_wait() -> None:
    port = free_port()
    asking = client(port, patience_s=600)
    raised: list[BaseException] = []

    def ask() -> None:
        try:
            asking.item("tee-1")
        except ServiceUnreachable as error:
            raised.append(error)

    with serving(port, [OK]):
        asking.item("tee-1")
    waiting = threading.Thread(target=ask)
    waiting.start()
    time.sleep(0.3)
    asking.close()
    waiting.join(30)

    assert len(raised) == 1


def test_a_refusal_says_the_problems_sentence_and_each_fault() -> None:
    port = free_port()
    faults = [{"pointer": "/price", "detail": "price is 'cheap'."}]
    said = re.escape("The item is wrong. /price: price is 'cheap'.")
    with (
        serving(port, [problem(422, "invalid-input", "The item is wrong.", errors=faults)]),
        client(port) as asking,
        pytest.raises(Refusal, match=f"^{said}$") as raised,
    ):
        asking.write_item("tee-1", {"price": "cheap"})
    assert raised.value.problem_code == "invalid-input"


def answers(*lines: dict[str, object]) -> Answer:
    return 200, {}, "".join(json.dumps(line) + "\n" for line in lines)


def written(sku: str, *, changed: bool = True) -> dict[str, object]:
    return {"sku": sku, "status": 200, "changed": changed, "seq": 7}


def test_a_batch_says_of_each_line_what_became_of_it() -> None:
    port = free_port()
    refused: dict[str, object] = {"type": "/problems/field-type", "status": 422, "detail": "No.", "sku": "b", "line": 2}
    with serving(port, [answers(written("a"), refused, written("c", changed=False))]) as asked, client(port) as asking:
        one, two, three = asking.write_items([b'{"sku": "a"}', b'{"sku": "b"}', b'{"sku": "c"}'])

    assert asked == [("POST", "/v1/items:batch")]
    assert (one, three) == (Written(changed=True), Written(changed=False))
    assert isinstance(two, Refusal)
    assert (two.status, str(two)) == (422, "No.")


def test_a_line_that_came_at_a_bad_moment_is_sent_again_with_all_that_follow_it() -> None:
    port = free_port()
    busy: dict[str, object] = {
        "type": "/problems/database-busy",
        "status": 503,
        "detail": "Busy.",
        "sku": "b",
        "line": 2,
    }
    turns = [answers(written("a"), busy, written("c")), answers(written("b", changed=False), written("c"))]
    with serving(port, turns) as asked, client(port) as asking:
        outcomes = asking.write_items([b'{"sku": "a"}', b'{"sku": "b"}', b'{"sku": "c"}'])
        assert len(asked) == 2

    assert outcomes == [Written(changed=True), Written(changed=False), Written(changed=True)]


@pytest.mark.parametrize(("status", "patience_s"), [(507, 600.0), (503, 0.0)])
def test_a_service_that_can_write_nothing_ends_the_batch_instead_of_failing_its_lines(
    status: int, patience_s: float
) -> None:
    port = free_port()
    kept: dict[str, object] = {"type": "/problems/storage-full", "status": status, "detail": "Disk full.", "line": 2}
    with serving(port, [answers(written("a"), kept, kept)]) as asked, client(port, patience_s) as asking:
        with pytest.raises(ServiceUnreachable, match="Disk full"):
            asking.write_items([b'{"sku": "a"}', b'{"sku": "b"}', b'{"sku": "c"}'])
        assert len(asked) == 1


def test_a_batch_that_is_not_answered_line_by_line_is_no_vitrines() -> None:
    port = free_port()
    for answer in (answers(written("a")), (200, {}, "<html>\n<html>\n")):
        with serving(port, [answer]), client(port) as asking, pytest.raises(ServiceUnreachable, match="does not speak"):
            asking.write_items([b"{}", b"{}"])
        port = free_port()


@pytest.mark.parametrize("sku", ["", ".", "..", "a/b", "\udcff"])
def test_a_sku_that_would_be_another_address_is_refused_unsent(sku: str) -> None:
    with client(free_port()) as asking:
        for ask in (asking.item, lambda sku: asking.similar(sku, limit=1)):
            with pytest.raises(Refusal, match="slash"):
                ask(sku)
        assert "slash" in str(asking.upload(sku, [b"photo"]).refused[0])


@pytest.mark.parametrize("body", ["<html>hello", "[]"])
def test_something_that_is_no_vitrine_is_said_so(body: str) -> None:
    port = free_port()
    with (
        serving(port, [(200, {}, body)]),
        client(port) as asking,
        pytest.raises(ServiceUnreachable, match="does not speak Vitrine's API"),
    ):
        asking.item("tee-1")


def test_a_refused_photo_leaves_its_neighbours_accepted() -> None:
    port = free_port()
    answer = {"photos": [{"id": "7"}, {"type": "/problems/not-a-photo", "status": 415, "detail": "No photo."}]}
    with serving(port, [(202, {}, json.dumps(answer))]), client(port) as asking:
        upload = asking.upload("tee-1", [b"one", b"two"])

    assert {place: photo["id"] for place, photo in upload.accepted.items()} == {0: "7"}
    assert {place: str(refusal) for place, refusal in upload.refused.items()} == {1: "No photo."}


def test_more_photos_than_a_request_takes_go_in_several() -> None:
    port = free_port()
    ten, two = ({"photos": [{"id": "7"}] * number} for number in (10, 2))
    with serving(port, [(202, {}, json.dumps(ten)), (202, {}, json.dumps(two))]) as asked, client(port) as asking:
        assert len(asking.upload("tee-1", [b"same"] * 12).accepted) == 12
        assert len(asked) == 2
