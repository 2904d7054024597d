"""What must hold once a drill is over: SQL, photo store, search and doctor against what was answered. Mends nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalogue import changes, models
from catalogue.catalogues import read_catalogue
from catalogue.database import Database, now
from catalogue.doctor import CONTENTS
from catalogue.facts import read_items
from catalogue.settings import Settings
from catalogue.states import CaptionSource
from catalogue.storage import PhotoStore
from service import checkup
from tests.drill.answers import Answered
from tests.drill.callers import Caller
from tests.drill.diary import Diary
from tests.integration.floor import wait_until

ERASED_WITHIN_S = 60


class Verdict:
    def __init__(
        self, settings: Settings, database: Database, caller: Caller, answered: Answered, diary: Diary
    ) -> None:
        self._settings = settings
        self._database = database
        self._caller = caller
        self._answered = answered
        self._diary = diary

    def reach(self) -> None:
        with self._database.reading() as session:
            self._judge_photos(session)
            self._judge_captions(session)
            self._judge_vectors(session)
            self._judge_feed(session)
            seq = changes.present(session, read_catalogue(session).id)
        # The work was done a moment ago: without the number a search may be as old as its process's view.
        self._judge_search({"Vitrine-Min-Seq": str(seq)})
        self._judge_store()
        self._ask_the_doctor()

    def _judge_photos(self, session: Session) -> None:
        """Nothing lost, doubled or returned; each photo ready; each title as it was last answered."""
        catalogue = read_catalogue(session)
        found = read_items(session, catalogue, session.scalars(select(models.Item.id)).all()).values()
        there = {item.sku: {photo.sha256: str(photo.id) for photo in item.photos} for item in found}
        self._same("Photos in SQL are not those that were answered.", there, dict(self._answered.photos))
        if len(there) != len(found) or sum(map(len, there.values())) != sum(len(item.photos) for item in found):
            self._diary.wrong("A photo or an item is there twice.")
        self._same("Titles are not as last answered.", {item.sku: item.title for item in found}, self._answered.titles)
        states = Counter(photo.state for item in found for photo in item.photos)
        self._same("Not every photo is ready.", dict(states), {"ready": self._answered.photo_count})
        left = session.scalars(select(models.Work.id)).all()
        self._same("Work is left over.", len(left), 0)

    def _judge_captions(self, session: Session) -> None:
        """One caption of the captioner for each photo, made once; a person's stands in front of it."""
        rows = session.scalars(select(models.Caption)).all()
        made = Counter(str(row.photo_id) for row in rows if row.source is CaptionSource.MODEL)
        every = {photo_id for photos in self._answered.photos.values() for photo_id in photos.values()}
        self._same("Photos were captioned other than once.", dict(made), dict.fromkeys(every, 1))
        people = {str(row.photo_id): row.text for row in rows if row.source is CaptionSource.PERSON}
        self._same("A person's captions are not as answered.", people, self._answered.captions)
        if any(row.retired_at is not None for row in rows if row.source is CaptionSource.PERSON):
            self._diary.wrong("A person's caption was replaced.")

    def _judge_vectors(self, session: Session) -> None:
        per_photo = Counter(map(str, session.scalars(select(models.Vector.photo_id)).all()))
        every = {photo_id for photos in self._answered.photos.values() for photo_id in photos.values()}
        self._same("A photo has other than three vectors.", dict(per_photo), dict.fromkeys(every, 3))

    def _judge_feed(self, session: Session) -> None:
        catalogue = read_catalogue(session)
        numbers = [line.seq for line in changes.since(session, catalogue.id, 0)]
        present = changes.present(session, catalogue.id)
        self._same("The feed has gaps.", numbers, list(range(1, present + 1)))

    def _judge_search(self, headers: Mapping[str, str]) -> None:
        """Every process finds exactly what is there."""
        for _ in range(4):
            skus = [hit["sku"] for hit in self._pages("a photo", headers)]
            if len(skus) != len(set(skus)):
                self._diary.wrong("A search shows an item twice.")
            self._same("Search and SQL differ.", sorted(skus), sorted(self._answered.photos))
        for photo_id, text in self._answered.captions.items():
            found = [(hit["photo"] or {}).get("id") for hit in self._caller.search(text.split()[-1], headers=headers)]
            if photo_id not in found:
                self._diary.wrong("A person's words do not find their photo.", photo_id=photo_id)

    def _pages(self, q: str, headers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        cursor: dict[str, str] = {}
        while True:
            page = self._caller.get("/v1/search", headers, q=q, min_confidence="0", limit="100", **cursor)
            yield from page["hits"]
            if not page.get("next_cursor"):
                return
            cursor = {"cursor": page["next_cursor"]}

    def _judge_store(self) -> None:
        """Once the deletions' bytes are due they go, and no others; then the store holds what SQL names."""
        self._database.write(
            lambda session: session.execute(update(models.Erasure).values(due_at=now(session) - timedelta(days=1)))
        )
        wait_until(self._nothing_to_erase, ERASED_WITHIN_S, "the deleted photos' bytes are erased")
        with self._database.reading() as session:
            named = set(session.scalars(select(models.Photo.sha256)).all())
        for folder in ("originals", "working"):
            kept = {path.name.removesuffix(".jpg") for path in Path(self._settings.photos_url, folder).glob("*/[!.]*")}
            self._same(f"The photo store's {folder} are not what SQL names.", sorted(kept), sorted(named))

    def _ask_the_doctor(self) -> None:
        """Every byte is read and compared."""
        photos = PhotoStore(self._settings.photos_url)
        for finding in checkup.examine(self._settings, self._database, photos, CONTENTS).findings:
            self._diary.wrong(f"The doctor says: {finding.says}", count=finding.count, examples=finding.examples)

    def _nothing_to_erase(self) -> bool:
        with self._database.reading() as session:
            return not session.scalars(select(models.Erasure.sha256)).all()

    def _same(self, sentence: str, found: Any, wanted: Any) -> None:
        if found != wanted:
            self._diary.wrong(sentence, difference=_difference(found, wanted))


def _difference(found: Any, wanted: Any) -> Any:
    """The part that differs, of what is too long to be read."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        differing = sorted(key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))
        return {key: [found.get(key), wanted.get(key)] for key in differing[:20]}
    if isinstance(found, list) and isinstance(wanted, list):
        return {
            "more": [one for one in found if one not in wanted][:20],
            "less": [one for one in wanted if one not in found][:20],
        }
    return [found, wanted]
