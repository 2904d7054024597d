"""What is kept of photos that were searched by: their vectors, for an hour, under a token. Never the photo itself."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.database import insert_into, now

KEPT = timedelta(hours=1)


def keep(session: Session, catalogue_id: UUID, model_set_id: UUID, token: str, look: bytes, meaning: bytes) -> None:
    """Keep a query photo's vectors (float16, as all are) for an hour from now. Called twice: for an hour from then."""
    row = {
        "catalogue_id": catalogue_id, "token": token, "model_set_id": model_set_id, "look": look, "meaning": meaning,
        "expires_at": now(session) + KEPT,
    }  # fmt: skip
    statement = insert_into(session, models.Query)
    renewed = {"expires_at": statement.excluded.expires_at}
    session.execute(
        statement.on_conflict_do_update(index_elements=["catalogue_id", "token"], set_=renewed).values([row])
    )


def read_look(session: Session, catalogue_id: UUID, model_set_id: UUID, token: str) -> bytes | None:
    """The vector of what the photo looks like; None for a token that is unknown, too old, or another set's."""
    query = models.Query
    return session.scalar(
        select(query.look).where(
            query.catalogue_id == catalogue_id,
            query.token == token,
            query.model_set_id == model_set_id,
            query.expires_at > now(session),
        )
    )


def prune(session: Session) -> None:
    """Drop what is no longer kept, in all catalogues: an hour's photos are few."""
    session.execute(delete(models.Query).where(models.Query.expires_at <= now(session)))
