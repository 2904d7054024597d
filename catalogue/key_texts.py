"""A key as its owner holds it: how it looks, how one is made, what is kept of it. Reads and writes no row."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from uuid import UUID

PREFIX = "vt_live_"
LEAST_SECRET = 32  # characters
LEAST_KINDS = 8  # of characters: a random secret has more, `xxxx…` of an example file has not
_FORM = re.compile(rf"{PREFIX}(?P<id>[0-9a-f]{{32}})_(?P<secret>[A-Za-z0-9_-]{{{LEAST_SECRET},128}})")


def make_text(key_id: UUID) -> str:
    """A new key: its id, which may be shown, and 256 random bits, which may not."""
    return f"{PREFIX}{key_id.hex}_{secrets.token_urlsafe(32)}"


def id_of(text: str) -> UUID | None:
    """The id that a key names, None for what has not the form of a key."""
    parts = _FORM.fullmatch(text)
    return UUID(parts["id"]) if parts else None


def is_weak(text: str) -> bool:
    """Whether a key's secret was typed rather than drawn."""
    parts = _FORM.fullmatch(text)
    return parts is None or len(set(parts["secret"])) < LEAST_KINDS


def hash_of(text: str, secret: bytes) -> str:
    """What is kept of a key: without the installation's secret nobody can tell whether a guess is right."""
    return hmac.new(secret, b"vitrine api key " + text.encode(), hashlib.sha256).hexdigest()


def matches(text: str, kept: str, secret: bytes) -> bool:
    """Whether `kept` is this key's hash; takes as long for a near miss as for a far one."""
    return hmac.compare_digest(hash_of(text, secret), kept)
