"""The HTTP API's verbs, as the command line and the demo use them. Repeating requests is transport.py's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from catalogue.words import is_storable
from service.transport import (
    Form,
    NotAdmitted,
    Photo,
    Refusal,
    ServiceUnreachable,
    Transport,
    json_object,
    no_vitrine,
)

__all__ = ["Client", "NotAdmitted", "Photo", "Refusal", "ServiceUnreachable", "Upload", "Written"]

PHOTOS_A_REQUEST = 10  # the API's own limit


@dataclass(frozen=True, slots=True)
class Written:
    """An item as a batch wrote it; `changed`: it is new, or not as it was before."""

    changed: bool


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of some photos: those the service took, and why it refused the others, by their place.

    `changed`: not all of them were there already.
    """

    accepted: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    refused: Mapping[int, Refusal] = field(default_factory=dict)
    changed: bool = False


class Client:
    """A service at a URL. Any number of threads may use one.

    Args:
        key: what the service knows the caller by; empty for one in open mode.
        catalogue: which one is meant, where the key belongs to none; empty: the default one.
        patience_s: how long a request is repeated while the service is busy or restarting. Every request here may be:
            writes are patches, or known by their bytes.
    """

    def __init__(self, url: str, *, key: str = "", catalogue: str = "", patience_s: float = 10.0) -> None:
        self._transport = Transport(url, key=key, catalogue=catalogue, patience_s=patience_s)
        self.url = self._transport.url

    def ready(self) -> Mapping[str, Any] | None:
        """What /readyz says, or None while the service is not there or not ready."""
        response = self._transport.once("/readyz")
        return None if response is None or response.status_code != httpx.codes.OK else json_object(response)

    def stats(self) -> dict[str, Any]:
        return self._get("/v1/stats")

    def fields(self) -> list[dict[str, Any]]:
        """All fields, at least as they were when this was called."""
        headers = {"Vitrine-Min-Seq": str(self.stats()["seq"])}
        return list(json_object(self._transport.send("GET", "/v1/fields", headers=headers))["fields"])

    def declare(self, name: str, kind: str) -> None:
        """Fix the type of a field; for an admin key."""
        self._transport.send("PATCH", f"/v1/fields/{quote(name, safe='')}", body={"type": kind})

    def item(self, sku: str) -> dict[str, Any]:
        return self._get(_item(sku))

    def write_item(self, sku: str, patch: Mapping[str, Any]) -> None:
        """Merge `patch` (RFC 7396) into an item, made if it is new."""
        (outcome,) = self.write_items([json.dumps({"sku": sku, **patch}).encode()])
        if isinstance(outcome, Refusal):
            raise outcome

    def write_items(self, lines: Sequence[bytes]) -> list[Written | Refusal]:
        """Send JSON lines, each a patch with its `sku`, as one batch; what became of each.

        A line that came at a bad moment is sent again with all that follow it, so that the order holds.

        Raises:
            ServiceUnreachable: nothing can be written there: a full disk, or a database that stays away.
        """
        outcomes: list[Written | Refusal] = []
        patience = self._transport.patience()
        while True:
            rest = lines[len(outcomes) :]
            answers = self._batch(rest)
            busy = [place for place, answer in enumerate(answers) if _is_busy(answer) or _is_full(answer)]
            if not busy:
                return outcomes + answers
            first = answers[busy[0]]
            if patience.is_over or _is_full(first):
                raise ServiceUnreachable(f"The service can write nothing just now: {first}")
            if busy[0] > 0:
                patience = self._transport.patience()
            outcomes += answers[: busy[0]]
            patience.wait()

    def items(self, state: str | None = None) -> Iterator[dict[str, Any]]:
        """All items, newest first, page by page; with `state`, those with a photo in that state."""
        cursor: str | None = None
        while True:
            chosen = {"limit": "100", "state": state, "cursor": cursor}
            page = self._get("/v1/items", {name: value for name, value in chosen.items() if value is not None})
            yield from page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def upload(self, sku: str, photos: Sequence[Photo]) -> Upload:
        """Send photos of an item as bulk work: single uploads of others go first."""
        accepted: dict[int, Mapping[str, Any]] = {}
        refused: dict[int, Refusal] = {}
        changed = False
        for start in range(0, len(photos), PHOTOS_A_REQUEST):
            part = photos[start : start + PHOTOS_A_REQUEST]
            try:
                response = self._transport.send(
                    "POST", f"{_item(sku)}/photos", params={"bulk": "true"}, form=Form(part)
                )
            except Refusal as refusal:
                refused |= dict.fromkeys(range(start, start + len(part)), refusal)
                continue
            changed = changed or response.status_code == httpx.codes.ACCEPTED
            for place, answer in enumerate(json_object(response)["photos"], start):
                if "id" in answer:
                    accepted[place] = answer
                else:
                    refused[place] = Refusal(int(answer.get("status", 415)), answer)
        return Upload(accepted, refused, changed)

    def move_photo(self, photo_id: str, position: int) -> None:
        self._transport.send("PATCH", _photo(photo_id), body={"position": position})

    def write_caption(self, photo_id: str, text: str, *, source: str, locked: bool) -> None:
        body = {"text": text, "source": source, "locked": locked}
        self._transport.send("PATCH", f"{_photo(photo_id)}/caption", body=body)

    def original(self, photo_id: str) -> bytes:
        """A photo's bytes as they were uploaded; for a key that may write."""
        return self._transport.send("GET", f"{_photo(photo_id)}/original").content

    def search(
        self, q: str, *, limit: int, min_confidence: float | None = None, min_seq: int | None = None
    ) -> dict[str, Any]:
        """The first page for a text. With `min_seq`, the answer holds everything up to that change."""
        params = {"q": q, "limit": str(limit)} | _threshold(min_confidence)
        headers = {} if min_seq is None else {"Vitrine-Min-Seq": str(min_seq)}
        return json_object(self._transport.send("GET", "/v1/search", params=params, headers=headers))

    def search_photo(self, photo: Photo, *, limit: int, min_confidence: float | None = None) -> dict[str, Any]:
        query: dict[str, Any] = {"limit": limit}
        if min_confidence is not None:
            query["min_confidence"] = min_confidence
        return json_object(self._transport.send("POST", "/v1/search", form=Form([photo], query)))

    def similar(self, sku: str, *, limit: int, min_confidence: float | None = None) -> dict[str, Any]:
        return self._get(f"{_item(sku)}/similar", {"limit": str(limit)} | _threshold(min_confidence))

    def close(self) -> None:
        """Let go of the connections; requests that other threads are repeating give up."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        return json_object(self._transport.send("GET", path, params=params))

    def _batch(self, lines: Sequence[bytes]) -> list[Written | Refusal]:
        headers = {"Content-Type": "application/x-ndjson"}
        response = self._transport.send("POST", "/v1/items:batch", headers=headers, content=b"\n".join(lines))
        try:
            answers = [json.loads(line) for line in response.content.splitlines()]
        except ValueError as error:
            raise no_vitrine(response) from error
        if len(answers) != len(lines):
            raise no_vitrine(response)
        return [_outcome(answer) for answer in answers]


def _outcome(answer: Mapping[str, Any]) -> Written | Refusal:
    if "type" in answer:
        return Refusal(int(answer["status"]), answer)
    return Written(bool(answer["changed"]))


def _is_full(outcome: Written | Refusal) -> bool:
    return isinstance(outcome, Refusal) and outcome.status == httpx.codes.INSUFFICIENT_STORAGE


def _is_busy(outcome: Written | Refusal) -> bool:
    return isinstance(outcome, Refusal) and outcome.status == httpx.codes.SERVICE_UNAVAILABLE


def _item(sku: str) -> str:
    """Where an item is. Raises Refusal for what would be the address of something else."""
    if not sku or "/" in sku or sku in {".", ".."} or not is_storable(sku):
        detail = (
            f"The sku {sku!r} cannot be used: it must be text, not empty, without a slash, nor one or two dots alone."
        )
        raise Refusal(422, {"type": "/problems/invalid-input", "detail": detail})
    return f"/v1/items/{quote(sku, safe='')}"


def _photo(photo_id: str) -> str:
    return f"/v1/photos/{UUID(photo_id)}"


def _threshold(min_confidence: float | None) -> dict[str, str]:
    return {} if min_confidence is None else {"min_confidence": str(min_confidence)}
