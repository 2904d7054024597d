"""The photo store on S3, against moto's server: the same promises as in a folder, and what only a network can do."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import s3fs
from moto.server import ThreadedMotoServer

from catalogue.errors import PhotoMissing, PhotoStoreUnreachable
from catalogue.settings import Settings
from catalogue.storage import FileKind, PhotoStore
from service import checkup
from service.app import close, create_app
from tests.integration.conftest import data_folder
from tests.integration.shop import open_shop, picture
from tests.unit.catalogue.storage_contract import ORIGINAL, OTHER, SHA256, PhotoStoreContract, fresh_name

BUCKET = "shop"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        _point_at(patch, f"http://{host}:{port}")
        s3fs.S3FileSystem(skip_instance_cache=True).mkdir(BUCKET)
    yield f"http://{host}:{port}"
    server.stop()


def _point_at(patch: pytest.MonkeyPatch, endpoint: str) -> None:
    """As an operator does, by the variables that AWS's own tools read."""
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "anybody",
        "AWS_SECRET_ACCESS_KEY": "anything",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        patch.setenv(name, value)


@pytest.fixture
def url(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    _point_at(monkeypatch, endpoint)
    return f"s3://{BUCKET}/{fresh_name()}"


@pytest.fixture
def store(url: str) -> PhotoStore:
    return PhotoStore(url)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(ORIGINAL)
    return path


class TestOnS3(PhotoStoreContract):
    @pytest.fixture
    def second(self, url: str) -> PhotoStore:
        return PhotoStore(url)


def test_each_store_has_a_client_of_its_own(url: str) -> None:
    """Else the second of the contract's stores would prove nothing about another process."""
    assert PhotoStore(url)._files._files is not PhotoStore(url)._files._files  # type: ignore[attr-defined]  # a look inside


def test_a_large_original_is_sent_in_parts_never_whole(store: PhotoStore, url: str, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(os.urandom(1 << 20) * 20)
    store.put_original(OTHER, large)
    seen = s3fs.S3FileSystem(skip_instance_cache=True).info(f"{url}/originals/{OTHER[:2]}/{OTHER}")
    assert seen["size"] == 20 << 20
    assert seen["ETag"].strip('"').endswith("-3"), "three parts of at most 8 MiB"
    store.copy_original(OTHER, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == large.read_bytes()


def test_a_bucket_that_is_not_there_is_the_houses_fault(endpoint: str, store: PhotoStore, source: Path) -> None:
    with pytest.raises(PhotoMissing):
        store.read_working(SHA256)
    misspelt = PhotoStore("s3://shpo/photos")
    for verb in (misspelt.read_working, misspelt.open_original):
        with pytest.raises(PhotoStoreUnreachable, match="bucket's name"):
            verb(SHA256)
    with pytest.raises(PhotoStoreUnreachable):
        misspelt.put_original(SHA256, source)


def test_a_server_that_is_gone_is_named_by_every_verb(
    endpoint: str, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        _point_at(monkeypatch, f"http://127.0.0.1:{free.getsockname()[1]}")
    store = PhotoStore(f"s3://{BUCKET}/photos")
    for verb in (store.has, store.read_working, store.open_original, store.delete):
        with pytest.raises(PhotoStoreUnreachable, match="try again"):
            verb(SHA256)
    with pytest.raises(PhotoStoreUnreachable):
        store.put_original(SHA256, source)


def test_a_server_that_takes_the_call_and_says_nothing_is_given_up(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frozen, or behind a firewall that swallows: the timeouts are short, and tried twice at most."""
    monkeypatch.setitem(bucket_timeouts(), "read_timeout", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=16) as mute:
        _point_at(monkeypatch, f"http://127.0.0.1:{mute.getsockname()[1]}")
        with pytest.raises(PhotoStoreUnreachable):
            PhotoStore(f"s3://{BUCKET}/photos").has_file(FileKind.WORKING, SHA256)


def bucket_timeouts() -> dict[str, object]:
    from catalogue.bucket import OPTIONS

    timeouts: dict[str, object] = OPTIONS["s3"]["config_kwargs"]
    assert timeouts["read_timeout"] == 5
    assert timeouts["connect_timeout"] == 2
    return timeouts


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(HTTPStatus.FORBIDDEN)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[PhotoStore]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Refusing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    _point_at(monkeypatch, f"http://127.0.0.1:{server.server_port}")
    yield PhotoStore(f"s3://{BUCKET}/photos")
    server.shutdown()
    thread.join()
    server.server_close()


def test_refused_credentials_are_the_houses_fault(refusing: PhotoStore) -> None:
    for verb in (refusing.has, refusing.read_working, refusing.delete):
        with pytest.raises(PhotoStoreUnreachable, match="refuses"):
            verb(SHA256)


@pytest.fixture
def server() -> Iterator[ThreadedMotoServer]:
    """A server of this test's own, to be stopped."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server
    server.stop()


def test_a_shop_on_s3_takes_and_shows_photos_and_answers_503_while_s3_is_away(
    server: ThreadedMotoServer, adopted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, port = server.get_host_and_port()
    _point_at(monkeypatch, f"http://{host}:{port}")
    s3fs.S3FileSystem(skip_instance_cache=True).makedirs(BUCKET, exist_ok=True)  # moto's servers share a memory
    data = data_folder(adopted, tmp_path / "data")
    shutil.copy(adopted / "vitrine.sqlite", data)
    settings = Settings(data=data, photos_url=f"s3://{BUCKET}/photos", threads=1, device="cpu")
    app = create_app(settings)
    try:
        shop = open_shop(app)
        photo_id = shop.stock(tee="A tee")["tee"]
        assert shop.call("GET", f"/v1/photos/{photo_id}/image", query_string={"width": 160}).status_code == 200
        assert checkup.examine(settings, shop.services.database, shop.services.photos).findings == ()
        server.stop()
        for answer in (
            shop.call("GET", f"/v1/photos/{photo_id}/image", query_string={"width": 320}),
            shop.upload("tee", picture()),
        ):
            assert (answer.status_code, answer.json["type"]) == (503, "/problems/photo-store-unreachable")  # type: ignore[index]  # it is JSON
            assert int(answer.headers["Retry-After"]) > 0
        assert shop.call("GET", "/v1/items/tee").status_code == 200, "reading goes on"
        with pytest.raises(PhotoStoreUnreachable, match="try again"):
            checkup.repair(settings, shop.services.database, shop.services.photos)
    finally:
        close(app)
