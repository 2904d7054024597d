"""Requests to a service until they are answered for good. Owns retries and what a refusal says.

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
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx

from catalogue.errors import VitrineError

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
class Form:
    """A multipart body: photos, and a search's query beside one."""

    photos: Sequence[Photo]
    query: Mapping[str, Any] | None = None

    def parts(self, opened: ExitStack) -> list[tuple[str, tuple[str | None, IO[bytes] | bytes, str]]]:
        parts: list[tuple[str, tuple[str | None, IO[bytes] | bytes, str]]] = []
        for photo in self.photos:
            # The service goes by content; names and types that claim something would only mislead readers of logs.
            content = photo if isinstance(photo, bytes) else opened.enter_context(photo.open("rb"))
            parts.append(("photo", ("photo", content, "application/octet-stream")))
        if self.query is not None:
            parts.append(("query", (None, json.dumps(self.query).encode(), "application/json")))
        return parts


class Patience:
    """How long something is tried again, with growing pauses.

    Args:
        closed: once it is set, nothing is waited for any more.
    """

    def __init__(self, patience_s: float, closed: threading.Event) -> None:
        self._until = time.monotonic() + patience_s
        self._pause_s = FIRST_PAUSE_S
        self._closed = closed

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._until

    def wait(self, asked_s: float = 0.0) -> None:
        left_s = max(0.0, self._until - time.monotonic())
        self._closed.wait(min(max(self._pause_s, asked_s), LONGEST_PAUSE_S, left_s))
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)


class Transport:
    """A service at a URL. Any number of threads may use one.

    Args:
        key: what the service knows the caller by; empty for one in open mode.
        catalogue: which one is meant, where the key belongs to none; empty: what the service takes it to be.
        patience_s: how long a request is repeated while the service is busy (503, 429) or, once it has answered
            anything, restarting. So every request must be one that may be repeated.
    """

    def __init__(self, url: str, *, key: str, catalogue: str, patience_s: float) -> None:
        self.url = url.rstrip("/")
        self._patience_s = patience_s
        self._has_answered = False
        self._closed = threading.Event()
        # A proxy of the environment has no business between a machine and its own loopback.
        self._http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            params={"catalogue": catalogue} if catalogue else {},
            timeout=TIMEOUT,
            trust_env=False,
            verify=_trusted(),
        )

    def patience(self) -> Patience:
        return Patience(self._patience_s, self._closed)

    def close(self) -> None:
        """Let go of the connections; requests that other threads are repeating give up."""
        self._closed.set()
        self._http.close()

    def once(self, path: str) -> httpx.Response | None:
        """What a GET is answered now, or None when nobody answers."""
        try:
            return self._http.get(path)
        except httpx.TransportError:
            return None

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        form: Form | None = None,
    ) -> httpx.Response:
        """Send one request until it is answered for good.

        Raises:
            NotAdmitted: answered with 401 or 403. Refusal: answered with another problem.
            ServiceUnreachable: no answer within the patience.
        """
        patience = self.patience()
        while True:
            late = patience.is_over
            if self._closed.is_set():
                raise ServiceUnreachable(_no_answer(self.url))
            try:
                with ExitStack() as opened:
                    files = None if form is None else form.parts(opened) or None
                    response = self._http.request(
                        method, path, params=params, headers=headers, json=body, content=content, files=files
                    )
            except httpx.TransportError as error:
                if "CERTIFICATE_VERIFY_FAILED" in str(error):
                    raise ServiceUnreachable(_not_trusted(self.url)) from error
                if late or not self._has_answered:
                    raise ServiceUnreachable(_no_answer(self.url)) from error
                patience.wait()
            else:
                self._has_answered = True
                if response.status_code not in {429, 503} or late:
                    return _checked(response)
                patience.wait(_retry_after_s(response))


def json_object(response: httpx.Response) -> dict[str, Any]:
    """The answer, which must be a JSON object. Raises ServiceUnreachable: something else answers at that URL."""
    try:
        answer = response.json()
    except ValueError as error:
        raise no_vitrine(response) from error
    if not isinstance(answer, dict):
        raise no_vitrine(response)
    return answer


def no_vitrine(response: httpx.Response) -> ServiceUnreachable:
    return ServiceUnreachable(f"What answers at {response.url.copy_with(query=None)} does not speak Vitrine's API.")


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


def _trusted() -> ssl.SSLContext:
    """The usual authorities, and this machine's own: a company's may be among them, or in SSL_CERT_FILE."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def _not_trusted(url: str) -> str:
    return f"The certificate of {url} is not trusted here. Name the file of its authority in SSL_CERT_FILE."


def _no_answer(url: str) -> str:
    return f"No Vitrine answers at {url}. Start it with `vitrine up`, or name another with --url."
