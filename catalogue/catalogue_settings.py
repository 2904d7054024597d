"""What operators set of a catalogue: its name and currency once, its threshold and language at any time."""

from __future__ import annotations

import re
from uuid import UUID

from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalogue import changes, models
from catalogue.catalogues import Catalogue, ensure_catalogue, locked_catalogue, read_catalogue
from catalogue.changes import Change
from catalogue.errors import InvalidInput
from catalogue.states import ChangeKind

MIN_CONFIDENCE = "min_confidence"  # in a catalogue's settings: the threshold of its searches
LONGEST_NAME = 64

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)


def create_catalogue(session: Session, name: str, currency: str) -> UUID:
    """A new catalogue, still without a model. Raises InvalidInput: there is one, or no such name or currency."""
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise InvalidInput.at(
            "/name",
            f"{name[:LONGEST_NAME]!r} cannot be a catalogue's name: it has 1 to {LONGEST_NAME} of a-z, A-Z, 0-9, '.', "
            "'_' and '-', and begins with a letter or digit.",
        )
    if currency not in list_currencies():
        raise InvalidInput.at("/currency", f"{currency[:10]!r} is no ISO 4217 code such as EUR.")
    if session.scalar(select(models.Catalogue.id).where(models.Catalogue.name == name)) is not None:
        raise InvalidInput.at("/name", f"There is a catalogue {name!r} already.")
    return ensure_catalogue(session, name, currency)


def list_catalogues(session: Session) -> list[Catalogue]:
    """All of them, by name."""
    names = session.scalars(select(models.Catalogue.name).order_by(models.Catalogue.name)).all()
    return [read_catalogue(session, name) for name in sorted(names)]  # databases order letters by their own lights


def count_items(session: Session) -> dict[UUID, int]:
    """By catalogue; one without items is not among them."""
    item = models.Item
    return dict(session.execute(select(item.catalogue_id, func.count()).group_by(item.catalogue_id)).all())


def set_min_confidence(session: Session, catalogue_id: UUID, least: float | None) -> int:
    """The threshold of searches that name none; None: the calibration's. Returns the change number.

    Raises:
        InvalidInput: not from 0 to 1.
    """
    if least is not None and not 0 <= least <= 1:  # NaN is not
        raise InvalidInput.at("/min_confidence", f"A threshold of {least} cannot be: it goes from 0 to 1.")
    catalogue = locked_catalogue(session, catalogue_id)
    others = {name: value for name, value in catalogue.settings.items() if name != MIN_CONFIDENCE}
    settings = others if least is None else {**others, MIN_CONFIDENCE: least}
    if settings == catalogue.settings:
        return changes.present(session, catalogue_id)
    catalogue.settings = settings
    return _changed(session, catalogue)


def set_language(session: Session, catalogue_id: UUID, tag: str) -> int:
    """The language of its titles and searches, as a BCP 47 tag. Returns the change number.

    Raises:
        InvalidInput: no tag of a language that is known.
    """
    language = _language(tag)
    catalogue = locked_catalogue(session, catalogue_id)
    if catalogue.language == language:
        return changes.present(session, catalogue_id)
    catalogue.language = language
    return _changed(session, catalogue)


def _language(tag: str) -> str:
    """In the usual form: `pt-BR` for `PT-br`."""
    try:
        return str(Locale.parse(tag, sep="-")).replace("_", "-")
    except (ValueError, UnknownLocaleError):
        raise InvalidInput.at(
            "/language", f"{tag[:40]!r} is no language that is known: a BCP 47 tag such as en, de-CH or pt-BR is."
        ) from None


def _changed(session: Session, catalogue: models.Catalogue) -> int:
    """Views are loaded anew, and cursors of before are spent."""
    catalogue.settings_version += 1
    session.flush()
    return changes.record(session, catalogue.id, [Change(ChangeKind.CATALOGUE)])
