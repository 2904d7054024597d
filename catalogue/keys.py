"""API keys: made, listed, found, revoked. Owns whose a key is and what it may; how it looks is key_texts.py's.

A row is never deleted: a service that had a key once stays closed when the last one is revoked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from sqlalchemy import and_, bindparam, exists, or_, select, update
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from catalogue import models
from catalogue.catalogues import DEFAULT, read_catalogue
from catalogue.database import insert_into, now
from catalogue.errors import InvalidInput, NotFound, SettingsInvalid
from catalogue.key_texts import hash_of, id_of, is_weak, make_text, matches
from catalogue.states import KeyScope

log = structlog.get_logger()

LONGEST_NAME, MOST_ORIGINS = 128, 20
ADMIN_KEY = "VITRINE_ADMIN_KEY"  # the name of the key that this setting gives
_UNSAID = {"http": 80, "https": 443}  # ports that browsers leave out of an origin
_RANKS = tuple(KeyScope)  # each includes those before it

_KEYS = select(models.Key, models.Catalogue.name).outerjoin(
    models.Catalogue, models.Catalogue.id == models.Key.catalogue_id
)
# Built once: each request runs one of these.
_BY_ID = _KEYS.where(models.Key.id == bindparam("key_id"))
_ANY = select(exists().select_from(models.Key))


@dataclass(frozen=True, slots=True)
class Key:
    """A key's row with its catalogue's name; of the secret nobody here knows more than a hash."""

    id: UUID
    name: str
    scope: KeyScope
    catalogue: str | None  # None: an admin key, which serves all
    origins: tuple[str, ...]  # empty: from anywhere
    created_at: datetime
    last_used_at: datetime | None  # to the minute
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its text, which can be shown this once."""

    key: Key
    text: str = field(repr=False)


def includes(held: KeyScope, needed: KeyScope) -> bool:
    return _RANKS.index(held) >= _RANKS.index(needed)


def create(
    session: Session,
    secret: bytes,
    *,
    name: str,
    scope: KeyScope,
    catalogue: str | None = None,
    origins: Sequence[str] = (),
) -> NewKey:
    """Make a key: an admin's serves all catalogues, any other one of them (the default one unless named).

    Raises:
        InvalidInput: a name, origin or catalogue that cannot be. NotFound: no such catalogue.
    """
    _check_name(name)
    if scope is KeyScope.ADMIN and catalogue is not None:
        raise InvalidInput.at("/catalogue", "An admin key serves every catalogue; leave 'catalogue' out.")
    catalogue_id = None if scope is KeyScope.ADMIN else read_catalogue(session, catalogue or DEFAULT).id
    kept = _checked_origins(origins)
    key_id = uuid7()
    text = make_text(key_id)
    row = {"name": name, "scope": scope, "catalogue_id": catalogue_id, "origins": kept}
    _add(session, {"id": key_id, "secret_hash": hash_of(text, secret), **row})
    return NewKey(_key(*session.execute(_BY_ID, {"key_id": key_id}).one()), text)


def list_keys(session: Session, *, limit: int, after: tuple[datetime, UUID] | None = None) -> list[Key]:
    """Keys newest first, the revoked ones among them, after a position."""
    row = models.Key
    chosen = _KEYS
    if after is not None:
        at, key_id = after
        chosen = chosen.where(or_(row.created_at < at, and_(row.created_at == at, row.id < key_id)))
    return [_key(*each) for each in session.execute(chosen.order_by(row.created_at.desc(), row.id.desc()).limit(limit))]


def revoke(session: Session, key_id: UUID) -> None:
    """No request that begins after the commit passes with this key. Called twice, it changes nothing."""
    row = session.get(models.Key, key_id, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no key {key_id.hex}.")
    if row.revoked_at is None:
        row.revoked_at = now(session)


def find(session: Session, text: str, secret: bytes) -> Key | None:
    """Whose key this is; None for what is no key, an unknown one, a wrong secret or a revoked one."""
    key_id = id_of(text)
    row = None if key_id is None else session.execute(_BY_ID, {"key_id": key_id}).one_or_none()
    if row is None or not matches(text, row[0].secret_hash, secret) or row[0].revoked_at is not None:
        return None
    return _key(*row)


def are_there(session: Session) -> bool:
    """Whether there was ever a key: if not, the service is in open mode."""
    return bool(session.scalar(_ANY))


def record_use(session: Session, key_ids: Sequence[UUID]) -> None:
    row = models.Key
    session.execute(update(row).where(row.id.in_(key_ids)).values(last_used_at=now(session)))


def ensure_admin_key(session: Session, text: str, secret: bytes) -> None:
    """Make the key of VITRINE_ADMIN_KEY known. Called twice, it changes nothing; another text replaces the one before.

    One that was replaced or revoked stays so, whatever the setting says: whoever revoked it had a reason.

    Raises:
        SettingsInvalid: the text is no key, a weak one, or has the id of a key that is not the setting's.
    """
    key_id = id_of(text)
    if key_id is None or is_weak(text):
        raise SettingsInvalid(
            f"{ADMIN_KEY} is no key; it must be vt_live_, 32 hexadecimal digits, _ and a random secret of 32 or more "
            "letters and digits. `vitrine keys new` prints one."
        )
    kept = hash_of(text, secret)
    _add(session, {"id": key_id, "secret_hash": kept, "name": ADMIN_KEY, "scope": KeyScope.ADMIN, "origins": []})
    row = session.get_one(models.Key, key_id, with_for_update=True)
    if row.name != ADMIN_KEY:
        raise SettingsInvalid(f"{ADMIN_KEY} has the id of another key. `vitrine keys new` prints one to be used here.")
    if row.revoked_at is not None:
        log.warning("admin_key_revoked", key_id=key_id.hex)
        return  # nor is the one that works replaced by one that does not
    row.secret_hash = kept  # made with another VITRINE_SECRET_KEY, it would fit no more
    older = (models.Key.name == ADMIN_KEY, models.Key.id != key_id, models.Key.revoked_at.is_(None))
    session.execute(update(models.Key).where(*older).values(revoked_at=now(session)))


def _add(session: Session, row: dict[str, Any]) -> None:
    """Add a row unless there is one of that id: two processes may install the same admin key."""
    absent = insert_into(session, models.Key).on_conflict_do_nothing(index_elements=["id"])
    session.execute(absent, [{**row, "created_at": now(session)}])


def _key(key: models.Key, catalogue: str | None) -> Key:
    return Key(
        id=key.id,
        name=key.name,
        scope=key.scope,
        catalogue=catalogue,
        origins=tuple(key.origins),
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidInput.at("/name", f"A key's name has 1 to {LONGEST_NAME} characters, and none for control.")
    if name == ADMIN_KEY:
        raise InvalidInput.at("/name", f"{ADMIN_KEY} is the name of the key which that setting gives. Choose another.")


def _checked_origins(origins: Sequence[str]) -> list[str]:
    """In the form in which browsers send them."""
    if len(origins) > MOST_ORIGINS:
        raise InvalidInput.at("/origins", f"A key has at most {MOST_ORIGINS} origins; these are {len(origins)}.")
    for place, origin in enumerate(origins):
        if not _is_origin(origin):
            detail = f"{origin[:100]!r} is no origin: give scheme and host alone, such as https://shop.example."
            raise InvalidInput.at(f"/origins/{place}", detail)
    return [origin.lower() for origin in origins]


def _is_origin(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        has_host, port = bool(parts.hostname), parts.port  # a port that is none raises
    except ValueError:
        return False
    alone = origin.lower() == f"{parts.scheme}://{parts.netloc}".lower() and parts.scheme in _UNSAID
    short = alone and port != _UNSAID[parts.scheme] and not origin.endswith(":")
    return has_host and short and origin.isascii() and origin.isprintable() and not {" ", "@", "*"} & set(origin)
