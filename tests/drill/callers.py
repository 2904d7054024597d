"""Clients of the shop during a drill: one repeats what was not answered, others look what can be found meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from random import Random
from typing import Any

import httpx

from tests.drill.answers import Answered
from tests.drill.diary import Diary

PATIENCE_S = 600.0
ANSWERS_WITHIN_S = 60.0
PAUSE_S = 0.3
SHOWN_AT_MOST = 500  # characters of a wrong answer


class Unanswered(Exception):
    """Nobody answered within the patience."""


class Caller:
    """Repeats a request until it is answered by anything but "come back later". Any number of threads may use one.

    A 500 is never right, whatever was killed; it is noted, and the request repeated.
    """

    def __init__(self, url: str, diary: Diary, *, patience_s: float = PATIENCE_S) -> None:
        self._diary = diary
        self._patience_s = patience_s
        self._ended = threading.Event()
        # No connection is kept: each request meets whichever process listens.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(base_url=url, timeout=ANSWERS_WITHIN_S, limits=limits, trust_env=False)

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        until = time.monotonic() + self._patience_s
        while time.monotonic() < until and not self._ended.is_set():
            try:
                response = self._http.request(method, path, **request)
            except httpx.TransportError as error:
                self._diary.counts[f"unanswered {type(error).__name__}"] += 1
            else:
                if response.status_code == 500:
                    self._diary.wrong("A request was answered with 500.", path=path, body=response.text[:SHOWN_AT_MOST])
                elif response.status_code not in {429, 503}:
                    return response
                self._diary.counts[f"status {response.status_code}"] += 1
            self._ended.wait(PAUSE_S)
        raise Unanswered(f"{method} {path}")

    def get(self, path: str, headers: Mapping[str, str] | None = None, **params: Any) -> dict[str, Any]:
        response = self.ask("GET", path, params=params, headers=headers).raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def search(self, q: str, *, headers: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """The first hundred hits, however far off they are."""
        params = {"q": q, "min_confidence": "0", "limit": "100"}
        hits: list[dict[str, Any]] = self.ask("GET", "/v1/search", params=params, headers=headers).json()["hits"]
        return hits

    def is_ready(self) -> bool:
        try:
            return self._http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def close(self) -> None:
        self._ended.set()
        self._http.close()


class Watcher:
    """Searches all the time, and looks whether something comes back whose deletion was answered before."""

    def __init__(self, caller: Caller, answered: Answered, diary: Diary, luck: Random) -> None:
        self._caller = caller
        self._answered = answered
        self._diary = diary
        self._luck = luck
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def look(self) -> None:
        """One search, one list of look-alikes, one picture."""
        gone = self._answered.gone()
        self._check(gone, "search", self._caller.search(self._luck.choice(QUERIES)))
        gone = self._answered.gone()
        if there := list(self._answered.photos):
            sku = self._luck.choice(there)
            similar = self._caller.ask(
                "GET", f"/v1/items/{sku}/similar", params={"min_confidence": "0", "limit": "100"}
            )
            self._check(gone, "similar", similar.json().get("hits", []))
        if gone:
            one = self._luck.choice(sorted(gone))
            for path in (f"/v1/photos/{one}/image", f"/v1/photos/{one}", f"/v1/items/{one}"):
                if (status := self._caller.ask("GET", path).status_code) != 404:
                    self._diary.wrong("Something deleted was answered for.", path=path, status=status)
        self._diary.note("looked", gone=len(gone))

    def _check(self, gone: frozenset[str], where: str, hits: list[dict[str, Any]]) -> None:
        for hit in hits:
            photo_id = (hit["photo"] or {}).get("id")
            if hit["sku"] in gone or photo_id in gone:
                self._diary.wrong("Something deleted was found.", where=where, sku=hit["sku"], photo_id=photo_id)

    def _run(self) -> None:
        while not self._ended.wait(self._luck.uniform(0.2, 0.6)):
            try:
                self.look()
            except Unanswered:
                return


QUERIES = ("", "a photo", "blue shirt", "shoes", "zebra", "giraffe", "red bag", "article")
