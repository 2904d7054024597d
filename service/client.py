"""The HTTP API's client, as the command line and the demo use it. Owns retries and what a refusal says; prints nothing.

VitrineError
├── ServiceUnreachable  nobody answers at that URL
├── NotAdmitted         the service wants a key, or a better one: no other request would fare better
└── Refusal             the service answered with another problem
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote

import httpx

from catalogue.errors import VitrineError

PHOTOS_A_REQUEST = 10  # the API's own limit
# An upload is answered after its photo was decoded, which may take its whole time limit.
TIMEOUT = httpx.Timeout(60, connect=5)
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0

Photo = Path | bytes


class ServiceUnreachable(VitrineError):
    code = "service-unreachable"


class NotAdmitted(VitrineError):
    code = "not-admitted"


class Refusal(VitrineError):
    """The service said no; the message is its problem's detail."""

    code = "refusal"

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        sentences = [str(problem.get("detail") or problem.get("title") or f"The service answered {status}.")]
        for fault in problem.get("errors", ()):
            if str(fault.get("detail", "")) not in sentences[0]:
                sentences.append(f"{fault.get('pointer', '')}: {fault.get('detail', '')}")
        super().__init__(" ".join(sentences))
        self.status = status
        self.problem_code = str(problem.get("type", "")).rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of some photos: those the service took, and why it refused the others, by their place."""

    accepted: tuple[Mapping[str, Any], ...] = ()
    refused: Mapping[int, Refusal] = field(default_factory=dict)


class Client:
    """A service at a URL. Any number of threads may use one.

    Args:
        key: what the service knows the caller by; empty for one in open mode.
        patience_s: how long a request is repeated while the service is busy (503, 429) or, once it has answered
            anything, restarting. Every request here may be repeated: writes are PUT, PATCH or known by their bytes.
    """

    def __init__(self, url: str, *, key: str = "", patience_s: float = 10.0) -> None:
        self.url = url.rstrip("/")
        self._patience_s = patience_s
        self._has_answered = False
        self._closed = threading.Event()
        # A proxy of the environment has no business between a machine and its own loopback.
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(
            base_url=self.url, headers=headers, timeout=TIMEOUT, trust_env=False, verify=_trusted()
        )

    def ready(self) -> Mapping[str, Any] | None:
        """What /readyz says, or None while the service is not there or not ready."""
        try:
            response = self._http.get("/readyz")
        except httpx.TransportError:
            return None
        return _object(response) if response.status_code == httpx.codes.OK else None

    def item(self, sku: str) -> dict[str, Any]:
        return _object(self._send("GET", _item(sku)))

    def write_item(self, sku: str, patch: Mapping[str, Any]) -> None:
        """Merge `patch` (RFC 7396) into an item; one that is not there is made from what the patch sets."""
        try:
            self._send("PATCH", _item(sku), body=patch, headers={"Content-Type": "application/merge-patch+json"})
        except Refusal as refusal:
            if refusal.status != httpx.codes.NOT_FOUND:
                raise
            self._send("PUT", _item(sku), body=_without_nulls(patch))

    def items(self, state: str | None = None) -> Iterator[dict[str, Any]]:
        """All items, newest first, page by page; with `state`, those with a photo in that state."""
        cursor: str | None = None
        while True:
            chosen = {"limit": "100", "state": state, "cursor": cursor}
            page = _object(self._send("GET", "/v1/items", params={k: v for k, v in chosen.items() if v is not None}))
            yield from page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def upload(self, sku: str, photos: Sequence[Photo]) -> Upload:
        """Send photos of an item as bulk work: single uploads of others go first."""
        accepted: list[Mapping[str, Any]] = []
        refused: dict[int, Refusal] = {}
        for start in range(0, len(photos), PHOTOS_A_REQUEST):
            part = photos[start : start + PHOTOS_A_REQUEST]
            try:
                answers = _object(self._send("POST", f"{_item(sku)}/photos?bulk=true", photos=part))["photos"]
            except Refusal as refusal:
                refused |= dict.fromkeys(range(start, start + len(part)), refusal)
                continue
            for place, answer in enumerate(answers, start):
                if "id" in answer:
                    accepted.append(answer)
                else:
                    refused[place] = Refusal(int(answer.get("status", 415)), answer)
        return Upload(tuple(accepted), refused)

    def search(
        self, q: str, *, limit: int, min_confidence: float | None = None, min_seq: int | None = None
    ) -> dict[str, Any]:
        """The first page for a text. With `min_seq`, the answer holds everything up to that change."""
        params = {"q": q, "limit": str(limit)} | _threshold(min_confidence)
        headers = {} if min_seq is None else {"Vitrine-Min-Seq": str(min_seq)}
        return _object(self._send("GET", "/v1/search", params=params, headers=headers))

    def search_photo(self, photo: Photo, *, limit: int, min_confidence: float | None = None) -> dict[str, Any]:
        query: dict[str, Any] = {"limit": limit}
        if min_confidence is not None:
            query["min_confidence"] = min_confidence
        return _object(self._send("POST", "/v1/search", photos=[photo], query=query))

    def similar(self, sku: str, *, limit: int, min_confidence: float | None = None) -> dict[str, Any]:
        params = {"limit": str(limit)} | _threshold(min_confidence)
        return _object(self._send("GET", f"{_item(sku)}/similar", params=params))

    def close(self) -> None:
        """Let go of the connections; requests that other threads are repeating give up."""
        self._closed.set()
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        photos: Sequence[Photo] = (),
        query: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """Send one request until it is answered for good.

        Raises:
            NotAdmitted: answered with 401 or 403. Refusal: answered with another problem.
            ServiceUnreachable: no answer within the patience.
        """
        deadline = time.monotonic() + self._patience_s
        pause_s = FIRST_PAUSE_S
        while True:
            late = time.monotonic() >= deadline
            if self._closed.is_set():
                raise ServiceUnreachable(_no_answer(self.url))
            try:
                with ExitStack() as opened:
                    files = _multipart(photos, query, opened) or None
                    response = self._http.request(method, path, params=params, headers=headers, json=body, files=files)
            except httpx.TransportError as error:
                if "CERTIFICATE_VERIFY_FAILED" in str(error):
                    raise ServiceUnreachable(_not_trusted(self.url)) from error
                if late or not self._has_answered:
                    raise ServiceUnreachable(_no_answer(self.url)) from error
                asked_s = 0.0
            else:
                self._has_answered = True
                if response.status_code not in {429, 503} or late:
                    return _checked(response)
                asked_s = _retry_after_s(response)
            self._closed.wait(min(max(pause_s, asked_s), LONGEST_PAUSE_S, max(0.0, deadline - time.monotonic())))
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def _item(sku: str) -> str:
    """Where an item is. Raises Refusal for what would be the address of something else."""
    if not sku or "/" in sku or sku in {".", ".."}:
        detail = f"The sku {sku!r} cannot be used: it may not be empty, hold a slash, or be one or two dots alone."
        raise Refusal(422, {"type": "/problems/invalid-input", "detail": detail})
    return f"/v1/items/{quote(sku, safe='')}"


def _threshold(min_confidence: float | None) -> dict[str, str]:
    return {} if min_confidence is None else {"min_confidence": str(min_confidence)}


def _without_nulls(patch: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in patch.items() if value is not None}
    if isinstance(kept.get("attributes"), Mapping):
        kept["attributes"] = {name: value for name, value in kept["attributes"].items() if value is not None}
    return kept


def _multipart(
    photos: Sequence[Photo], query: Mapping[str, Any] | None, opened: ExitStack
) -> list[tuple[str, tuple[str | None, IO[bytes] | bytes, str]]]:
    parts: list[tuple[str, tuple[str | None, IO[bytes] | bytes, str]]] = []
    for photo in photos:
        # The service goes by content; names and types that claim something would only mislead readers of logs.
        content = photo if isinstance(photo, bytes) else opened.enter_context(photo.open("rb"))
        parts.append(("photo", ("photo", content, "application/octet-stream")))
    if query is not None:
        parts.append(("query", (None, json.dumps(query).encode(), "application/json")))
    return parts


def _retry_after_s(response: httpx.Response) -> float:
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() else 0.0


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict) or "type" not in problem:
        problem = {"detail": f"{response.url.netloc.decode()} answered {response.status_code}; is it Vitrine?"}
    if response.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        raise NotAdmitted(str(problem.get("detail", "")))
    raise Refusal(response.status_code, problem)


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError as error:
        raise ServiceUnreachable(f"What answers at {response.url} does not speak Vitrine's API.") from error
    if not isinstance(answer, dict):
        raise ServiceUnreachable(f"What answers at {response.url} does not speak Vitrine's API.")
    return answer


def _trusted() -> ssl.SSLContext:
    """The usual authorities, and this machine's own: a company's may be among them, or in SSL_CERT_FILE."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def _not_trusted(url: str) -> str:
    return f"The certificate of {url} is not trusted here. Name the file of its authority in SSL_CERT_FILE."


def _no_answer(url: str) -> str:
    return f"No Vitrine answers at {url}. Start it with `vitrine up`, or name another with --url."
