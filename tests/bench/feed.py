"""A nightly stock feed: price and stock of every item by batches, while shoppers search."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.bench.fill import Filled
from tests.bench.serving import Caller, serving
from tests.bench.timing import p

LINES = 10_000  # a request
SEEN_WITHIN_S = 60


@dataclass(frozen=True)
class Fed:
    """`wrong`: searches that failed or showed what the filter forbids; `vectors_touched`, `work_made`: rows in SQL."""

    items: int
    seconds: float
    lines_per_s: float
    seen_after_s: float
    searches: int
    search_p50: float
    search_p95: float
    quiet_p50: float
    wrong: int
    vectors_touched: int
    work_made: int
    views_reloaded: int


def measure(filled: Filled, seed: int) -> Fed:
    """Each item gets a new price, and an `available` that is the opposite of what it was."""
    luck = Random(seed)  # noqa: S311 - to be repeated
    prices = [luck.randrange(500, 20_000) for _ in filled.skus]
    before = _vectors(filled.data)
    with serving(filled.data) as server:
        shopper = Shopper(server.port)
        quiet = [shopper.search() for _ in range(30)]
        reloads = server.log.read_text().count("view_read")
        thread = threading.Thread(target=shopper.run)
        thread.start()
        began = time.perf_counter()
        last_seq = _send(server.port, filled, prices)
        seconds = time.perf_counter() - began
        shopper.stopped.set()
        thread.join()
        seen_after_s = _until_seen(server.port, filled, prices, last_seq)
        reloads = server.log.read_text().count("view_read") - reloads
    return Fed(
        items=len(filled.skus), seconds=round(seconds, 1), lines_per_s=round(len(filled.skus) / seconds),
        seen_after_s=round(seen_after_s, 2), searches=len(shopper.seconds), search_p50=p(shopper.seconds, 50),
        search_p95=p(shopper.seconds, 95), quiet_p50=p(quiet, 50), wrong=shopper.wrong,
        vectors_touched=len(before ^ _vectors(filled.data)), work_made=_work(filled.data), views_reloaded=reloads,
    )  # fmt: skip


class Shopper:
    """Searches one after another for what can be bought, and looks whether the price is what was asked for."""

    def __init__(self, port: int) -> None:
        self._caller = Caller(port)
        self.stopped = threading.Event()
        self.seconds: list[float] = []
        self.wrong = 0

    def search(self) -> float:
        query: dict[str, Any] = {"q": "blue shirt", "filter": "price 20 TO 60", "facets": ["price"], "limit": 24}
        seconds, found = self._caller.search(**query)
        facet = found["facets"]["price"]
        if found["hits"] and not (20 <= facet["min"] <= facet["max"] <= 60):
            self.wrong += 1
        if sum(count for *_, count in facet["histogram"]) != found["total"]["value"]:
            self.wrong += 1
        return seconds

    def run(self) -> None:
        while not self.stopped.is_set():
            try:
                self.seconds.append(self.search())
            except (OSError, RuntimeError) as error:
                print(f"A search failed: {error}")  # noqa: T201
                self.wrong += 1


def _send(port: int, filled: Filled, prices: list[int]) -> int:
    caller = Caller(port)
    last = 0
    for first in range(0, len(filled.skus), LINES):
        rows = range(first, min(len(filled.skus), first + LINES))
        lines = [
            json.dumps({"sku": filled.skus[row], "price": prices[row] / 100, "available": row % 10 == 0})
            for row in rows
        ]
        _, answer = caller.post("/v1/items:batch", "\n".join(lines).encode(), "application/x-ndjson")
        answers = [json.loads(line) for line in answer.splitlines()]
        bad = [each for each in answers if each["status"] != 200]
        if bad or len(answers) != len(lines):
            raise RuntimeError(f"{len(answers)} answers to {len(lines)} lines; {bad[:3]}")
        last = max(each["seq"] for each in answers)
    caller.close()
    return last


def _until_seen(port: int, filled: Filled, prices: list[int], last_seq: int) -> float:
    """Seconds from the last answer until the API's view has it all, checked by two counts."""
    caller = Caller(port)
    buyable = sum(row % 10 == 0 for row in range(len(filled.skus)))
    cheap = sum(price < 2_000 for price in prices)
    began = time.perf_counter()
    while time.perf_counter() - began < SEEN_WITHIN_S:
        _, found = caller.search(q="", filter="available = true", limit=1)
        if found["seq"] >= last_seq:
            seconds = time.perf_counter() - began
            _, dear = caller.search(q="", filter="price < 20", limit=1)
            assert (found["total"]["value"], dear["total"]["value"]) == (buyable, cheap)
            return seconds
        time.sleep(0.05)
    raise RuntimeError("The API has not caught up with the feed.")


def _vectors(data: Path) -> set[tuple[Any, ...]]:
    with sqlite3.connect(data / "vitrine.sqlite") as connection:
        rows = connection.execute('SELECT count(*), max(rowid), sum(length("values")) FROM vectors').fetchall()
    return set(rows)


def _work(data: Path) -> int:
    with sqlite3.connect(data / "vitrine.sqlite") as connection:
        return int(connection.execute("SELECT count(*) FROM work").fetchone()[0])
