"""A shop of goods with known truth, and searches of it over HTTP beside the reference's. Owns stocking and asking."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from flask import Flask
from numpy.typing import NDArray
from sqlalchemy import select

from catalogue import models
from catalogue.catalogue_settings import set_min_confidence
from catalogue.finishing import NewCaption, Result, Texts, fail, finish, read_texts
from catalogue.states import Space, WorkKind
from catalogue.words import text_hash, words_text
from catalogue.work import Claim, Job, claim
from tests.integration.shop import Shop, open_shop, picture
from tests.reference.goods import DATES, TYPES, Good, Photo
from tests.reference.results import Shelf, newest_first
from tests.reference.values import RESERVED
from workers.results import to_bytes

AT_ONCE = 8
TEXTS = ("red dress", "a navy shirt for men", "blue jug")
THRESHOLD = 0.37  # of the catalogue: what cuts where nobody says
ALL_TYPES = {**RESERVED, **TYPES}
BARE: dict[str, Any] = {
    "title": "", "price": None, "available": True, "published": True, "group": None, "attributes": {}, "caption": [],
}  # fmt: skip
NOT_MINE = Photo("a thing", (0.0,) * len(TEXTS), 0)  # work that another test has left


class ExactShop:
    """The shop, each item as the reference sees it, and the texts' vectors that its photos are near to."""

    def __init__(self, shop: Shop, near: dict[Space, NDArray[np.float32]]) -> None:
        self.shop = shop
        self.items: dict[str, dict[str, Any]] = {}
        self.touched: list[str] = []  # each write's sku, from before it was sent
        self.gone: set[str] = set()  # deleted, and the answer had come
        self.seq = 0
        self._near = near
        self._photos: dict[str, Photo] = {}  # by id, until they are worked on
        self._captions: dict[str, dict[str, str]] = {}  # by sku and photo: of those that are ready
        self._shelves: dict[tuple[str, int], Shelf] = {}

    # What a merchant does

    def stock(self, goods: Sequence[Good]) -> None:
        """All in one batch, and so of one moment; then their photos."""
        self.batch(goods)
        for good in goods:
            self._met(good.sku, good.write)
            if good.photos:
                self._upload(good)

    def batch(self, goods: Sequence[Good]) -> None:
        """Only written: the reference is not told."""
        lines = "".join(json.dumps({"op": "put", "sku": good.sku, **good.write}) + "\n" for good in goods)
        answer = self.shop.call(
            "POST", "/v1/items:batch", data=lines, content_type="application/x-ndjson", buffered=True
        )
        written = [json.loads(line) for line in answer.text.splitlines()]
        assert {line["status"] for line in written} == {201}, answer.text
        self.seq = written[-1]["seq"]

    def _upload(self, good: Good) -> None:
        shown = self.shop.upload(good.sku, *(picture() for _ in good.photos))
        assert shown.json is not None
        made = dict(zip([photo["id"] for photo in shown.json["photos"]], good.photos, strict=True))
        self._photos |= made
        self._captions[good.sku] = {photo_id: photo.caption for photo_id, photo in made.items() if photo.is_ready}
        self._show_captions(good.sku)

    def write(self, sku: str, write: dict[str, Any]) -> None:
        """Create or replace the item."""
        self._send("PUT", sku, f"items/{sku}", json=write)
        self._met(sku, write)

    def _met(self, sku: str, write: dict[str, Any]) -> None:
        before = self.items.get(sku) or {**BARE, "sku": sku, **self._made(sku)}
        merchants = {name: value for name, value in BARE.items() if name != "caption"}
        self.items[sku] = {**before, **merchants, **write}

    def patch(self, sku: str, patch: dict[str, Any]) -> None:
        """Merge a flat patch into the item."""
        self._send("PATCH", sku, f"items/{sku}", json=patch)
        item = self.items[sku]
        attributes = {**item["attributes"], **patch.get("attributes", {})}
        defaults = {name: BARE[name] if value is None else value for name, value in patch.items()}
        self.items[sku] = {**item, **defaults, "attributes": attributes}

    def delete(self, sku: str) -> None:
        self._send("DELETE", sku, f"items/{sku}")
        del self.items[sku]
        self.gone.add(sku)

    def recaption(self, sku: str, text: str) -> bool:
        """A person's words on the item's first ready photo; whether it has one."""
        captions = self._captions.get(sku)
        if not captions:
            return False
        photo_id = next(iter(captions))
        self._send("PATCH", sku, f"photos/{photo_id}/caption", json={"text": text})
        captions[photo_id] = text
        self._show_captions(sku)
        return True

    def delete_photo(self, sku: str) -> bool:
        """The item's first ready photo is gone; whether it had one."""
        captions = self._captions.get(sku)
        if not captions:
            return False
        photo_id = next(iter(captions))
        self._send("DELETE", sku, f"photos/{photo_id}")
        del captions[photo_id]
        self._show_captions(sku)
        return True

    def _send(self, method: str, sku: str, path: str, **how: Any) -> Any:
        self.touched.append(sku)
        answer = self.shop.call(method, f"/v1/{path}", **how)
        assert answer.status_code in (200, 201, 204), answer.text
        self.seq = int(answer.headers["Vitrine-Seq"])
        return answer.json

    def _show_captions(self, sku: str) -> None:
        self.items[sku]["caption"] = list(self._captions[sku].values())

    def _made(self, sku: str) -> dict[str, str]:
        """The item's id, which no answer shows, and its moment."""
        with self.shop.services.database.reading() as session:
            of_shop = models.Item.catalogue_id == self.shop.catalogue.id
            item_id = session.scalars(select(models.Item.id).where(of_shop, models.Item.sku == sku)).one()
        return {"id": str(item_id), "created_at": self.get(f"/v1/items/{sku}")["created_at"]}

    # What workers do

    def work(self) -> None:
        """Each photo becomes what its good says, without a look at it."""
        database = self.shop.services.database
        while claimed := database.write(lambda session: claim(session, "test", lease_s=60, batch=32)):
            with database.reading() as session:
                jobs = [job.photo_id for job in claimed.jobs]
                texts = read_texts(session, claimed.catalogue_id, claimed.model_set_id, jobs)
            results = []
            for job in claimed.jobs:
                made = self._photos.get(str(job.photo_id), NOT_MINE)
                if made.is_ready:
                    results.append(self._result(claimed, job, made, texts[job.photo_id]))
                else:
                    database.write(partial(_fail, claimed=claimed, job=job))
            self.seq = database.write(partial(finish, claim=claimed, results=results)).seq

    def _result(self, claimed: Claim, job: Job, made: Photo, texts: Texts) -> Result:
        is_text = claimed.kind is WorkKind.TEXT
        own = texts.model if is_text else made.caption
        said = words_text(texts.title, own if texts.kept is None else texts.kept)
        vectors = {space: self._vector(space, made) for space in Space if not is_text or space is Space.WORDS}
        caption = None if is_text else NewCaption(made.caption, 0.9)
        return Result(job.work_id, job.photo_id, caption, vectors, text_hash(said))

    def _vector(self, space: Space, photo: Photo) -> bytes:
        near = self._near[space]
        noise = np.random.default_rng(photo.noise).standard_normal(near.shape[1])
        vector = np.asarray(photo.near) @ near + noise / np.linalg.norm(noise)
        return to_bytes((vector / np.linalg.norm(vector)).astype(np.float32))

    # What shoppers do

    def post(self, **query: Any) -> Any:
        """The answer to a search as JSON that has seen all that was written."""
        return self.answered("POST", "/v1/search", json=query)

    def get(self, path: str = "/v1/search", **query: Any) -> Any:
        return self.answered("GET", path, query_string=query)

    def answered(self, method: str, path: str, **how: Any) -> Any:
        found = self.shop.call(method, path, headers={"Vitrine-Min-Seq": str(self.seq)}, **how)
        assert found.status_code == 200, found.text
        return found.json

    def walk(self, **query: Any) -> list[Any]:
        """All hits of a search, page by page."""
        page = self.post(**query)
        return [*page["hits"], *self.rest(page["next_cursor"], **query)]

    def rest(self, cursor: str | None, **query: Any) -> list[Any]:
        """All hits behind a page, by its cursor."""
        hits: list[Any] = []
        while cursor is not None:
            page = self.post(**query, cursor=cursor)
            assert page["hits"], "a cursor led to an empty page"
            hits += page["hits"]
            cursor = page["next_cursor"]
        return hits

    def shelf(self, q: str) -> Shelf:
        """The published items by relevance. For a text the API is believed its scores, and nothing else."""
        q = q.strip()
        if (q, self.seq) not in self._shelves:
            self._shelves[q, self.seq] = self._shelf(q)
        return self._shelves[q, self.seq]

    def _shelf(self, q: str) -> Shelf:
        published = {sku: item for sku, item in self.items.items() if item["published"]}
        if not q:
            return Shelf(newest_first(list(published.values())), ALL_TYPES, {})
        hits = self.walk(q=q, min_confidence=0, limit=100)
        assert sorted(hit["sku"] for hit in hits) == sorted(published)
        ids = {sku: item["id"] for sku, item in published.items()}
        assert hits == sorted(hits, key=lambda hit: (-hit["confidence"], -hit["score"], ids[hit["sku"]]))
        return Shelf([published[hit["sku"]] for hit in hits], ALL_TYPES, {h["sku"]: h["confidence"] for h in hits})


def open_exact_shop(app: Flask, goods: Sequence[Good]) -> ExactShop:
    """All goods written, their photos ready or failed, dates declared."""
    shop = open_shop(app)
    texts = shop.captioner.encode_text(TEXTS)
    look = np.random.default_rng(0).standard_normal((len(TEXTS), texts["meaning"].shape[1])).astype(np.float32)
    opened = ExactShop(shop, {Space.LOOK: look, Space.MEANING: texts["meaning"], Space.WORDS: texts["words"]})
    for began in range(0, len(goods), AT_ONCE):
        opened.stock(goods[began : began + AT_ONCE])
    opened.work()
    for named in DATES:
        declared = shop.call("PATCH", f"/v1/fields/{named}", json={"type": "date"})
        assert declared.status_code == 200, declared.text
        opened.seq = int(declared.headers["Vitrine-Seq"])
    database, catalogue_id = shop.services.database, shop.catalogue.id
    opened.seq = database.write(lambda session: set_min_confidence(session, catalogue_id, THRESHOLD))
    return opened


def _fail(session: Any, claimed: Claim, job: Job) -> int:
    return fail(session, claimed.catalogue_id, job.work_id, claimed.token, "no picture", final=True)
