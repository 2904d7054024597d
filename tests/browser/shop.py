"""A served shop for the browser tests: the real app on a free port, drawn products, captions that are known."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import httpx
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import LimitedStream

from captioning.captioner import Captioner
from captioning.data.drawings import Drawing, render, sample_catalogue
from catalogue.finishing import fail, finish, read_texts
from catalogue.images import open_working_copy
from catalogue.settings import Settings
from catalogue.work import Claim, claim
from service.app import close, create_app
from service.services import EXTENSION, Services
from workers.models import open_captioner
from workers.results import picture_results

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Product = tuple[str, list[Drawing]]
SHOWN = 27  # more than a page
HEIGHT = 360


@dataclass(frozen=True)
class Shop:
    """Photos go in over the API; `caption` does a worker's work in this process."""

    url: str
    services: Services

    def add(self, products: Sequence[Product]) -> dict[UUID, str]:
        """Upload the products; returns what each photo is to be captioned."""
        said: dict[UUID, str] = {}
        with httpx.Client(base_url=self.url, timeout=60) as client:
            for sku, drawings in products:
                first = drawings[0]
                item = {"title": first.title, "attributes": first.attributes, "price": str(first.price)}
                client.put(f"/v1/items/{sku}", json=item).raise_for_status()
                files = [("photo", (f"{sku}.jpg", jpeg(drawing), "image/jpeg")) for drawing in drawings]
                answer = client.post(f"/v1/items/{sku}/photos", files=files)
                answer.raise_for_status()
                ids = [UUID(photo["id"]) for photo in answer.json()["photos"]]
                said |= dict(zip(ids, (drawing.caption for drawing in drawings), strict=True))
        return said

    def caption(self, said: Mapping[UUID, str]) -> None:
        """Make every waiting photo ready: real vectors, and the words of `said`, whatever the weights would say."""
        captioner: Captioner | None = None
        while (held := self.claim()) is not None:
            captioner = captioner or open_captioner(self.services.settings, held.checkpoint)
            self._finish(held, captioner, said)

    def claim(self) -> Claim | None:
        return self.services.database.write(lambda session: claim(session, "browser tests", lease_s=60, batch=16))

    def fail_next(self, reason: str) -> None:
        held = self.claim()
        assert held is not None
        job = held.jobs[0]
        self.services.database.write(
            lambda session: fail(session, held.catalogue_id, job.work_id, held.token, reason, final=True)
        )

    def _finish(self, held: Claim, captioner: Captioner, said: Mapping[UUID, str]) -> None:
        store = self.services.photos
        seen = captioner.describe([open_working_copy(store.read_working(job.sha256)) for job in held.jobs])
        captions = [
            replace(caption, text=said.get(job.photo_id, caption.text))
            for job, caption in zip(held.jobs, seen.captions, strict=True)
        ]
        ids = [job.photo_id for job in held.jobs]
        with self.services.database.reading() as session:
            texts = read_texts(session, held.catalogue_id, held.model_set_id, ids)
        results = picture_results(captioner, held.jobs, replace(seen, captions=captions), texts)
        self.services.database.write(lambda session: finish(session, held, results))


@contextmanager
def open_shop(data: Path) -> Iterator[Shop]:
    """The app, served from `data`, which holds a migrated database with an adopted model."""
    app = create_app(Settings(data=data, device="cpu", threads=1, bind=("127.0.0.1", 0)))
    server = make_server("127.0.0.1", 0, _ending_bodies(app), threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, name="served shop")
    thread.start()
    try:
        yield Shop(f"http://127.0.0.1:{server.server_port}", app.extensions[EXTENSION])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        close(app)


def products(number: int) -> list[Product]:
    """The first products of the sample catalogue."""
    return list(sample_catalogue())[:number]


@cache
def jpeg(drawing: Drawing) -> bytes:
    out = io.BytesIO()
    render(drawing, HEIGHT).save(out, "JPEG", quality=88)
    return out.getvalue()


def _ending_bodies(app: WSGIApplication) -> WSGIApplication:
    """As under gunicorn: a body can be read to its end. Werkzeug's own server would wait for more, for ever."""

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.input"] = LimitedStream(environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0))
        return app(environ, start_response)

    return wrapped


class _Silent(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Tests print what fails, not what is asked."""
