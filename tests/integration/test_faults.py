"""What the house stands on goes away under it: the disk fills up, the broker is gone or emptied, the database dies."""

from __future__ import annotations

import io
import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image

from catalogue import migrate
from catalogue.catalogues import ensure_catalogue
from catalogue.database import Database
from catalogue.settings import Settings
from tests.databases import Prepared
from tests.integration.conftest import data_folder
from tests.integration.floor import LEASE_S, picture, wait_until
from tests.integration.running import free_port
from tests.integration.site import Site, opened
from tests.servers import Postgres, Valkey, postgres, valkey
from workers.adopt import adopt_model

pytestmark = pytest.mark.slow
DISK_BYTES = 48 * 2**20
BACK_WITHIN_S = 60
NUMBERS = itertools.count()


# A full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that a test can fill."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0755", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a small disk: the tests of a full disk DID NOT RUN")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(disk: Path, *, but_bytes: int) -> Iterator[None]:
    """All room is taken but so many bytes, until the block ends."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - but_bytes)
    yield
    ballast.unlink()


def test_a_full_disk_refuses_uploads_with_507_loses_nothing_and_heals_by_itself(
    stocked: Prepared, adopted: Path, small_disk: Path
) -> None:
    data = data_folder(adopted, small_disk / "data")
    with stocked.copied(data) as url, opened(_settings(data, database_url=url)) as site:
        accepted = {"first"}
        assert site.upload("first", large_picture()).status_code == 202
        site.wait_for_photos(accepted)
        with filled(small_disk, but_bytes=3 * 2**20):
            refused = _upload_until_refused(site, accepted)
            assert refused.headers["Content-Type"] == "application/problem+json"
            assert refused.json()["type"] == "/problems/storage-full"
            _drain(small_disk)
            assert site.upload("one more", large_picture()).status_code == 507
            assert site.search().status_code == 200
            image = site.item("first")["photos"][0]["image"]
            assert site.http.get(image).status_code == 200
            assert site.is_ready()
            assert any("disk" in line for line in site.http.get("/readyz").json()["degraded"])
        (small_disk / "rest").unlink()
        site.wait_for_photos(accepted)
        assert site.upload("one more", large_picture()).status_code == 202
        site.wait_for_photos({"one more"})
        wait_until(lambda: site.found() >= accepted | {"one more"}, BACK_WITHIN_S, "all are found")
        assert not list((data / "incoming").iterdir()), "what was refused leaves nothing behind"


def _upload_until_refused(site: Site, accepted: set[str]) -> httpx.Response:
    for number in range(100):
        answer = site.upload(f"sku-{number}", large_picture())
        if answer.status_code != 202:
            assert answer.status_code == 507, answer.text
            return answer
        accepted.add(f"sku-{number}")
    raise AssertionError("the disk never filled up")


def large_picture() -> bytes:
    """Some 300 kB that no other has."""
    out = io.BytesIO()
    Image.effect_noise((800, 600), 60).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def _drain(disk: Path) -> None:
    """Take the last bytes too, so that the worker can write nothing either."""
    with (disk / "rest").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(b"\0" * 4096)


# Without broker or database


@pytest.fixture(scope="module")
def database_server() -> Iterator[Postgres]:
    with postgres() as server:
        server.execute("CREATE DATABASE vitrine")
        yield server


@pytest.fixture(scope="module")
def broker() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


@pytest.fixture(scope="module")
def site(
    database_server: Postgres, broker: Valkey, adopted: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A shop on servers of its own, which a test may harm and must mend again."""
    data = data_folder(adopted, tmp_path_factory.mktemp("faults") / "data")
    settings = _settings(data, database_url=database_server.url("vitrine"), broker_url=broker.url)
    database = Database(settings.database_url)
    migrate.upgrade(database)
    database.write(lambda session: ensure_catalogue(session, "default", "EUR"))
    adopt_model(settings, database)
    database.close()
    with opened(settings) as site:
        yield site


def test_without_a_broker_uploads_are_accepted_and_caught_up_later(site: Site, broker: Valkey) -> None:
    broker.stop(signal.SIGKILL)
    skus = _upload_some(site, 5)
    assert site.is_ready()
    broker.start()
    site.wait_for_photos(skus)


def test_a_frozen_broker_holds_up_no_upload(site: Site, broker: Valkey) -> None:
    broker.send(signal.SIGSTOP)
    skus = _upload_some(site, 5)
    broker.send(signal.SIGCONT)
    site.wait_for_photos(skus)


def test_all_is_ready_in_the_end_though_the_broker_is_emptied_during_the_import(site: Site, broker: Valkey) -> None:
    skus = set()
    for _ in range(10):
        skus |= _upload_some(site, 2)
        broker.flush()
    site.wait_for_photos(skus)


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_without_the_database_there_is_503_and_never_a_stale_answer_and_it_comes_back_by_itself(
    site: Site, database_server: Postgres, how: str
) -> None:
    skus = _upload_some(site, 3)
    wait_until(lambda: site.found() >= skus, BACK_WITHIN_S, "all are found")
    with _without(database_server, how):
        one = sorted(skus)[0]
        for answer in (
            site.search(),
            site.search(""),
            site.http.get(f"/v1/items/{one}"),
            site.http.get(f"/v1/items/{one}/similar"),
            site.http.delete(f"/v1/items/{one}"),
            site.upload("late", picture(next(NUMBERS))),
        ):
            assert answer.status_code == 503, answer.text
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.headers["Retry-After"].isdecimal()
        assert site.http.get("/readyz").status_code == 503
        assert site.http.get("/healthz").status_code == 200, "restarting this process would not help"
    wait_until(site.is_ready, BACK_WITHIN_S, "it is ready again")
    skus |= _upload_some(site, 2)
    site.wait_for_photos(skus)
    wait_until(lambda: site.found() >= skus, BACK_WITHIN_S, "all are found again")


@contextmanager
def _without(server: Postgres, how: str) -> Iterator[None]:
    assert server.process is not None
    if how == "killed":
        server.stop(signal.SIGKILL)
        yield
        server.start()
        return
    first = psutil.Process(server.process.pid)
    frozen = [first, *first.children(recursive=True)]
    for process in frozen:
        process.suspend()
    yield
    for process in frozen:
        process.resume()


def _upload_some(site: Site, count: int) -> set[str]:
    numbers = [next(NUMBERS) for _ in range(count)]
    for number in numbers:
        answer = site.upload(f"sku-{number}", picture(number))
        assert answer.status_code == 202, answer.text
    return {f"sku-{number}" for number in numbers}


def _settings(data: Path, *, database_url: str, broker_url: str = "") -> Settings:
    return Settings(
        data=data, database_url=database_url, broker_url=broker_url, bind=("127.0.0.1", free_port()),
        lease_s=LEASE_S, threads=1, device="cpu", processes=1,
    )  # fmt: skip
