"""Texts: which can be kept, and which `words` are made from. Owns form and hash, so that writer and checker agree."""

from __future__ import annotations

import hashlib
import unicodedata


def is_storable(text: str) -> bool:
    """Whether every database keeps it: PostgreSQL takes neither NUL nor half a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def words_text(title: str, caption: str | None) -> str:
    """Title and caption as one text for the sentence encoder."""
    parts = [part.strip().rstrip(".") for part in (title, caption or "") if part.strip()]
    return unicodedata.normalize("NFC", ". ".join(parts))


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
