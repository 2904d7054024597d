"""Leases on named jobs, and heartbeats: who may do what, and who is alive, by the database's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.database import insert_into, now

WHOLE_SERVICE = UUID(int=0)
HEARTBEATS_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LiveWorker:
    owner: str
    queue: str
    device: str
    started_at: datetime
    seen_at: datetime


def acquire(
    session: Session, name: str, owner: str, *, lease_s: float, catalogue_id: UUID = WHOLE_SERVICE
) -> int | None:
    """Take or renew the lease `name`; returns its fencing token, or None while somebody else holds it."""
    at = now(session)
    row = session.scalars(
        select(models.Lease).filter_by(catalogue_id=catalogue_id, name=name).with_for_update()
    ).one_or_none()
    if row is not None and row.owner != owner and row.expires_at > at:
        return None
    if row is not None and row.owner == owner and row.expires_at > at:
        row.expires_at = at + timedelta(seconds=lease_s)
        return row.token
    token = session.scalars(insert(models.Token).returning(models.Token.id)).one()
    values = {"owner": owner, "token": token, "expires_at": at + timedelta(seconds=lease_s)}
    statement = insert_into(session, models.Lease).values(catalogue_id=catalogue_id, name=name, **values)
    return session.scalars(
        statement.on_conflict_do_update(
            index_elements=["catalogue_id", "name"], set_=values, where=models.Lease.expires_at <= at
        ).returning(models.Lease.token),
        execution_options={"populate_existing": True},
    ).one_or_none()


def is_held(session: Session, name: str, *, catalogue_id: UUID = WHOLE_SERVICE) -> bool:
    """Whether anybody holds the lease `name` now."""
    lease = models.Lease
    found = select(lease.owner).where(
        lease.catalogue_id == catalogue_id, lease.name == name, lease.expires_at > now(session)
    )
    return session.scalars(found).first() is not None


def release(session: Session, name: str, token: int, *, catalogue_id: UUID = WHOLE_SERVICE) -> None:
    """Let go of a lease, if it is still ours."""
    session.execute(
        delete(models.Lease).where(
            models.Lease.catalogue_id == catalogue_id, models.Lease.name == name, models.Lease.token == token
        )
    )


def beat(session: Session, owner: str, *, queue: str, device: str) -> None:
    """Say that `owner` is alive; what has been silent for a day is forgotten."""
    at = now(session)
    statement = insert_into(session, models.Heartbeat).values(
        owner=owner, queue=queue, device=device, started_at=at, seen_at=at
    )
    session.execute(statement.on_conflict_do_update(index_elements=["owner"], set_={"seen_at": at, "device": device}))
    session.execute(delete(models.Heartbeat).where(models.Heartbeat.seen_at < at - HEARTBEATS_KEPT))


def live_workers(session: Session, *, within_s: float) -> list[LiveWorker]:
    """The workers whose last heartbeat is younger than `within_s`."""
    beats = models.Heartbeat
    rows = session.execute(
        select(beats.owner, beats.queue, beats.device, beats.started_at, beats.seen_at)
        .where(beats.seen_at > now(session) - timedelta(seconds=within_s))
        .order_by(beats.owner)
    )
    return [LiveWorker(*row) for row in rows]
