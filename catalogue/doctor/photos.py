"""Checks that every photo has what its state promises: work while pending; vectors, caption and words when ready.

A chunk is judged in one read transaction, where finished work is whole or not there: a running service is no case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from catalogue import changes, models
from catalogue.catalogues import Catalogue, ModelSet, read_catalogue
from catalogue.changes import Change
from catalogue.doctor.rounds import CHUNK, Case, Check, House, Kind
from catalogue.facts import shown_captions
from catalogue.states import ChangeKind, PhotoStatus, Space, WorkKind
from catalogue.words import text_hash, words_text
from catalogue.work import SINGLE, add_work

PENDING_IDLE, VECTORS, WORDS, TEXT_FAILED, CAPTION, UNNUMBERED = (
    "pending-without-work",
    "vectors-missing",
    "words-outdated",
    "text-work-failed",
    "caption-missing",
    "ready-without-number",
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What there is of one photo under the active set; `words` is the hash of the text its words were made from."""

    status: PhotoStatus
    ready_seq: int | None
    text: str
    captioned: bool
    spaces: frozenset[Space]
    words: str | None
    open_work: frozenset[WorkKind]
    failed_work: frozenset[WorkKind]


def catalogues(house: House) -> list[Catalogue]:
    with house.database.reading() as session:
        names = session.scalars(select(models.Catalogue.name).order_by(models.Catalogue.id)).all()
        return [read_catalogue(session, name) for name in names]


def find(house: House) -> Iterator[Case]:
    for catalogue in catalogues(house):
        after: UUID | None = None
        while catalogue.active_set is not None:
            with house.database.reading() as session:
                photo_ids = _next_ids(session, catalogue.id, after)
                yield from list(_judge(session, read_catalogue(session, catalogue.name), photo_ids))
            if not photo_ids:
                break
            after = photo_ids[-1]


def _next_ids(session: Session, catalogue_id: UUID, after: UUID | None) -> Sequence[UUID]:
    photo = models.Photo
    wanted = select(photo.id).where(photo.catalogue_id == catalogue_id).order_by(photo.id).limit(CHUNK)
    return session.scalars(wanted if after is None else wanted.where(photo.id > after)).all()


def _judge(session: Session, catalogue: Catalogue, photo_ids: Sequence[UUID]) -> Iterator[Case]:
    if catalogue.active_set is None or not photo_ids:
        return
    present = changes.present(session, catalogue.id)
    for photo_id, seen in _see(session, catalogue, catalogue.active_set, photo_ids).items():
        for code in _codes(seen, present):
            yield Case(code, str(photo_id), catalogue.id, photo_id)


def _codes(seen: _Seen, present: int) -> Iterator[str]:
    if WorkKind.PICTURE in seen.open_work or seen.status is PhotoStatus.FAILED:
        return
    if seen.status is PhotoStatus.PENDING:
        yield PENDING_IDLE
        return
    if seen.ready_seq is None or seen.ready_seq > present:
        yield UNNUMBERED
    if not {Space.LOOK, Space.MEANING} <= seen.spaces:
        yield VECTORS
    elif not seen.captioned:
        yield CAPTION
    elif seen.words != text_hash(seen.text) and WorkKind.TEXT not in seen.open_work:
        yield TEXT_FAILED if WorkKind.TEXT in seen.failed_work else WORDS


def _see(session: Session, catalogue: Catalogue, model_set: ModelSet, photo_ids: Sequence[UUID]) -> dict[UUID, _Seen]:
    photo, item = models.Photo, models.Item
    rows = session.execute(
        select(photo.id, photo.status, photo.ready_seq, item.title)
        .join(item, and_(item.catalogue_id == photo.catalogue_id, item.id == photo.item_id))
        .where(photo.catalogue_id == catalogue.id, photo.id.in_(photo_ids))
    ).all()
    captions = shown_captions(session, catalogue.id, model_set.captioner, photo_ids)
    spaces, words = _vectors(session, catalogue.id, model_set, photo_ids)
    open_work, failed_work = _work(session, catalogue.id, model_set.id, photo_ids)
    seen = {}
    for photo_id, status, ready_seq, title in rows:
        caption = captions.get(photo_id)
        seen[photo_id] = _Seen(
            status=status,
            ready_seq=ready_seq,
            text=words_text(title, caption.text if caption else None),
            captioned=caption is not None,
            spaces=frozenset(spaces[photo_id]),
            words=words.get(photo_id),
            open_work=frozenset(open_work[photo_id]),
            failed_work=frozenset(failed_work[photo_id]),
        )
    return seen


def _vectors(
    session: Session, catalogue_id: UUID, model_set: ModelSet, photo_ids: Sequence[UUID]
) -> tuple[dict[UUID, set[Space]], dict[UUID, str | None]]:
    vector = models.Vector
    prints = {Space.LOOK: model_set.look, Space.MEANING: model_set.meaning, Space.WORDS: model_set.words}
    of_set = or_(*(and_(vector.space == space, vector.fingerprint == print_) for space, print_ in prints.items()))
    spaces: dict[UUID, set[Space]] = defaultdict(set)
    words = {}
    for photo_id, space, hashed in session.execute(
        select(vector.photo_id, vector.space, vector.text_hash).where(
            vector.catalogue_id == catalogue_id, vector.photo_id.in_(photo_ids), of_set
        )
    ):
        spaces[photo_id].add(space)
        if space is Space.WORDS:
            words[photo_id] = hashed
    return spaces, words


def _work(
    session: Session, catalogue_id: UUID, set_id: UUID, photo_ids: Sequence[UUID]
) -> tuple[dict[UUID, set[WorkKind]], dict[UUID, set[WorkKind]]]:
    work = models.Work
    still: dict[UUID, set[WorkKind]] = defaultdict(set)
    failed: dict[UUID, set[WorkKind]] = defaultdict(set)
    for photo_id, kind, failed_at in session.execute(
        select(work.photo_id, work.kind, work.failed_at).where(
            work.catalogue_id == catalogue_id, work.model_set_id == set_id, work.photo_id.in_(photo_ids)
        )
    ):
        (still if failed_at is None else failed)[photo_id].add(kind)
    return still, failed


def make_due(kind: WorkKind, house: House, cases: Sequence[Case]) -> int:
    """Work of this kind for the photos of these cases, as far as they are still there.

    They are not judged again: what a worker has just mended is done once more, and nothing is lost by that.
    """

    def act(session: Session, catalogue: Catalogue, photos: dict[UUID, UUID]) -> None:
        if catalogue.active_set is not None:
            add_work(session, catalogue.id, sorted(photos), kind, catalogue.active_set.id, rank=SINGLE)

    return _by_catalogue(house, cases, act)


def _number(house: House, cases: Sequence[Case]) -> int:
    """Say once more that these photos are ready, and note under which number."""

    def act(session: Session, catalogue: Catalogue, photos: dict[UUID, UUID]) -> None:
        made = [Change(ChangeKind.VECTORS, item_id, photo_id) for photo_id, item_id in photos.items()]
        last = changes.record(session, catalogue.id, made)
        for seq, photo_id in enumerate(photos, last - len(made) + 1):
            session.get_one(models.Photo, (catalogue.id, photo_id)).ready_seq = seq
        session.flush()

    return _by_catalogue(house, cases, act)


def _by_catalogue(
    house: House, cases: Sequence[Case], act: Callable[[Session, Catalogue, dict[UUID, UUID]], None]
) -> int:
    """Run `act` once a catalogue, with the cases' photos (and their items) that are there, locked in their order."""
    ids: dict[UUID, list[UUID]] = defaultdict(list)
    for case in cases:
        if case.catalogue_id is not None and case.subject_id is not None:
            ids[case.catalogue_id].append(case.subject_id)
    for catalogue in catalogues(house):
        house.database.write(partial(_act_on, catalogue.name, ids[catalogue.id], act))
    return len(cases)


def _act_on(
    name: str, ids: Sequence[UUID], act: Callable[[Session, Catalogue, dict[UUID, UUID]], None], session: Session
) -> None:
    catalogue, photo = read_catalogue(session, name), models.Photo
    rows = session.execute(
        select(photo.id, photo.item_id)
        .where(photo.catalogue_id == catalogue.id, photo.id.in_(ids))
        .order_by(photo.id)
        .with_for_update()
    )
    if photos := dict(rows.all()):
        act(session, catalogue, photos)


_AGAIN = "--repair makes work of it; a caption worker does the rest."
_PICTURE = partial(make_due, WorkKind.PICTURE)
_TEXT = partial(make_due, WorkKind.TEXT)
CHECK = Check(
    find,
    {
        PENDING_IDLE: Kind("pending photos without work", _AGAIN, _PICTURE),
        VECTORS: Kind("ready photos without vectors of the active model set", _AGAIN, _PICTURE),
        CAPTION: Kind("ready photos without a caption", _AGAIN, _PICTURE),
        WORDS: Kind("ready photos whose words are of another text", _AGAIN, _TEXT),
        TEXT_FAILED: Kind("ready photos whose words are outdated: work on them failed for good", _AGAIN, _TEXT),
        UNNUMBERED: Kind(
            "ready photos without a change number, or with one not yet given", "--repair gives one.", _number
        ),
    },
)
