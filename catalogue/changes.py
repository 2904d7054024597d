"""The change feed: numbered lines that say what to read again. Owns the counter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.database import now
from catalogue.states import ChangeKind

FEED_KEEPS = timedelta(days=1)
PRUNED_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Change:
    kind: ChangeKind
    item_id: UUID | None = None
    photo_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NumberedChange:
    seq: int
    kind: ChangeKind
    item_id: UUID | None
    photo_id: UUID | None


def record(session: Session, catalogue_id: UUID, changes: Sequence[Change]) -> int:
    """Number `changes` and append them, in order; returns the largest number, or the present one when there are none.

    Call it last in a transaction: the counter's row lock then lasts for one statement and the commit, and numbers
    commit in order, so whoever has seen N has seen all up to N.
    """
    if not changes:
        return present(session, catalogue_id)
    at = now(session)
    last = session.scalars(
        update(models.CatalogueSeq)
        .where(models.CatalogueSeq.catalogue_id == catalogue_id)
        .values(seq=models.CatalogueSeq.seq + len(changes))
        .returning(models.CatalogueSeq.seq)
    ).one()
    first = last - len(changes) + 1
    session.connection().execute(
        insert(models.Change),
        [
            {
                "catalogue_id": catalogue_id,
                "seq": seq,
                "kind": change.kind,
                "item_id": change.item_id,
                "photo_id": change.photo_id,
                "created_at": at,
            }
            for seq, change in enumerate(changes, first)
        ],
    )
    return last


def present(session: Session, catalogue_id: UUID) -> int:
    """The catalogue's present change number."""
    return session.scalars(
        select(models.CatalogueSeq.seq).where(models.CatalogueSeq.catalogue_id == catalogue_id)
    ).one()


def since(session: Session, catalogue_id: UUID, seq: int) -> list[NumberedChange]:
    """All changes after `seq`, oldest first.

    Fewer lines than `present - seq` mean that the feed was pruned: read all again.
    """
    feed = models.Change
    rows = session.execute(
        select(feed.seq, feed.kind, feed.item_id, feed.photo_id)
        .where(feed.catalogue_id == catalogue_id, feed.seq > seq)
        .order_by(feed.seq)
    )
    return [NumberedChange(*row) for row in rows]


def prune(session: Session) -> None:
    """Drop what is older than a day, in all catalogues, some thousands of lines of each at a time.

    Looked for from each feed's beginning: walking all of a day's lines every minute would hold up who writes.
    """
    feed = models.Change
    old = now(session) - FEED_KEEPS
    for catalogue_id in session.scalars(select(models.Catalogue.id)).all():
        first = (
            select(feed.seq, feed.created_at)
            .where(feed.catalogue_id == catalogue_id)
            .order_by(feed.seq)
            .limit(PRUNED_AT_ONCE)
            .subquery()
        )
        last = session.scalar(select(func.max(first.c.seq)).where(first.c.created_at < old))
        if last is not None:
            session.execute(delete(feed).where(feed.catalogue_id == catalogue_id, feed.seq <= last))
