"""A small shop with its files, for tests of the doctor: ways to damage it, and to look at it afterwards."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from PIL import Image
from sqlalchemy import Delete, Update, select

from catalogue import doctor, models
from catalogue.catalogues import Catalogue
from catalogue.database import Database
from catalogue.doctor import CHECKS, Check, House, Report
from catalogue.intake import Upload, register_uploads
from catalogue.storage import PhotoStore, Place, StoredFile
from tests.unit.catalogue.shop import finish_all

TWO_DAYS = timedelta(days=2)


@dataclass
class Ward:
    house: House
    catalogue: Catalogue
    folder: Path

    @property
    def database(self) -> Database:
        return self.house.database

    @property
    def photos(self) -> PhotoStore:
        return self.house.photos

    def add(self, sku: str, number: int) -> UUID:
        """A photo that is stored and registered as the API does it; nobody has worked on it yet."""
        return self.add_many(sku, [number])[0]

    def add_many(self, sku: str, numbers: Sequence[int]) -> list[UUID]:
        pictures = {number: jpeg(number) for number in numbers}
        uploads = [
            Upload(self.store(picture), len(picture), "image/jpeg", 64, 48, number)
            for number, picture in pictures.items()
        ]
        taken = self.database.write(lambda session: register_uploads(session, self.catalogue, sku, uploads, bulk=False))
        return [photo.photo_id for photo in taken.photos]

    def store(self, picture: bytes) -> str:
        sha256 = hashlib.sha256(picture).hexdigest()
        source = self.folder / "upload"
        source.write_bytes(picture)
        self.photos.put_original(sha256, source)
        self.photos.put_working(sha256, picture)
        return sha256

    def fill(self) -> list[UUID]:
        """Two items, three photos, all ready."""
        photo_ids = [self.add("tee", 1), self.add("tee", 2), self.add("mug", 3)]
        finish_all(self.database)
        return photo_ids

    def sha256(self, photo_id: UUID) -> str:
        return str(self.photo(photo_id).sha256)

    def photo(self, photo_id: UUID) -> models.Photo:
        with self.database.reading() as session:
            photo = session.get_one(models.Photo, (self.catalogue.id, photo_id))
            session.expunge(photo)
            return photo

    def run(self, *statements: Update | Delete) -> None:
        """Damage, behind everybody's back."""
        for statement in statements:
            self.database.write(lambda session, it=statement: session.execute(it))  # type: ignore[misc]

    def files(self, place: Place = Place.KEPT, sha256: str = "") -> list[StoredFile]:
        prefixes = [sha256[:2]] if sha256 else sorted(self.photos.prefixes(place))
        return [file for prefix in prefixes for file in self.photos.listing(place, prefix)]

    def lose(self, *files: StoredFile) -> None:
        for file in files:
            self.photos.remove(file)

    def examine(self, checks: Sequence[Check] = CHECKS) -> list[str]:
        return codes(doctor.examine(self.house, checks))

    def repair(self, checks: Sequence[Check] = CHECKS) -> list[str]:
        """Mend, let workers do what is due, and say what was left."""
        report = doctor.repair(self.house, checks)
        finish_all(self.database)
        return [finding.code for finding in report.findings if finding.left]

    def days_later(self) -> Ward:
        return replace(self, house=replace(self.house, at=self.house.at + TWO_DAYS))

    def changes(self) -> int:
        with self.database.reading() as session:
            return session.scalars(select(models.CatalogueSeq.seq)).one()


def codes(report: Report) -> list[str]:
    return sorted(finding.code for finding in report.findings)


def jpeg(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (number * 67 % 256, number * 131 % 256, 9)).save(out, "JPEG", comment=str(number))
    return out.getvalue()
