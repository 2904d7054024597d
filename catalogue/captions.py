"""Captions that people write or import, lock and take back. A model's captions are written in finishing.py."""

from __future__ import annotations

import unicodedata
from uuid import UUID

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from catalogue import changes, models
from catalogue.catalogues import Catalogue
from catalogue.changes import Change
from catalogue.database import now
from catalogue.errors import InvalidInput, VersionMismatch
from catalogue.facts import current_captions, shown_captions
from catalogue.photos import locked_photo
from catalogue.states import CaptionSource, ChangeKind
from catalogue.work import add_text_work

LONGEST_CAPTION = 1_000


def write_caption(
    session: Session,
    catalogue: Catalogue,
    photo_id: UUID,
    *,
    text: str | None,
    locked: bool | None,
    source: CaptionSource = CaptionSource.PERSON,
    if_match: int | None = None,
) -> int:
    """Words for a photo that no model wrote, and whether the shown caption is locked; returns the change number.

    Without `text`, only the lock of the caption that is shown changes (a model's caption can be kept this way).

    Args:
        source: who wrote `text`: a person, or an import; never a model.
    """
    photo = locked_photo(session, catalogue.id, photo_id)
    _match(photo, if_match)
    shown = _shown(session, catalogue, photo_id)
    if text is None and locked is None:
        raise InvalidInput.at("", "Send a text, or whether the caption is locked.")
    if text is None and shown is None:
        raise InvalidInput.at("/text", "There is no caption to lock yet. Send a text.")
    words = shown.text if text is None and shown is not None else _clean(text or "")
    keep = (shown is not None and shown.locked) if locked is None else locked
    # Writing the very words of a model makes them a person's: that is a change of who said it.
    if shown is not None and (words, keep) == (shown.text, shown.locked) and (text is None or shown.source is source):
        return changes.present(session, catalogue.id)
    photo.caption_version += 1
    if text is None and shown is not None:
        shown.locked = keep
        session.flush()
        return changes.record(session, catalogue.id, [Change(ChangeKind.ATTRIBUTES, photo.item_id, photo_id)])
    _retire_peoples(session, catalogue, photo_id)
    session.add(
        models.Caption(
            catalogue_id=catalogue.id,
            id=uuid7(),
            photo_id=photo_id,
            text=words,
            source=source,
            locked=keep,
            created_at=now(session),
        )
    )
    return _reworded(session, catalogue, photo)


def clear_caption(session: Session, catalogue: Catalogue, photo_id: UUID, *, if_match: int | None = None) -> int:
    """Back to the model's own caption, unlocked; returns the change number."""
    photo = locked_photo(session, catalogue.id, photo_id)
    _match(photo, if_match)
    if not _retire_peoples(session, catalogue, photo_id):
        return changes.present(session, catalogue.id)
    photo.caption_version += 1
    return _reworded(session, catalogue, photo)


def _reworded(session: Session, catalogue: Catalogue, photo: models.Photo) -> int:
    session.flush()
    add_text_work(session, catalogue.id, [photo.id])
    return changes.record(session, catalogue.id, [Change(ChangeKind.TEXT, photo.item_id, photo.id)])


def _retire_peoples(session: Session, catalogue: Catalogue, photo_id: UUID) -> bool:
    """Retire people's captions and unlock the model's; says whether there was anything to do."""
    altered = False
    at = now(session)
    for caption in current_captions(session, catalogue.id, _captioner(catalogue), [photo_id]):
        if caption.source is not CaptionSource.MODEL:
            caption.retired_at = at
            altered = True
        elif caption.locked:
            caption.locked = False
            altered = True
    return altered


def _shown(session: Session, catalogue: Catalogue, photo_id: UUID) -> models.Caption | None:
    return shown_captions(session, catalogue.id, _captioner(catalogue), [photo_id]).get(photo_id)


def _captioner(catalogue: Catalogue) -> str | None:
    return catalogue.active_set.captioner if catalogue.active_set else None


def _clean(text: str) -> str:
    words = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(words) <= LONGEST_CAPTION:
        raise InvalidInput.at("/text", f"A caption has 1 to {LONGEST_CAPTION} characters; this one has {len(words)}.")
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in words):
        raise InvalidInput.at("/text", "A caption may not hold control characters.")
    return words


def _match(photo: models.Photo, if_match: int | None) -> None:
    if if_match is not None and photo.caption_version != if_match:
        raise VersionMismatch(
            f"The caption is at version {photo.caption_version}, not {if_match}. Read it again and repeat your change."
        )
