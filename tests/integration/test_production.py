"""The containers' own commands, as docker-compose.yml has them, over a real PostgreSQL and a real broker."""

from __future__ import annotations

import secrets
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests import compose
from tests.integration.floor import picture, wait_until
from tests.integration.running import bare_environment, free_port
from tests.servers import Valkey, postgres, valkey
from workers.children import VITRINE

pytestmark = pytest.mark.slow
READY_WITHIN_S, WORKED_WITHIN_S, STOPS_WITHIN_S = 90.0, 60.0, 30.0
ADMIN_KEY = f"vt_live_{uuid4().hex}_{secrets.token_hex(24)}"


@dataclass(frozen=True)
class Host:
    """One machine that runs the containers' commands: its folder, ports and secrets in place of theirs."""

    folder: Path
    urls: Mapping[str, str]
    address: str
    metrics: str

    def environment(self, service: str) -> dict[str, str]:
        """The service's own, as the compose file gives it, with this machine's values."""
        here = {
            "VITRINE_DATA": str(self.folder / "data"),
            "VITRINE_BIND": self.address,
            "VITRINE_METRICS_BIND": self.metrics,
        }
        given = compose.service(service)["environment"]
        named = {name: here.get(name, self._secret(value)) for name, value in given.items()}
        return bare_environment() | named | {"VITRINE_THREADS": "1"}

    def run(self, service: str) -> subprocess.CompletedProcess[str]:
        """The service's command, to its end."""
        return self._run(service, compose.service(service)["command"])

    def is_well(self, service: str) -> bool:
        """What the container's health check says."""
        kind, *command = compose.service(service)["healthcheck"]["test"]
        assert kind == "CMD"
        return self._run(service, command).returncode == 0

    @contextmanager
    def running(self, service: str) -> Iterator[None]:
        """The service's command until the block ends; it has to end by itself when it is told to."""
        with (self.folder / f"{service}.log").open("ab") as log:
            process = subprocess.Popen(
                _here(compose.service(service)["command"]), cwd=self.folder, env=self.environment(service),
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            yield
        except BaseException:
            process.kill()
            raise
        process.terminate()
        assert process.wait(STOPS_WITHIN_S) == 0, (self.folder / f"{service}.log").read_text()[-3000:]

    def _run(self, service: str, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            _here(command), cwd=self.folder, env=self.environment(service), capture_output=True, text=True, check=False
        )

    def _secret(self, value: str) -> str:
        """A secret's file is this machine's own; any other value stays."""
        folder, _, name = value.rpartition("/")
        if folder != "/run/secrets":
            return value
        file = self.folder / name
        file.write_text(self.urls.get(name, ADMIN_KEY if name == "admin_key" else "a secret of this test alone"))
        return str(file)


def _here(command: Sequence[str]) -> list[str]:
    assert command[0] == "vitrine"
    return [*VITRINE, *command[1:]]


@dataclass(frozen=True)
class Shop:
    """The running service, with an admin's key, and the broker that it rings by."""

    http: httpx.Client
    broker: Valkey
    host: Host

    def upload(self, sku: str, number: int) -> httpx.Response:
        return self.http.post(f"/v1/items/{sku}/photos", files={"photo": ("a.jpg", picture(number))})

    def photo(self, sku: str) -> dict[str, Any]:
        (photo,) = self.http.get(f"/v1/items/{sku}").raise_for_status().json()["photos"]
        read: dict[str, Any] = photo
        return read

    def wait_until_ready(self, *skus: str) -> None:
        for sku in skus:
            wait_until(lambda: self.photo(sku)["state"] == "ready", WORKED_WITHIN_S, f"{sku} is ready")  # noqa: B023

    def found(self, path: str, seq: int, **query: str) -> set[str]:
        answer = self.http.get(path, params=query, headers={"Vitrine-Min-Seq": str(seq)})
        return {hit["sku"] for hit in answer.raise_for_status().json()["hits"]}


@pytest.fixture(scope="module")
def shop(adopted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("host")
    (folder / "data").mkdir()
    (folder / "data" / "models").symlink_to(adopted / "models")  # the export alone would take seconds
    with ExitStack() as until_the_end:
        database = until_the_end.enter_context(postgres())
        database.execute("CREATE DATABASE vitrine")
        broker = until_the_end.enter_context(valkey())
        urls = {"database_url": database.url("vitrine"), "broker_url": broker.url}
        ports = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        host = Host(folder, urls, *ports)
        for _ in range(2):  # as after an upgrade, when it has been run before
            prepared = host.run("prepare")
            assert prepared.returncode == 0, prepared.stderr
        until_the_end.enter_context(host.running("api"))
        until_the_end.enter_context(host.running("worker"))
        wait_until(lambda: host.is_well("api") and host.is_well("worker"), READY_WITHIN_S, "both are well")
        key = {"Authorization": f"Bearer {ADMIN_KEY}"}
        http = until_the_end.enter_context(
            httpx.Client(base_url=f"http://{ports[0]}", headers=key, timeout=30, trust_env=False)
        )
        yield Shop(http, broker, host)


def test_a_photo_is_uploaded_captioned_found_and_deleted(shop: Shop) -> None:
    assert shop.upload("tee", 1).status_code == 202
    assert shop.upload("cap", 2).status_code == 202
    shop.wait_until_ready("tee", "cap")
    photo = shop.photo("tee")
    seq = max(photo["ready_seq"], shop.photo("cap")["ready_seq"])
    caption = photo["caption"]
    assert caption["source"] == "model"
    assert "tee" in shop.found("/v1/search", seq, q=caption["text"])
    assert shop.found("/v1/items/tee/similar", seq, min_confidence="0") == {"cap"}
    gone = shop.http.delete("/v1/items/tee")
    assert gone.status_code == 204
    assert shop.found("/v1/search", int(gone.headers["Vitrine-Seq"]), q=caption["text"], min_confidence="0") == {"cap"}


def test_nothing_is_served_without_the_key_but_that_it_lives(shop: Shop) -> None:
    url = str(shop.http.base_url)
    assert httpx.get(f"{url}/v1/items", trust_env=False).status_code == 401
    assert httpx.get(f"{url}/readyz", trust_env=False).status_code == 200


def test_uploads_are_taken_while_the_broker_is_away_and_caught_up_when_it_is_back(shop: Shop) -> None:
    shop.broker.stop(signal.SIGKILL)
    skus = [f"away-{number}" for number in range(4)]
    assert [shop.upload(sku, 10 + number).status_code for number, sku in enumerate(skus)] == [202] * 4
    assert {shop.photo(sku)["state"] for sku in skus} == {"pending"}
    shop.broker.start()
    shop.wait_until_ready(*skus)


def test_uploads_are_taken_while_the_broker_is_frozen(shop: Shop) -> None:
    shop.broker.send(signal.SIGSTOP)
    try:
        answers = [shop.upload(f"frozen-{number}", 20 + number).status_code for number in range(4)]
    finally:
        shop.broker.send(signal.SIGCONT)
    assert answers == [202] * 4
    shop.wait_until_ready(*(f"frozen-{number}" for number in range(4)))


def test_everything_is_ready_in_the_end_though_the_brokers_data_is_wiped_during_the_import(shop: Shop) -> None:
    imported = threading.Event()

    def wipe() -> None:
        while not imported.wait(0.02):
            shop.broker.flush()

    wiper = threading.Thread(target=wipe)
    wiper.start()
    skus = [f"wiped-{number}" for number in range(30)]
    try:
        answers = [shop.upload(sku, 100 + number).status_code for number, sku in enumerate(skus)]
    finally:
        imported.set()
        wiper.join()
    assert answers == [202] * len(skus)
    shop.wait_until_ready(*skus)


def test_a_health_check_fails_where_nothing_runs(shop: Shop) -> None:
    elsewhere = Host(shop.host.folder, shop.host.urls, f"127.0.0.1:{free_port()}", shop.host.metrics)
    assert not elsewhere.is_well("api")
