"""Hostile files, ten at a time, beside an import of good photos: what becomes of each, and what it costs in memory."""

from __future__ import annotations

import csv
import io
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests import hostile
from tests.hostile import EITHER, PHOTO, REFUSED, Hostile
from tests.integration.conftest import data_folder
from tests.integration.floor import wait_until
from tests.integration.running import Running, running

pytestmark = pytest.mark.slow
AT_ONCE = 10
GOOD_PHOTOS = 40
# Idle, the service has 1.3 GB of its own on one core's threads; a child may have 1.4 GB for a photo of 64 megapixels,
# and there are two. The bound is what a machine needs free, not what is usual.
MOST_BYTES = 5 * 2**30
PATIENCE_S = 240.0


@pytest.fixture(scope="module")
def service(adopted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = data_folder(adopted, tmp_path_factory.mktemp("hostile") / "data")
    with running(data) as service:
        yield service
    log = (data / "logs" / "api.log").read_text()
    assert "request_failed" not in log
    assert "Traceback" not in log


@pytest.fixture
def client(service: Running) -> Iterator[httpx.Client]:
    limits = httpx.Limits(max_connections=2 * AT_ONCE)
    with httpx.Client(base_url=service.url, timeout=PATIENCE_S, limits=limits, trust_env=False) as client:
        yield client


def test_every_hostile_file_is_answered_beside_an_import_and_within_the_memory(
    service: Running, client: httpx.Client
) -> None:
    started = time.monotonic()
    with _memory(service) as peak, ThreadPoolExecutor(2) as importers:
        imported = [importers.submit(_import, client, number) for number in range(GOOD_PHOTOS)]
        wrong = _outcomes(client, hostile.files())
        good = [each.result() for each in imported]
    sys.stderr.write(f"{peak[0] / 2**30:.2f} GiB at the peak, {time.monotonic() - started:.0f} s\n")  # -s shows it
    assert wrong == []
    assert good == ["photo"] * GOOD_PHOTOS
    assert peak[0] < MOST_BYTES, f"{peak[0]:,} bytes at the peak"
    _all_are_captioned(client)
    assert list((service.data / "incoming").iterdir()) == []


def test_every_awkward_file_comes_out_as_its_manifest_says(client: httpx.Client, outside_data: Path) -> None:
    folder = outside_data / "images-edge"
    with (folder / "manifest.csv").open(newline="") as manifest:
        rows = [(row["file"], PHOTO if row["expected"] == "accept" else REFUSED) for row in csv.DictReader(manifest)]
    assert len(rows) > 40
    files = (Hostile(f"edge-{name}", (folder / name).read_bytes(), expected) for name, expected in rows)
    assert _outcomes(client, files) == []
    _all_are_captioned(client)


def test_a_file_cut_short_at_any_of_two_hundred_places_is_refused_and_makes_no_item(client: httpx.Client) -> None:
    with ThreadPoolExecutor(AT_ONCE) as senders:
        kept = list(senders.map(lambda each: _pieces_kept(client, *each), hostile.whole_files().items()))
    assert [piece for each in kept for piece in each] == []


def test_a_heic_cut_short_at_any_of_two_hundred_places_is_refused(client: httpx.Client, outside_data: Path) -> None:
    whole = (outside_data / "images-edge" / "phone.heic").read_bytes()
    assert _pieces_kept(client, "heic", whole) == []


def test_lies_in_a_heic_are_answered(client: httpx.Client, outside_data: Path) -> None:
    whole = (outside_data / "images-edge" / "phone.heic").read_bytes()
    at = whole.index(b"ispe") + 8
    lies = [(60_000).to_bytes(4) * 2, (8000).to_bytes(4) * 2, bytes(8), b"\xff" * 8]
    files = [Hostile(f"heic-{lie.hex()}", whole[:at] + lie + whole[at + 8 :], EITHER) for lie in lies]
    assert _outcomes(client, files) == []


def _outcomes(client: httpx.Client, files: Iterable[Hostile]) -> list[tuple[str, str]]:
    """Send all, ten at a time; the files whose outcome is not among the expected ones."""
    room = threading.Semaphore(AT_ONCE)  # so that no more than ten are in memory

    def send(file: Hostile) -> tuple[str, str] | None:
        try:
            outcome = _upload(client, file.name, file.content)
            return None if outcome in file.expected else (file.name, outcome)
        finally:
            room.release()

    with ThreadPoolExecutor(AT_ONCE) as senders:
        sent = []
        for file in files:
            room.acquire()
            sent.append(senders.submit(send, file))
        return [wrong for each in sent if (wrong := each.result())]


def _upload(client: httpx.Client, sku: str, content: bytes) -> str:
    """`photo`, or the problem's code; a 503 that says when to come back is another try."""
    until = time.monotonic() + PATIENCE_S
    while True:
        answer = client.post(f"/v1/items/{sku}/photos?bulk=true", files={"photo": ("a.jpg", content)})
        if answer.status_code != 503 or time.monotonic() > until:
            break
        time.sleep(int(answer.headers["Retry-After"]))
    if answer.status_code in {200, 202}:
        return "photo"
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert client.get(f"/v1/items/{sku}").status_code == 404
    return str(problem["type"]).removeprefix("/problems/")


def _pieces_kept(client: httpx.Client, kind: str, whole: bytes) -> list[str]:
    """Send all pieces, ten in a request; those that were not refused."""
    pieces = hostile.pieces(whole)
    kept = []
    for start in range(0, len(pieces), AT_ONCE):
        parts = [("photo", ("a.jpg", piece)) for piece in pieces[start : start + AT_ONCE]]
        sku = f"{kind}-{start}".replace(" ", "-")
        answer = client.post(f"/v1/items/{sku}/photos", files=parts)
        if answer.status_code != 415 or len(answer.json()["errors"]) != len(parts):
            kept.append(f"{sku}: {answer.status_code} {answer.text[:300]}")
        assert client.get(f"/v1/items/{sku}").status_code == 404
    return kept


def _import(client: httpx.Client, number: int) -> str:
    photo = hostile.noise(800, 600, seed=1000 + number)
    out = io.BytesIO()
    photo.save(out, "JPEG")
    return _upload(client, f"good-{number}", out.getvalue())


def _all_are_captioned(client: httpx.Client) -> None:
    """What was let in is a photo like any other to the worker."""
    counts = dict.fromkeys(("pending", "processing", "failed"), 0)

    def settled() -> bool:
        for state in counts:
            counts[state] = len(client.get("/v1/items", params={"state": state, "limit": 100}).json()["items"])
        return counts["pending"] == counts["processing"] == 0

    wait_until(settled, PATIENCE_S, "every photo is ready or failed")
    assert counts["failed"] == 0


@contextmanager
def _memory(service: Running) -> Iterator[list[int]]:
    """The largest sum of what the processes hold for themselves, and of what they share."""
    peak, done = [0], threading.Event()

    def watch() -> None:
        tree = psutil.Process(service.process.pid)
        while not done.wait(0.2):
            held = 0
            for process in [tree, *tree.children(recursive=True)]:
                with suppress(psutil.Error):
                    held += process.memory_full_info().pss
            peak[0] = max(peak[0], held)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()
