"""The to-do list: making work, claiming it, giving it back. Owns the order of claims and the fencing token.

What a finished piece of work writes is in finishing.py.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, insert, or_, select, update
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from catalogue import models, traces
from catalogue.database import insert_into, now
from catalogue.states import Space, WorkKind

MOST_ATTEMPTS = models.MOST_ATTEMPTS
SINGLE, BULK, TRIAL = 0, 1, 2  # ranks: bulk uploads after single ones; a set that is not active adds TRIAL

Work = models.Work


@dataclass(frozen=True, slots=True)
class Job:
    """One claimed row."""

    work_id: UUID
    photo_id: UUID
    sha256: str
    attempts: int
    trace: str | None  # of the request that made it due


@dataclass(frozen=True, slots=True)
class Claim:
    """Rows of one catalogue, one kind and one model set, held under one token until `expires_at`."""

    catalogue_id: UUID
    kind: WorkKind
    model_set_id: UUID
    checkpoint: str
    token: int
    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Exhausted:
    """Work that ended its workers so often that it is not handed out again; `token` is the last of these claims'."""

    catalogue_id: UUID
    work_id: UUID
    token: int | None


def add_work(
    session: Session, catalogue_id: UUID, photo_ids: Sequence[UUID], kind: WorkKind, set_id: UUID, *, rank: int
) -> None:
    """Make work due now, once per photo, kind and set; work that is there already is due afresh, its attempts 0.

    Of work in somebody's hands the attempts stay: that one is counted, and is given back if a stop is asked.
    """
    if not photo_ids:
        return
    at = now(session)
    statement = insert_into(session, Work)
    statement = statement.on_conflict_do_update(
        index_elements=["catalogue_id", "photo_id", "kind", "model_set_id"],
        set_={
            "due_at": at,
            "attempts": case((Work.owner.is_(None), 0), else_=Work.attempts),
            "failed_at": None,
            "reason": None,
            "trace": statement.excluded.trace,
        },
    )
    session.execute(
        statement,
        [
            {
                "catalogue_id": catalogue_id, "id": uuid7(), "photo_id": photo_id, "kind": kind,
                "model_set_id": set_id, "rank": rank, "due_at": at, "attempts": 0,
                "trace": traces.present(),
            }
            for photo_id in photo_ids
        ],
    )  # fmt: skip


def add_text_work(session: Session, catalogue_id: UUID, photo_ids: Sequence[UUID]) -> None:
    """The words of these photos have changed: due for each model set that has vectors of them already.

    A photo without vectors needs none: its picture work reads the text when it finishes.
    """
    active = select(models.Catalogue.active_set_id).where(models.Catalogue.id == catalogue_id).scalar_subquery()
    having = session.execute(
        select(models.ModelSet.id, models.ModelSet.id == active, models.Vector.photo_id)
        .join(
            models.Vector,
            and_(
                models.Vector.catalogue_id == models.ModelSet.catalogue_id,
                models.Vector.space == Space.LOOK,
                models.Vector.fingerprint == models.ModelSet.look,
            ),
        )
        .where(models.ModelSet.catalogue_id == catalogue_id, models.Vector.photo_id.in_(photo_ids))
        .order_by(models.ModelSet.id, models.Vector.photo_id)
    )
    for (set_id, is_active), rows in groupby(having.all(), key=lambda row: (row[0], row[1])):
        rank = SINGLE if is_active else TRIAL
        add_work(session, catalogue_id, [photo_id for _, _, photo_id in rows], WorkKind.TEXT, set_id, rank=rank)


def claim(
    session: Session,
    owner: str,
    *,
    lease_s: float,
    batch: int,
    after: UUID | None = None,
    resting: Collection[UUID] = (),
) -> Claim | None:
    """Take due work: text first, the active set before trials, single uploads before bulk, catalogues in turn
    (the one after `after`), then the oldest. Adds 1 to `attempts`, so that a claim which kills its worker counts.

    Work that was claimed before and not finished comes alone: a picture that kills the process kills no neighbours.
    Work of the model sets that are `resting` stays where it is.
    """
    at = now(session)
    head = _head(session, at, after, resting)
    if head is None:
        return None
    rows = [head] if head.attempts else _fresh_beside(session, at, head, batch)
    token = session.scalars(insert(models.Token).returning(models.Token.id)).one()
    held = (
        update(Work)
        .where(Work.catalogue_id == head.catalogue_id, Work.id.in_([row.id for row in rows]))
        .values(owner=owner, token=token, expires_at=at + timedelta(seconds=lease_s), attempts=Work.attempts + 1)
    )
    session.execute(held, execution_options={"synchronize_session": False})
    shas = _sha256s(session, head.catalogue_id, [row.photo_id for row in rows])
    checkpoint = session.scalars(
        select(models.ModelSet.checkpoint).filter_by(catalogue_id=head.catalogue_id, id=head.model_set_id)
    ).one()
    jobs = tuple(Job(row.id, row.photo_id, shas[row.photo_id], row.attempts + 1, row.trace) for row in rows)
    return Claim(head.catalogue_id, head.kind, head.model_set_id, checkpoint, token, jobs)


def renew(session: Session, token: int, *, lease_s: float) -> int:
    """Hold a claim for another `lease_s`; returns how many of its rows are still held."""
    rows = update(Work).where(Work.token == token, Work.failed_at.is_(None))
    renewed = rows.values(expires_at=now(session) + timedelta(seconds=lease_s)).returning(Work.id)
    return len(session.scalars(renewed, execution_options={"synchronize_session": False}).all())


def give_back(session: Session, token: int) -> int:
    """A stop was asked: return what is still held under `token`, with its attempt, due at once."""
    returned = (
        update(Work)
        .where(Work.token == token, Work.failed_at.is_(None))
        .values(owner=None, token=None, expires_at=None, attempts=Work.attempts - 1)
        .returning(Work.id)
    )
    return len(session.scalars(returned, execution_options={"synchronize_session": False}).all())


def due_exists(session: Session, resting: Collection[UUID] = ()) -> bool:
    """Whether any worker would find something to do now; exhausted work counts, for somebody must declare it failed."""
    due = select(Work.id).where(is_due(now(session)), *_of_no_set(resting))
    return session.scalars(due.limit(1)).first() is not None


def exhausted(session: Session) -> list[Exhausted]:
    """Due work that has used up its attempts without a word: its workers died of it."""
    worn_out = select(Work.catalogue_id, Work.id, Work.token).where(is_due(now(session)), models.WORN_OUT)
    rows = session.execute(worn_out)
    return [Exhausted(*row) for row in rows]


def prune_tokens(session: Session) -> None:
    """Tokens only have to grow; all but the newest may go."""
    newest = session.scalar(select(models.Token.id).order_by(models.Token.id.desc()).limit(1))
    if newest is not None:
        session.execute(delete(models.Token).where(models.Token.id < newest))


def is_due(at: datetime) -> ColumnElement[bool]:
    """Due, not failed, and held by nobody (or by somebody whose lease has run out)."""
    return and_(Work.failed_at.is_(None), Work.due_at <= at, or_(Work.expires_at.is_(None), Work.expires_at <= at))


def _head(session: Session, at: datetime, after: UUID | None, resting: Collection[UUID]) -> models.Work | None:
    """The row to begin a claim with. Each look is one step into the index, however much is due."""
    for kind in (WorkKind.TEXT, WorkKind.PICTURE):  # text is cheap, and somebody has just edited a title
        mine = (Work.kind == kind, Work.attempts < MOST_ATTEMPTS, *_of_no_set(resting))
        first = _first(session, at, *mine)
        if first is None:
            continue
        if after is None:
            return first
        return _first(session, at, *mine, Work.rank == first.rank, Work.catalogue_id > after) or first
    return None


def _first(session: Session, at: datetime, *conditions: ColumnElement[bool]) -> models.Work | None:
    return session.scalars(
        select(Work)
        .where(is_due(at), *conditions)
        .order_by(Work.rank, Work.catalogue_id, Work.due_at, Work.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()


def _fresh_beside(session: Session, at: datetime, head: models.Work, batch: int) -> list[models.Work]:
    """The head and what fits beside it; single uploads are filled up with bulk ones of the same set."""
    rows: list[models.Work] = []
    for rank in sorted({head.rank, head.rank | BULK}):  # one by one, as the index has them: nothing is sorted
        rows += session.scalars(
            select(Work)
            .where(
                is_due(at),
                Work.attempts == 0,
                Work.kind == head.kind,
                Work.rank == rank,
                Work.catalogue_id == head.catalogue_id,
                Work.model_set_id == head.model_set_id,
            )
            .order_by(Work.due_at, Work.id)
            .limit(batch - len(rows))
            .with_for_update(skip_locked=True)
        )
        if len(rows) == batch:
            break
    return rows


def _of_no_set(resting: Collection[UUID]) -> list[ColumnElement[bool]]:
    return [Work.model_set_id.not_in(resting)] if resting else []


def _sha256s(session: Session, catalogue_id: UUID, photo_ids: Sequence[UUID]) -> dict[UUID, str]:
    photos = models.Photo
    rows = session.execute(
        select(photos.id, photos.sha256).where(photos.catalogue_id == catalogue_id, photos.id.in_(photo_ids))
    )
    return dict(rows.all())
