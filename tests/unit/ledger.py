"""What a catalogue must hold after any order of verbs, in plain dictionaries. Knows the rules; touches no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from catalogue.catalogues import ModelSet
from catalogue.states import PhotoStatus, WorkKind
from catalogue.words import words_text
from catalogue.work import BULK, MOST_ATTEMPTS, SINGLE, TRIAL


class JobKey(NamedTuple):
    photo_id: UUID
    kind: WorkKind
    set_id: UUID


@dataclass
class Job:
    """A line of the to-do list. `token` is set while somebody holds it, `is_live` until that lease has run out."""

    rank: int
    attempts: int = 0
    token: int | None = None
    is_live: bool = False
    is_due: bool = True
    has_failed: bool = False

    @property
    def is_open(self) -> bool:
        return not self.has_failed and self.is_due and not self.is_live

    @property
    def is_claimable(self) -> bool:
        return self.is_open and self.attempts < MOST_ATTEMPTS

    def claim(self, token: int) -> None:
        self.token, self.is_live = token, True
        self.attempts += 1

    def give_back(self) -> None:
        self.token, self.is_live = None, False
        self.attempts -= 1


@dataclass
class Said:
    text: str
    locked: bool = False


@dataclass
class Picture:
    sku: str
    content: str
    status: PhotoStatus = PhotoStatus.PENDING
    person: Said | None = None
    models: dict[str, Said] = field(default_factory=dict)  # by captioner
    looks: set[str] = field(default_factory=set)  # the fingerprints it has vectors of
    words: dict[str, str] = field(default_factory=dict)  # by fingerprint: the text they were made from

    def shown(self, captioner: str) -> Said | None:
        locked = [said for said in self.models.values() if said.locked]
        return self.person or next(iter(locked), None) or self.models.get(captioner)


@dataclass
class Product:
    title: str = ""
    published: bool = True
    colour: str | None = None


@dataclass
class Ledger:
    sets: list[ModelSet]
    active: ModelSet
    adopting: ModelSet | None = None
    products: dict[str, Product] = field(default_factory=dict)
    pictures: dict[UUID, Picture] = field(default_factory=dict)
    jobs: dict[JobKey, Job] = field(default_factory=dict)
    gone: set[UUID] = field(default_factory=set)  # items and photos that were deleted

    def add_picture(self, photo_id: UUID, sku: str, content: str, *, bulk: bool) -> None:
        self.pictures[photo_id] = Picture(sku, content)
        rank = BULK if bulk else SINGLE
        self._add(JobKey(photo_id, WorkKind.PICTURE, self.active.id), rank)
        if self.adopting is not None:
            self._add(JobKey(photo_id, WorkKind.PICTURE, self.adopting.id), rank + TRIAL)

    def retitle(self, sku: str, title: str) -> None:
        if self.products[sku].title != title:
            self.products[sku].title = title
            self.reword(photo_id for photo_id, picture in self.pictures.items() if picture.sku == sku)

    def reword(self, photo_ids: Iterable[UUID]) -> None:
        """Title or caption changed: text work for each set that has vectors of the photo."""
        for photo_id in photo_ids:
            for each in self.sets:
                if each.look in self.pictures[photo_id].looks:
                    rank = SINGLE if each is self.active else TRIAL
                    self._add(JobKey(photo_id, WorkKind.TEXT, each.id), rank)

    def correct(self, photo_id: UUID, person: Said | None) -> None:
        """A person's words, or back to the model's, unlocked. The same words again change nothing."""
        picture = self.pictures[photo_id]
        locked = [said for said in picture.models.values() if said.locked]
        if picture.person == person and (person is not None or not locked):
            return
        for said in locked:
            said.locked = False
        picture.person = person
        self.reword([photo_id])

    def remove(self, photo_id: UUID) -> None:
        del self.pictures[photo_id]
        self.jobs = {key: job for key, job in self.jobs.items() if key.photo_id != photo_id}
        self.gone.add(photo_id)

    def adopt(self, new: ModelSet) -> None:
        self.sets.append(new)
        self.adopting = new
        for photo_id in self.pictures:
            self._add(JobKey(photo_id, WorkKind.PICTURE, new.id), TRIAL)

    def claimable(self) -> dict[JobKey, Job]:
        return {key: job for key, job in self.jobs.items() if job.is_claimable}

    def captioned(self) -> list[tuple[UUID, Said]]:
        shown = ((one, picture.shown(self.active.captioner)) for one, picture in self.pictures.items())
        return [(one, said) for one, said in shown if said is not None]

    def failed(self) -> list[UUID]:
        return [one for one, picture in self.pictures.items() if picture.status is PhotoStatus.FAILED]

    def is_held(self, key: JobKey, token: int) -> bool:
        return key in self.jobs and self.jobs[key].token == token

    def held(self, token: int) -> list[Job]:
        return [job for job in self.jobs.values() if job.token == token]

    def finish(self, said: Mapping[JobKey, str]) -> None:
        """Their lease held: what was found is kept, words only if they are of the text as it is now."""
        for key in said:
            del self.jobs[key]
        for key, text in said.items():
            self._finish(key, text)

    def _finish(self, key: JobKey, said: str) -> None:
        picture, of = self.pictures[key.photo_id], self.set_of(key)
        if key.kind is WorkKind.PICTURE:
            old = picture.models.get(of.captioner)
            if old is None or not old.locked:
                picture.models[of.captioner] = Said(caption_of(of, picture.content))
            picture.looks.add(of.look)
        if said == self.text_of(picture, of):
            picture.words[of.words] = said
        else:
            self.reword([key.photo_id])
        if of is self.active and key.kind is WorkKind.PICTURE:
            picture.status = PhotoStatus.READY

    def fail(self, key: JobKey, *, final: bool) -> None:
        job = self.jobs[key]
        job.token, job.is_live = None, False
        if not final and job.attempts < MOST_ATTEMPTS:
            job.is_due = False
            return
        job.has_failed = True
        if key.kind is WorkKind.PICTURE and key.set_id == self.active.id:
            self.pictures[key.photo_id].status = PhotoStatus.FAILED

    def retry(self, photo_id: UUID) -> None:
        self.pictures[photo_id].status = PhotoStatus.PENDING
        self._add(JobKey(photo_id, WorkKind.PICTURE, self.active.id), SINGLE)

    def sweep(self) -> None:
        for key, job in self.jobs.items():
            if job.is_open and job.attempts >= MOST_ATTEMPTS:
                self.fail(key, final=True)
        if self.adopting is not None:
            self._try_to_switch(self.adopting)

    def set_of(self, key: JobKey) -> ModelSet:
        return next(each for each in self.sets if each.id == key.set_id)

    def text_of(self, picture: Picture, of: ModelSet) -> str:
        shown = picture.shown(of.captioner)
        return words_text(self.products[picture.sku].title, shown.text if shown else None)

    def _try_to_switch(self, new: ModelSet) -> None:
        of_set = {key: job for key, job in self.jobs.items() if key.set_id == new.id}
        if not all(job.has_failed for job in of_set.values()):
            return
        failed = {key.photo_id for key in of_set if key.kind is WorkKind.PICTURE}
        unseen = [one for one, picture in self.pictures.items() if new.look not in picture.looks and one not in failed]
        for photo_id in unseen:
            self._add(JobKey(photo_id, WorkKind.PICTURE, new.id), TRIAL)
        if unseen:
            return
        for key, job in self.jobs.items():
            job.rank += {new.id: -TRIAL, self.active.id: TRIAL}.get(key.set_id, 0)
        self.active, self.adopting = new, None
        for photo_id, picture in self.pictures.items():
            picture.status = PhotoStatus.FAILED if photo_id in failed else PhotoStatus.READY

    def _add(self, key: JobKey, rank: int) -> None:
        """Due now; what is there already is due afresh, its attempts forgotten unless it is in somebody's hands."""
        job = self.jobs.setdefault(key, Job(rank))
        job.is_due, job.has_failed = True, False
        if job.token is None:
            job.attempts = 0


def caption_of(of: ModelSet, content: str) -> str:
    return f"{of.captioner} sees {content}"
