"""What finished or failed work writes: vectors, captions, states. Fenced row by row; claiming is in work.py."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from catalogue import changes, models
from catalogue.catalogues import ModelSet, read_model_set
from catalogue.changes import Change
from catalogue.database import insert_into, now
from catalogue.facts import current_captions, shown_captions
from catalogue.states import CaptionSource, ChangeKind, PhotoStatus, Space, WorkKind, moved
from catalogue.words import text_hash, words_text
from catalogue.work import MOST_ATTEMPTS, Claim, Exhausted, add_text_work

FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 300.0
DIED = f"It ended its worker {MOST_ATTEMPTS} times."


@dataclass(frozen=True, slots=True)
class NewCaption:
    text: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What one job came to. `vectors` are float16, little-endian; `words_hash` is of the text `words` was made from.

    A text job has no caption and only `words`.
    """

    work_id: UUID
    photo_id: UUID
    caption: NewCaption | None = None
    vectors: Mapping[Space, bytes] = field(default_factory=dict)
    words_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Texts:
    """What `words` are to be made of: the title, and the caption that will be shown.

    `kept` is a person's, an imported or a locked caption, which no new one of a model replaces; `model` is this
    model set's own caption so far.
    """

    title: str
    kept: str | None
    model: str | None


@dataclass(frozen=True, slots=True)
class Finished:
    """`kept`: the work whose lease still held; the rest was somebody else's by then and wrote nothing."""

    seq: int
    kept: frozenset[UUID]


def read_texts(
    session: Session, catalogue_id: UUID, model_set_id: UUID, photo_ids: Sequence[UUID]
) -> dict[UUID, Texts]:
    captioner = read_model_set(session, catalogue_id, model_set_id).captioner
    kept: dict[UUID, str] = {}
    own: dict[UUID, str] = {}
    for photo_id, caption in shown_captions(session, catalogue_id, captioner, photo_ids).items():
        (own if caption.source is CaptionSource.MODEL and not caption.locked else kept)[photo_id] = caption.text
    return {
        photo_id: Texts(title, kept.get(photo_id), own.get(photo_id))
        for photo_id, title in _titles(session, catalogue_id, photo_ids).items()
    }


def finish(session: Session, claim: Claim, results: Sequence[Result]) -> Finished:
    """Write what a batch came to, for each row whose lease still holds; one transaction, numbered last.

    `words` are kept only where title and caption are still the text they were made from; else text work is due.
    A photo that is gone meanwhile took its work along, so nothing is written of it.
    """
    photos = _lock(session, claim.catalogue_id, [result.photo_id for result in results])
    done = session.scalars(
        delete(models.Work)
        .where(
            models.Work.catalogue_id == claim.catalogue_id,
            models.Work.id.in_([result.work_id for result in results]),
            models.Work.token == claim.token,
        )
        .returning(models.Work.id)
    ).all()
    kept = frozenset(done)
    held = [result for result in results if result.work_id in kept and result.photo_id in photos]
    if not held:
        return Finished(changes.present(session, claim.catalogue_id), kept)
    model_set = read_model_set(session, claim.catalogue_id, claim.model_set_id)
    at = now(session)
    _keep_captions(session, claim.catalogue_id, model_set.captioner, held, at)
    _keep_vectors(session, model_set, claim.catalogue_id, held)
    if not _is_active(session, claim):
        return Finished(changes.present(session, claim.catalogue_id), kept)
    attempts = {job.photo_id: job.attempts for job in claim.jobs}
    shown = [photos[result.photo_id] for result in held]
    # New words alone make no failed photo ready: it was its picture that failed.
    newly = [photo for photo in shown if photo.status is not PhotoStatus.READY and claim.kind is WorkKind.PICTURE]
    for photo in newly:
        photo.attempts = attempts[photo.id]
    return Finished(_show(session, claim, shown, newly, at), kept)


def fail(
    session: Session, catalogue_id: UUID, work_id: UUID, token: int | None, reason: str, *, final: bool = False
) -> int:
    """The work did not succeed: due again after a growing, jittered pause, or failed for good.

    It has failed for good when `final`, or after six attempts. Of the active set's picture work the photo has then
    failed too, with `reason`, and can be retried by hand. Nothing happens when the lease (`token`) was lost.
    """
    this = (models.Work.catalogue_id == catalogue_id, models.Work.id == work_id)
    photos = _lock(session, catalogue_id, session.scalars(select(models.Work.photo_id).where(*this)).all())
    row = session.scalars(select(models.Work).where(*this).with_for_update()).one_or_none()
    if row is None or row.failed_at is not None or row.token != token:
        return changes.present(session, catalogue_id)
    at = now(session)
    row.owner = row.token = row.expires_at = None
    row.reason = reason
    if not final and row.attempts < MOST_ATTEMPTS:
        pause_s = min(FIRST_PAUSE_S * 2 ** (row.attempts - 1), LONGEST_PAUSE_S)
        row.due_at = at + timedelta(seconds=pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
        session.flush()
        return changes.present(session, catalogue_id)
    row.failed_at = at
    session.flush()
    active = select(models.Catalogue.active_set_id).where(models.Catalogue.id == catalogue_id)
    if row.kind is not WorkKind.PICTURE or session.scalar(active) != row.model_set_id:
        return changes.present(session, catalogue_id)
    photo = photos[row.photo_id]
    photo.status = moved(photo.status, PhotoStatus.FAILED)
    photo.reason = reason
    photo.attempts = row.attempts
    session.flush()
    return changes.record(session, catalogue_id, [Change(ChangeKind.ATTRIBUTES, photo.item_id, photo.id)])


def fail_exhausted(session: Session, worn_out: Exhausted) -> int:
    """Declare failed what has ended its worker at every attempt, unless somebody has made it due afresh meanwhile."""
    return fail(session, worn_out.catalogue_id, worn_out.work_id, worn_out.token, DIED, final=True)


def _show(session: Session, claim: Claim, photos: list[models.Photo], newly: list[models.Photo], at: datetime) -> int:
    for photo in newly:
        photo.status = moved(photo.status, PhotoStatus.READY)
        photo.reason = None
        photo.ready_at = at
    session.flush()
    made = [Change(ChangeKind.VECTORS, photo.item_id, photo.id) for photo in photos]
    last = changes.record(session, claim.catalogue_id, made)
    numbers = dict(zip((photo.id for photo in photos), range(last - len(made) + 1, last + 1), strict=True))
    for photo in newly:
        photo.ready_seq = numbers[photo.id]
    session.flush()
    return last


def _lock(session: Session, catalogue_id: UUID, photo_ids: Sequence[UUID]) -> dict[UUID, models.Photo]:
    """The photos that are still there, locked after their items: the lock order everywhere."""
    photos, items = models.Photo, models.Item
    wanted = and_(photos.catalogue_id == catalogue_id, photos.id.in_(photo_ids))
    session.execute(
        select(items.id)
        .where(items.catalogue_id == catalogue_id, items.id.in_(select(photos.item_id).where(wanted)))
        .order_by(items.id)
        .with_for_update()
    )
    rows = session.scalars(select(photos).where(wanted).order_by(photos.id).with_for_update())
    return {photo.id: photo for photo in rows}


def _keep_captions(
    session: Session, catalogue_id: UUID, captioner: str, results: Sequence[Result], at: datetime
) -> None:
    """Keep a model's captions, each in place of the same captioner's last one; a locked one stays as it is."""
    new = {result.photo_id: result.caption for result in results if result.caption is not None}
    for old in current_captions(session, catalogue_id, captioner, list(new)):
        if old.source is CaptionSource.MODEL and old.fingerprint == captioner:
            if old.locked:
                new.pop(old.photo_id, None)
            else:
                old.retired_at = at
    session.add_all(
        models.Caption(
            catalogue_id=catalogue_id,
            id=uuid7(),
            photo_id=photo_id,
            text=caption.text,
            confidence=caption.confidence,
            alternatives=[{"text": text, "confidence": chance} for text, chance in caption.alternatives],
            source=CaptionSource.MODEL,
            fingerprint=captioner,
            created_at=at,
        )
        for photo_id, caption in new.items()
    )
    session.flush()


def _keep_vectors(session: Session, model_set: ModelSet, catalogue_id: UUID, results: Sequence[Result]) -> None:
    photo_ids = [result.photo_id for result in results]
    titles = _titles(session, catalogue_id, photo_ids)
    shown = shown_captions(session, catalogue_id, model_set.captioner, photo_ids)
    fingerprints = {Space.LOOK: model_set.look, Space.MEANING: model_set.meaning, Space.WORDS: model_set.words}
    rows = []
    outdated = []
    for result in results:
        caption = shown.get(result.photo_id)
        text = words_text(titles[result.photo_id], caption.text if caption else None)
        fresh = result.words_hash == text_hash(text)
        if not fresh:
            outdated.append(result.photo_id)
        rows += [
            {
                "catalogue_id": catalogue_id, "photo_id": result.photo_id, "space": space,
                "fingerprint": fingerprints[space], "values": values,
                "text_hash": result.words_hash if space is Space.WORDS else None,
            }
            for space, values in result.vectors.items()
            if fresh or space is not Space.WORDS
        ]  # fmt: skip
    if rows:
        statement = insert_into(session, models.Vector)
        new = {"values": statement.excluded["values"], "text_hash": statement.excluded.text_hash}
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["catalogue_id", "photo_id", "space", "fingerprint"], set_=new
            ),
            rows,
        )
    add_text_work(session, catalogue_id, outdated)


def _titles(session: Session, catalogue_id: UUID, photo_ids: Sequence[UUID]) -> dict[UUID, str]:
    photos, items = models.Photo, models.Item
    rows = session.execute(
        select(photos.id, items.title)
        .join(items, and_(items.catalogue_id == photos.catalogue_id, items.id == photos.item_id))
        .where(photos.catalogue_id == catalogue_id, photos.id.in_(photo_ids))
    )
    return dict(rows.all())


def _is_active(session: Session, claim: Claim) -> bool:
    active = select(models.Catalogue.active_set_id).where(models.Catalogue.id == claim.catalogue_id)
    return session.scalar(active) == claim.model_set_id
