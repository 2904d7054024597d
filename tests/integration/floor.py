"""A shop floor for tests: a data folder with an adopted model, photos put in as the API puts them, real workers."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from PIL import Image
from sqlalchemy import select

from catalogue import models
from catalogue.catalogues import Catalogue, read_catalogue
from catalogue.database import Database
from catalogue.facts import PhotoFacts
from catalogue.intake import Upload, register_uploads
from catalogue.items import patch_item
from catalogue.photos import read_photo
from catalogue.settings import Settings
from catalogue.states import ChangeKind, Space, WorkKind
from catalogue.storage import PhotoStore

ROOT = Path(__file__).parents[2]
LEASE_S = 2


@dataclass(frozen=True)
class Floor:
    """One data folder and what tests do to it from outside the workers."""

    settings: Settings
    database: Database
    photos: PhotoStore
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def close(self) -> None:
        """Leave no process behind, however the test ended."""
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.database.close()

    @property
    def catalogue(self) -> Catalogue:
        with self.database.reading() as session:
            return read_catalogue(session)

    def upload(self, sku: str, picture: bytes, title: str = "") -> UUID:
        """Store and register a photo as the API does; no bell is rung."""
        sha256 = hashlib.sha256(picture).hexdigest()
        original = self.settings.data / f"{sha256}.jpg"
        original.write_bytes(picture)
        self.photos.put_original(sha256, original)
        self.photos.put_working(sha256, picture)
        original.unlink()
        with Image.open(io.BytesIO(picture)) as image:
            upload = Upload(sha256, len(picture), "image/jpeg", image.width, image.height, 0)
        catalogue = self.catalogue
        taken = self.database.write(lambda session: register_uploads(session, catalogue, sku, [upload], bulk=False))
        if title:
            self.retitle(sku, title)
        return taken.photos[0].photo_id

    def retitle(self, sku: str, title: str) -> None:
        catalogue = self.catalogue
        self.database.write(lambda session: patch_item(session, catalogue, sku, {"title": title}))

    def photo(self, photo_id: UUID) -> PhotoFacts:
        catalogue = self.catalogue
        with self.database.reading() as session:
            return read_photo(session, catalogue, photo_id)

    def states(self, photo_ids: Sequence[UUID]) -> set[str]:
        return {self.photo(photo_id).state for photo_id in photo_ids}

    def work(self) -> list[tuple[WorkKind, int, str | None]]:
        """What is still to be done: kind, attempts, owner."""
        with self.database.reading() as session:
            rows = session.execute(select(models.Work.kind, models.Work.attempts, models.Work.owner))
            return [(kind, attempts, owner) for kind, attempts, owner in rows]

    def words_hash(self, photo_id: UUID) -> str | None:
        with self.database.reading() as session:
            return session.scalars(
                select(models.Vector.text_hash).where(
                    models.Vector.photo_id == photo_id, models.Vector.space == Space.WORDS
                )
            ).one()

    def changes(self, photo_id: UUID, kind: ChangeKind) -> int:
        with self.database.reading() as session:
            rows = select(models.Change.seq).where(models.Change.photo_id == photo_id, models.Change.kind == kind)
            return len(session.scalars(rows).all())

    def start_worker(
        self, name: str, program: str = "from service.cli import run; run(['work'])"
    ) -> subprocess.Popen[bytes]:
        """A caption worker in a process of its own; `program` may plant something before it starts to work."""
        with (self.settings.data / f"{name}.log").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-c", program], cwd=ROOT, env=environment(self.settings), stdout=log, stderr=log
            )
        self.workers.append(worker)
        return worker

    def log(self, name: str) -> str:
        return (self.settings.data / f"{name}.log").read_text()


def environment(settings: Settings) -> dict[str, str]:
    """What a child of the tests runs with."""
    host, port = settings.bind
    ours = {
        "VITRINE_DATA": str(settings.data),
        "VITRINE_DATABASE_URL": settings.database_url,
        "VITRINE_LEASE_S": str(settings.lease_s),
        "VITRINE_THREADS": str(settings.threads),
        "VITRINE_DEVICE": settings.device,
        "VITRINE_BIND": f"{host}:{port}",
    }
    return {**os.environ, **ours}  # noqa: TID251 - children of tests need PATH and HOME


def picture(number: int) -> bytes:
    """A small picture that no other number has."""
    colour = (number * 67 % 256, number * 131 % 256, number * 29 % 256)
    image = Image.new("RGB", (240, 320), "white")
    image.paste(colour, (40, 40, 200, 280))
    image.putpixel((0, 0), (number % 256, number // 256, 0))
    out = io.BytesIO()
    image.save(out, "JPEG", comment=f"{number}".encode())
    return out.getvalue()


MAGENTA = (255, 0, 255)


def planted_picture() -> bytes:
    """The picture that a test's worker dies of."""
    out = io.BytesIO()
    Image.new("RGB", (240, 320), MAGENTA).save(out, "JPEG")
    return out.getvalue()


def is_planted(image: Image.Image) -> bool:
    pixel = image.getpixel((image.width // 2, image.height // 2))
    return isinstance(pixel, tuple) and all(abs(a - b) < 9 for a, b in zip(pixel, MAGENTA, strict=True))


def wait_until(true: Callable[[], bool], timeout_s: float, what: str) -> None:
    until = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < until, f"{what}: not within {timeout_s} s"
        time.sleep(0.05)


def end(process: subprocess.Popen[bytes], timeout_s: float = 20) -> int:
    """A warm stop; returns the exit status."""
    process.terminate()
    return process.wait(timeout_s)
