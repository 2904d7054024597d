"""Keys: list, create, revoke. Owns the routes; what a key is, is the catalogue's, and who needs one guards.py's."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from flask import Response
from flask_openapi3.models.tag import Tag

from catalogue import keys
from catalogue.errors import NotFound
from catalogue.states import KeyScope
from service import reports, schemas
from service.cursors import query_hash
from service.documented import CALL, JSON, WRITING, Reply, blueprint, says
from service.exchange import answer, nothing
from service.services import services

log = structlog.get_logger()

KEYS = Tag(name="keys", description="Who may call. Admins alone see, make and revoke keys.")

api = blueprint("keys", __name__, KEYS)


@api.get("/keys", responses=says(Reply(200, "A page of keys.", reports.Keys), problems=[*CALL, "invalid-cursor"]))
def list_keys(query: schemas.KeysQuery) -> Response:
    """List keys.

    Newest first; revoked ones stay in the list.
    """
    asked = query_hash("keys")
    after = None if query.cursor is None else _position(services().cursors.read(query.cursor, asked, ""))
    with services().database.reading() as session:
        found = keys.list_keys(session, limit=query.limit + 1, after=after)
    page = found[: query.limit]
    more = len(found) > query.limit
    last = [page[-1].created_at.isoformat(), str(page[-1].id)] if more else []
    return answer(
        reports.Keys(
            keys=[reports.Key(**_facts(key)) for key in page],
            next_cursor=services().cursors.make(asked, "", last) if more else None,
        )
    )


@api.post("/keys", responses=says(Reply(201, "The key, this once.", reports.NewKey), problems=[*WRITING, *JSON]))
def create_key(body: schemas.KeyBody) -> Response:
    """Create a key.

    The answer is the only one that shows it. The first key ends open mode: from then on every call needs one.
    """
    new = services().database.write(
        lambda session: keys.create(
            session,
            services().keyring.secret,
            name=body.name,
            scope=KeyScope(body.scope),
            catalogue=body.catalogue,
            origins=body.origins,
        )
    )
    log.info("key_created", key_id=new.key.id.hex, scope=body.scope)
    return answer(reports.NewKey(**_facts(new.key), key=new.text), status=201)


@api.delete("/keys/<key_id>", responses=says(Reply(204, "The key passes no more."), problems=WRITING))
def revoke_key(path: schemas.KeyPath) -> Response:
    """Revoke a key.

    Every process refuses it from now on. Without any valid key the service stays closed.
    """
    try:
        key_id = UUID(path.key_id)
    except ValueError:
        raise NotFound(f"There is no key {path.key_id[:64]!r}.") from None
    services().database.write(lambda session: keys.revoke(session, key_id))
    log.info("key_revoked", key_id=key_id.hex)
    return nothing({})


def _facts(key: keys.Key) -> dict[str, Any]:
    return {
        "id": key.id.hex,
        "name": key.name,
        "scope": key.scope.value,
        "catalogue": key.catalogue,
        "origins": list(key.origins),
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }


def _position(values: list[str]) -> tuple[datetime, UUID]:
    at, key_id = values
    return datetime.fromisoformat(at), UUID(key_id)
