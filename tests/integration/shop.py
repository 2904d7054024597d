"""A shop for tests of the API: the real app over a data folder, a catalogue of the test's own, work done in process."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from captioning.captioner import Caption, Captioner, Description
from catalogue.catalogues import Catalogue, adopt, ensure_catalogue, read_catalogue
from catalogue.finishing import finish, read_texts
from catalogue.images import open_working_copy
from catalogue.states import WorkKind
from catalogue.work import Claim, claim
from service.services import EXTENSION, Services
from workers.models import open_captioner
from workers.results import picture_results, text_results

MAX_PHOTO_BYTES = 300_000
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Shop:
    """One catalogue, and the calls that tests make on it."""

    app: Flask
    captioner: Captioner
    name: str

    @property
    def services(self) -> Services:
        held: Services = self.app.extensions[EXTENSION]
        return held

    @property
    def catalogue(self) -> Catalogue:
        with self.services.database.reading() as session:
            return read_catalogue(session, self.name)

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def call(self, method: str, path: str, **how: Any) -> TestResponse:
        """A request to this catalogue."""
        query = {"catalogue": self.name, **how.pop("query_string", {})}
        return self.client.open(path, method=method, query_string=query, **how)

    def put(self, sku: str, **written: Any) -> TestResponse:
        return self.call("PUT", f"/v1/items/{sku}", json=written)

    def upload(self, sku: str, *pictures: bytes, **how: Any) -> TestResponse:
        return self.call("POST", f"/v1/items/{sku}/photos", data=form(*pictures), **how)

    def stock(self, **titles: str) -> dict[str, str]:
        """Items with a title and a ready photo each; returns the photos' ids by sku."""
        ids = {}
        for sku, title in titles.items():
            self.put(sku, title=title)
            ids[sku] = self.upload(sku, picture()).json["photos"][0]["id"]  # type: ignore[index]  # it is JSON
        self.work()
        return ids

    def search(self, **query: Any) -> Any:
        """The answer to a search that shows everything written so far."""
        found = self.call("GET", "/v1/search", query_string=query, headers={"Vitrine-Min-Seq": str(self.seq())})
        assert found.status_code == 200, found.text
        return found.json

    def seq(self) -> int:
        """The catalogue's present change number: that of a write that changes nothing."""
        return int(self.put("seq-probe", published=False).headers["Vitrine-Seq"])

    def work(self) -> None:
        """Do all due work as a worker does, but for what is said of a picture: its item's title, which tests choose.

        So `meaning` is the title's; `look` is the real encoder's.
        """
        database = self.services.database
        while claimed := database.write(lambda session: claim(session, "test", lease_s=60, batch=32)):
            with database.reading() as session:
                photos = [job.photo_id for job in claimed.jobs]
                texts = read_texts(session, claimed.catalogue_id, claimed.model_set_id, photos)
            titles = [texts[photo].title for photo in photos]
            if claimed.kind is WorkKind.TEXT:
                results = text_results(self.captioner, claimed.jobs, texts)
            else:
                results = picture_results(self.captioner, claimed.jobs, self._describe(claimed, titles), texts)
            database.write(lambda session, c=claimed, r=results: finish(session, c, r))  # type: ignore[misc]  # bound now

    def _describe(self, claimed: Claim, titles: Sequence[str]) -> Description:
        images = [open_working_copy(self.services.photos.read_working(job.sha256), 256) for job in claimed.jobs]
        return Description(
            captions=[Caption(title or "a thing", 0.9, ()) for title in titles],
            look=self.captioner.encode_image(images)["look"],
            meaning=self.captioner.encode_text([title or "a thing" for title in titles])["meaning"],
        )


def open_shop(app: Flask) -> Shop:
    """A new catalogue of this app, with the default one's model."""
    services: Services = app.extensions[EXTENSION]
    name = f"shop-{next(_NUMBERS)}"
    with services.database.reading() as session:
        model = read_catalogue(session).active_set
    assert model is not None
    catalogue_id = services.database.write(lambda session: ensure_catalogue(session, name, "EUR"))
    services.database.write(
        lambda session: adopt(
            session, catalogue_id, captioner=model.captioner, look=model.look, meaning=model.meaning,
            words=model.words, checkpoint=model.checkpoint,
        )
    )  # fmt: skip
    return Shop(app, open_captioner(services.settings, model.checkpoint), name)


def form(*pictures: bytes) -> dict[str, Any]:
    return {"photo": [(io.BytesIO(each), f"{place}.jpg") for place, each in enumerate(pictures)]}


def picture(colour: tuple[int, int, int] | None = None, file_format: str = "JPEG") -> bytes:
    """A picture that no other call has made."""
    number = next(_NUMBERS)
    image = Image.new("RGB", (320, 240), "white")
    image.paste(colour or (number * 67 % 256, number * 131 % 256, number * 29 % 256), (40, 40, 280, 200))
    image.putpixel((0, 0), (number % 256, number // 256 % 256, 0))
    out = io.BytesIO()
    if file_format == "JPEG":
        image.save(out, "JPEG", comment=str(number).encode())  # JPEG alone might lose the pixel that differs
    else:
        image.save(out, file_format)
    return out.getvalue()
