"""Fills a service with the sample catalogue, through its API as any shop would. Owns no pictures and prints nothing."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from captioning.data.drawings import Drawing, render, sample_catalogue
from catalogue.errors import VitrineError
from service.client import Client

QUERY = "blue striped shirt"
SIDE = 640
POLL_S = 0.5
# A worker that crashed is back within 30 s; silence for longer than this is worth a sentence.
SILENCE_S = 180.0

Progress = Callable[[str, int, int], None]  # what is being done, how many of them, out of how many


class DemoStuck(VitrineError):
    code = "demo-stuck"


@dataclass(frozen=True, slots=True)
class Sample:
    sku: str
    drawings: tuple[Drawing, ...]


def fill(client: Client, progress: Progress) -> int:
    """Upload the samples that are not there yet and wait until all are captioned; 0 photos the second time.

    Returns:
        The change number from which on every sample is findable.
    """
    samples = [Sample(sku, tuple(drawings)) for sku, drawings in sample_catalogue()]
    there = _photos_by_sku(client)
    missing = [sample for sample in samples if len(there.get(sample.sku, ())) < len(sample.drawings)]
    uploads = ThreadPoolExecutor(2, thread_name_prefix="demo")
    try:
        for done, _ in enumerate(uploads.map(lambda sample: _upload(client, sample), missing), 1):
            progress("Uploading sample products", done, len(missing))
    finally:
        uploads.shutdown(wait=False, cancel_futures=True)  # where `progress` raised, nobody waits for the rest
    return _wait_until_ready(client, {sample.sku for sample in samples}, progress)


def _upload(client: Client, sample: Sample) -> None:
    first = sample.drawings[0]
    client.write_item(
        sample.sku, {"title": first.title, "price": str(first.price), "attributes": dict(first.attributes)}
    )
    upload = client.upload(sample.sku, [_jpeg(drawing) for drawing in sample.drawings])
    for refusal in upload.refused.values():
        raise refusal


def _jpeg(drawing: Drawing) -> bytes:
    file = io.BytesIO()
    render(drawing, SIDE).save(file, "JPEG", quality=90)
    return file.getvalue()


def _wait_until_ready(client: Client, skus: Iterable[str], progress: Progress) -> int:
    wanted = set(skus)
    most, moved_at = -1, time.monotonic()
    while True:
        photos = [photo for sku, shown in _photos_by_sku(client).items() if sku in wanted for photo in shown]
        done = [photo for photo in photos if photo["state"] in {"ready", "failed"}]
        progress("Captioning", len(done), len(photos))
        if len(done) == len(photos):
            return max((int(photo["ready_seq"] or 0) for photo in done), default=0)
        if len(done) > most:
            most, moved_at = len(done), time.monotonic()
        elif time.monotonic() - moved_at > SILENCE_S:
            raise DemoStuck(
                f"No sample has been captioned for {SILENCE_S:.0f} s ({len(done)} of {len(photos)} are). "
                "The caption worker's log in the data folder says why."
            )
        time.sleep(POLL_S)


def _photos_by_sku(client: Client) -> dict[str, list[Mapping[str, Any]]]:
    return {item["sku"]: item["photos"] for item in client.items()}
