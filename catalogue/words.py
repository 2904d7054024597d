"""The text that the `words` vector is made from. Owns its form and its hash, so that writer and checker agree."""

from __future__ import annotations

import hashlib
import unicodedata


def words_text(title: str, caption: str | None) -> str:
    """Title and caption as one text for the sentence encoder."""
    parts = [part.strip().rstrip(".") for part in (title, caption or "") if part.strip()]
    return unicodedata.normalize("NFC", ". ".join(parts))


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
