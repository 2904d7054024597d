"""A catalogue on a real database beside the ledger of what it must hold: how it is acted on, and how they compare."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalogue import catalogues, changes, finishing, models, work
from catalogue.catalogues import Catalogue, ModelSet
from catalogue.database import Database
from catalogue.errors import PhotoMissing
from catalogue.facts import read_items
from catalogue.finishing import NewCaption, Result
from catalogue.states import CaptionSource, PhotoStatus, Space, WorkKind
from catalogue.storage import PhotoStore
from catalogue.words import text_hash, words_text
from indexing.queries import PhotoQuery, Search, TextQuery
from indexing.searcher import Searcher
from indexing.tail import Tail
from indexing.view import View
from tests.unit.catalogue.shop import upload_of
from tests.unit.indexing.shelf import stored, unit
from tests.unit.ledger import JobKey, Ledger, Product, caption_of

T = TypeVar("T")
CONTENTS: dict[str, tuple[float, ...]] = {"shirt": (1, 0, 0), "shoe": (0, 1, 0), "hat": (0, 0, 1)}
# The third shares the second's encoders and has a captioner of its own.
PRINTS = (("c1", "l1", "m1", "w1"), ("c2", "l2", "m2", "w2"), ("c3", "l2", "m2", "w3"))
CONTENT_OF = {upload_of(content).sha256: content for content in CONTENTS}
WORDS = ("red", "blue", "hand", "sees", "shirt", "c2")
SEARCHER = Searcher()


@dataclass(frozen=True)
class Made:
    """What a worker made of one job, and the text that its words are of."""

    key: JobKey
    result: Result
    said: str


@dataclass(frozen=True)
class Hand:
    """A claim in a worker's hands, and what it made of it right away."""

    claim: work.Claim
    made: list[Made]


class Stage:
    def __init__(self, open_database: Callable[[], AbstractContextManager[str]]) -> None:
        self._opened = open_database()
        self.database = Database(self._opened.__enter__())
        self.store = PhotoStore(f"memory://{uuid.uuid4()}")
        self.catalogue_id = self.write(lambda session: catalogues.ensure_catalogue(session, "default", "EUR"))
        first = self.adopt(0)
        self.ledger = Ledger([first], first)
        self.item_ids: dict[str, UUID] = {}
        self.tail = Tail(self.database, self.catalogue_id)
        self._seq = 0

    def close(self) -> None:
        self.database.close()
        self._opened.__exit__(None, None, None)

    def write(self, act: Callable[[Session], T]) -> T:
        return self.database.write(act)

    def act(self, verb: Callable[[Session, Catalogue], T]) -> T:
        return self.write(lambda session: verb(session, catalogues.read_catalogue(session)))

    def adopt(self, number: int) -> ModelSet:
        captioner, look, meaning, words = PRINTS[number]
        return self.write(
            lambda session: catalogues.adopt(
                session, self.catalogue_id, captioner=captioner, look=look, meaning=meaning, words=words,
                checkpoint=f"set{number}",
            )
        )  # fmt: skip

    def put_bytes(self, content: str) -> None:
        self.store.put_working(upload_of(content).sha256, content.encode())

    def has_bytes(self, content: str) -> bool:
        try:
            return bool(self.store.read_working(upload_of(content).sha256))
        except PhotoMissing:
            return False

    def meet(self, sku: str, item_id: UUID) -> None:
        """The item of that sku, made if new; an id that was deleted never comes back."""
        assert self.item_ids.setdefault(sku, item_id) == item_id
        assert item_id not in self.ledger.gone
        self.ledger.products.setdefault(sku, Product())

    def describe(self, claim: work.Claim) -> list[Made]:
        """What a worker makes of the claim's photos that are still there, with the texts as they are now."""
        with self.database.reading() as session:
            texts = finishing.read_texts(
                session, claim.catalogue_id, claim.model_set_id, [job.photo_id for job in claim.jobs]
            )
        return [self._made(claim, job, texts[job.photo_id]) for job in claim.jobs if job.photo_id in texts]

    def _made(self, claim: work.Claim, job: work.Job, texts: finishing.Texts) -> Made:
        key = JobKey(job.photo_id, claim.kind, claim.model_set_id)
        is_picture = claim.kind is WorkKind.PICTURE
        content = CONTENT_OF[job.sha256]
        own = caption_of(self.ledger.set_of(key), content) if is_picture else texts.model
        said = words_text(texts.title, own if texts.kept is None else texts.kept)
        vectors = dict.fromkeys(Space if is_picture else [Space.WORDS], stored(*CONTENTS[content]))
        caption = NewCaption(own, 0.9) if is_picture and own is not None else None
        return Made(key, Result(job.work_id, job.photo_id, caption, vectors, text_hash(said)), said)

    # What must hold after every step

    def check(self) -> None:
        with self.database.reading() as session:
            self._check_items(session)
            self._check_work(session)
            self._check_vectors(session)
            self._check_captions(session)
            self._check_feed(session)
        self._check_view()

    def _check_items(self, session: Session) -> None:
        """Nothing lost, nothing returned, each photo in its state and with the caption to show."""
        catalogue = catalogues.read_catalogue(session)
        assert catalogue.active_set == self.ledger.active
        ids = session.scalars(select(models.Item.id)).all()
        facts = {item.sku: item for item in read_items(session, catalogue, ids).values()}
        assert {sku: item.id for sku, item in facts.items()} == self.item_ids
        for sku, product in self.ledger.products.items():
            assert (facts[sku].title, facts[sku].published) == (product.title, product.published)
            assert facts[sku].attributes == ({} if product.colour is None else {"colour": product.colour})
        shown = {photo.id: photo for item in facts.values() for photo in item.photos}
        assert list(shown) == list(dict.fromkeys(shown))
        assert set(shown) == set(self.ledger.pictures)
        for photo_id, picture in self.ledger.pictures.items():
            photo = shown[photo_id]
            assert (photo.sku, photo.sha256) == (picture.sku, upload_of(picture.content).sha256)
            assert photo.state == self._state(photo_id)
            said = picture.shown(self.ledger.active.captioner)
            assert (photo.caption and (photo.caption.text, photo.caption.locked)) == (said and (said.text, said.locked))
            assert picture.person is None or (photo.caption and photo.caption.source is CaptionSource.PERSON)
            assert picture.status is not PhotoStatus.READY or photo.ready_seq is not None

    def _state(self, photo_id: UUID) -> str:
        status = self.ledger.pictures[photo_id].status
        job = self.ledger.jobs.get(JobKey(photo_id, WorkKind.PICTURE, self.ledger.active.id))
        return "processing" if status is PhotoStatus.PENDING and job is not None and job.is_live else status.value

    def _check_work(self, session: Session) -> None:
        rows = session.scalars(select(models.Work)).all()
        assert {
            JobKey(row.photo_id, row.kind, row.model_set_id): (
                row.attempts,
                row.token,
                row.failed_at is not None,
                row.rank,
            )
            for row in rows
        } == {key: (job.attempts, job.token, job.has_failed, job.rank) for key, job in self.ledger.jobs.items()}

    def _check_vectors(self, session: Session) -> None:
        rows = session.scalars(select(models.Vector)).all()
        wanted = {
            (photo_id, space, f"{space.value[0]}{look[1:]}", None)
            for photo_id, picture in self.ledger.pictures.items()
            for look in picture.looks
            for space in (Space.LOOK, Space.MEANING)
        } | {
            (photo_id, Space.WORDS, print_, text_hash(said))
            for photo_id, picture in self.ledger.pictures.items()
            for print_, said in picture.words.items()
        }
        assert {(row.photo_id, row.space, row.fingerprint, row.text_hash) for row in rows} == wanted

    def _check_captions(self, session: Session) -> None:
        """Of each source one at most is in force; a model's is there for each picture it has done."""
        rows = session.scalars(select(models.Caption).where(models.Caption.retired_at.is_(None))).all()
        counted = Counter((row.photo_id, row.source, row.fingerprint) for row in rows)
        assert set(counted.values()) <= {1}
        assert {(row.photo_id, row.fingerprint, row.text) for row in rows if row.fingerprint} == {
            (photo_id, captioner, said.text)
            for photo_id, picture in self.ledger.pictures.items()
            for captioner, said in picture.models.items()
        }

    def _check_feed(self, session: Session) -> None:
        """Numbered from one without a gap, and never fewer."""
        present = changes.present(session, self.catalogue_id)
        lines = changes.since(session, self.catalogue_id, 0)
        assert [line.seq for line in lines] == list(range(1, present + 1))
        assert present >= self._seq
        self._seq = present

    def _check_view(self) -> None:
        """What is gone or hidden is out at once, whatever else the view has not met yet."""
        self.tail.look()
        present = self._published()
        for hit in SEARCHER.search(self.tail.view, Search(TextQuery(""), limit=100)).hits:
            assert hit.item_id in present
            assert hit.photo_id is None or hit.photo_id in self.ledger.pictures

    def follow(self) -> None:
        """A view that has followed the feed answers as one that is read anew, and both show what is there."""
        self.tail.look()
        self.tail.catch_up()
        anew = _answers(Tail(self.database, self.catalogue_id).view)
        assert _answers(self.tail.view) == anew
        ready = {one for one, picture in self.ledger.pictures.items() if picture.status is PhotoStatus.READY}
        assert {item_id for item_id, *_ in anew} == self._published()
        assert {photo_id for _, photo_id, *_ in anew} - {None} <= ready

    def _published(self) -> set[UUID]:
        return {self.item_ids[sku] for sku, product in self.ledger.products.items() if product.published}


def _answers(view: View) -> list[tuple[Any, ...]]:
    queries: list[PhotoQuery | TextQuery] = [TextQuery("")]
    for vector in CONTENTS.values():
        near = unit(*vector)
        queries.append(PhotoQuery(near))
        queries += [TextQuery(word, meaning=near, words=near) for word in WORDS]
    return [
        (hit.item_id, hit.photo_id, hit.score, hit.photos)
        for query in queries
        for hit in SEARCHER.search(view, Search(query, limit=100, min_confidence=0)).hits
    ]
