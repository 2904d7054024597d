"""Photos that are searched by, and the tokens under which any process finds them again. Owns token and numbers."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from catalogue import query_photos
from catalogue.catalogues import ModelSet
from indexing.queries import PhotoQuery
from indexing.vectors import from_float16
from indexing.view import View
from service.captions import active_set
from service.errors import QueryExpired
from service.services import services

_TOKEN_DIGITS = 32
_HALF = 2  # bytes of a float16


def token_of(view: View, sha256: str) -> str:
    """The same photo has the same token, which nobody can make of it who has not the installation's secret."""
    named = f"query photo {view.catalogue.id} {active_set(view.catalogue).id} {sha256}"
    return hmac.digest(services().cursors.secret, named.encode(), "sha256").hex()[:_TOKEN_DIGITS]


def remember(view: View, token: str, vectors: Mapping[str, NDArray[np.float32]]) -> PhotoQuery:
    """The query by these vectors, which are kept for an hour."""
    model_set, kept = active_set(view.catalogue), {space: vector.astype("<f2") for space, vector in vectors.items()}
    look, meaning = kept["look"].tobytes(), kept["meaning"].tobytes()
    services().database.write(
        lambda session: query_photos.keep(session, view.catalogue.id, model_set.id, token, look, meaning)
    )
    # As it will be read again: the first page must compare with the very numbers of the later ones.
    return _query(look)


def remembered(view: View, token: str) -> PhotoQuery | None:
    """The query by the photo of that token; None when it is not known, or no longer."""
    model_set: ModelSet | None = view.catalogue.active_set
    if model_set is None:
        return None
    with services().database.reading() as session:
        look = query_photos.read_look(session, view.catalogue.id, model_set.id, token)
    return None if look is None else _query(look)


def expired(pointer: str) -> QueryExpired:
    return QueryExpired.at(pointer, "This query photo is not known, or no longer. Send the photo again.")


def _query(look: bytes) -> PhotoQuery:
    rows, _ = from_float16(look, len(look) // _HALF)
    return PhotoQuery(rows[0])
