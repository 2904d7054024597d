"""A shop of real processes, `vitrine serve` and `vitrine work`, that a test harms from outside and asks over HTTP."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from catalogue.settings import Settings
from tests.integration.floor import ROOT, environment, wait_until
from workers import doorbell
from workers.children import API, CAPTION_WORKER, Child

READY_WITHIN_S = 120
WORKED_WITHIN_S = 120
STOPS_WITHIN_S = 30


@dataclass(frozen=True)
class Site:
    settings: Settings
    http: httpx.Client

    def upload(self, sku: str, photo: bytes) -> httpx.Response:
        return self.http.post(f"/v1/items/{sku}/photos", files={"photo": ("photo", photo, "application/octet-stream")})

    def search(self, q: str = "a photo") -> httpx.Response:
        return self.http.get("/v1/search", params={"q": q, "min_confidence": "0", "limit": "100"})

    def found(self) -> set[str]:
        return {hit["sku"] for hit in self.search().raise_for_status().json()["hits"]}

    def item(self, sku: str) -> dict[str, Any]:
        item: dict[str, Any] = self.http.get(f"/v1/items/{sku}").raise_for_status().json()
        return item

    def is_ready(self) -> bool:
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def wait_for_photos(self, skus: Iterable[str]) -> None:
        """Until each of these items has its photo ready."""
        left = set(skus)

        def all_ready() -> bool:
            for sku in list(left):
                if {photo["state"] for photo in self.item(sku)["photos"]} != {"ready"}:
                    return False
                left.discard(sku)
            return True

        wait_until(all_ready, WORKED_WITHIN_S, "all accepted photos are ready")


@contextmanager
def opened(settings: Settings) -> Iterator[Site]:
    """The API and one worker over these settings; both must end by themselves when they are told to."""
    doorbell.empty(settings.queue_folder)
    # Elsewhere than the data folder, whose disk may be full.
    with tempfile.TemporaryDirectory(prefix="vitrine-site-") as logs, ExitStack() as stack:
        for child in (API, CAPTION_WORKER):
            stack.enter_context(_running(child, settings, Path(logs) / f"{child.name}.log"))
        site = Site(settings, stack.enter_context(httpx.Client(base_url=settings.url, timeout=60, trust_env=False)))
        wait_until(site.is_ready, READY_WITHIN_S, "the service is ready")
        yield site


@contextmanager
def _running(child: Child, settings: Settings, log: Path) -> Iterator[None]:
    env = environment(settings) | {"VITRINE_PROCESSES": str(settings.processes)}
    if settings.broker_url:
        env["VITRINE_BROKER_URL"] = settings.broker_url
    with log.open("ab") as file:
        process = subprocess.Popen(child.command, cwd=ROOT, env=env, stdout=file, stderr=file)
    try:
        yield
    except BaseException:
        process.kill()
        process.wait()
        raise
    process.terminate()
    assert process.wait(STOPS_WITHIN_S) == 0, log.read_text()[-3000:]
