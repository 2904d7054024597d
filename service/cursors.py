"""Signed cursors, bound to the query they walk. Owns their form; what a position means is the caller's."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from service.errors import CursorExpired, CursorInvalid

_NOT_OURS = "This cursor is not one of ours. Take `next_cursor` of the answer before, unchanged."
_OTHER_QUERY = "This cursor belongs to another query. Send it with the parameters that it came from."
_EXPIRED = "The catalogue's model or settings have changed since this cursor was made. Start from the first page."


@dataclass(frozen=True, slots=True)
class Cursors:
    """Makes and reads cursors with the installation's secret."""

    secret: bytes

    def make(self, query: str, world: str, position: list[Any], token: str | None = None) -> str:
        """Args:
        query: the hash of what is asked. world: what makes older positions meaningless when it changes.
        position: JSON values. token: of the photo that is walked by, so that the cursor alone will do.
        """
        signed = self._signer().dumps([query, world, position, token])
        return signed if isinstance(signed, str) else signed.decode()

    def token(self, cursor: str) -> str | None:
        """The query photo's, where the cursor walks by one. Raises CursorInvalid."""
        token = self._loads(cursor)[3]
        return None if token is None else str(token)

    def read(self, cursor: str, query: str, world: str) -> list[Any]:
        """The position. Raises CursorInvalid, or CursorExpired when the world is another."""
        its_query, its_world, position, _ = self._loads(cursor)
        if its_query != query:
            raise CursorInvalid.at("/cursor", _OTHER_QUERY)
        if its_world != world:
            raise CursorExpired.at("/cursor", _EXPIRED)
        return list(position)

    def _loads(self, cursor: str) -> tuple[str, str, list[Any], str | None]:
        try:
            query, world, position, token = self._signer().loads(cursor)
        except (BadData, ValueError, TypeError):
            raise CursorInvalid.at("/cursor", _NOT_OURS) from None
        return query, world, position, token

    def _signer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.secret, salt="vitrine cursor", signer_kwargs={"digest_method": hashlib.sha256})


def query_hash(*parts: Any) -> str:
    """A short hash of what a query asks."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()[:16]
