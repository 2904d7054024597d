"""A whole Vitrine seen from outside: numbers right with several processes, a trace from upload to caption."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.floor import picture, wait_until
from tests.integration.running import Running

pytestmark = pytest.mark.slow

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
COUNTED = ("vitrine_http_request_seconds_count", "GET", "/v1/items", "2xx")
CELERYS_FAREWELL = ("", "worker: Warm shutdown (MainProcess)")  # written past all logging, by its signal handler
Numbers = dict[tuple[str, ...], float]


class Inside:
    """A running shop; each request comes by a connection of its own, so that any process may answer."""

    def __init__(self, service: Running) -> None:
        self.service = service

    def get(self, path: str, **how: Any) -> httpx.Response:
        return httpx.get(f"{self.service.url}{path}", timeout=30, **how)

    def upload(self, sku: str, number: int, traceparent: str) -> str:
        answer = httpx.post(
            f"{self.service.url}/v1/items/{sku}/photos",
            files={"photo": ("a.jpg", picture(number))}, headers={"traceparent": traceparent}, timeout=60,
        )  # fmt: skip
        assert answer.status_code == 202, answer.text
        photo_id: str = answer.json()["photos"][0]["id"]
        wait_until(lambda: self.get(f"/v1/photos/{photo_id}").json()["state"] == "ready", 60, "the photo is ready")
        return photo_id

    def scrape(self) -> Numbers:
        families = text_string_to_metric_families(self.get("/metrics").text)
        return {
            (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
            for family in families
            for sample in family.samples
        }

    def lines(self, log: str, event: str) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, self.log(log)) if line["event"] == event]

    def log(self, name: str) -> list[str]:
        said = (self.service.data / "logs" / f"{name}.log").read_text().splitlines()
        return [line for line in said if line not in CELERYS_FAREWELL]

    def api_processes(self) -> list[psutil.Process]:
        """Those that answer: children of gunicorn's first process, and no decoders."""
        family = psutil.Process(self.service.process.pid).children(recursive=True)
        return [one for one in family if _is_gunicorn(one) and _is_gunicorn(one.parent())]


def _is_gunicorn(process: psutil.Process | None) -> bool:
    try:
        return process is not None and "gunicorn" in process.cmdline() and "workers.guardian" not in process.cmdline()
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def inside(demo: Running) -> Iterator[Inside]:
    yield Inside(demo)


def test_the_trace_of_an_upload_reaches_the_line_that_says_its_photo_is_done(inside: Inside) -> None:
    photo_id = inside.upload("traced", 901, f"00-{TRACE}-00f067aa0ba902b7-01")
    wait_until(lambda: bool(_of(inside, photo_id)), 20, "the worker has said so")
    (done,) = _of(inside, photo_id)
    requests = [line for line in inside.lines("api", "request") if TRACE in line["traceparent"]]
    (asked,) = [line for line in requests if line["method"] == "POST"]
    assert done["traceparent"].startswith(f"00-{TRACE}-")
    spans = {line["traceparent"].split("-")[2] for line in (asked, done)} | {"00f067aa0ba902b7"}
    assert len(spans) == 3, "every hop has a span of its own"


def test_without_a_trace_each_upload_begins_its_own(inside: Inside) -> None:
    one, two = (inside.upload("untraced", number, "") for number in (902, 903))
    traces = {_of(inside, photo_id)[0]["traceparent"].split("-")[1] for photo_id in (one, two)}
    assert len(traces) == 2


def test_processes_are_summed_and_one_that_is_killed_loses_and_doubles_nothing(inside: Inside) -> None:
    inside.upload("counted", 904, "")
    assert inside.scrape()["vitrine_work_finished_total", "picture", "done"] >= 1, "the worker's numbers are there"
    before = inside.scrape().get(COUNTED, 0)
    _ask(inside, 30)
    assert inside.scrape()[COUNTED] == before + 30
    assert {place for name, *_, place in _gauges(inside)} == {"api-0", "api-1"}
    for _ in range(2):
        os.kill(inside.api_processes()[0].pid, signal.SIGKILL)
        wait_until(lambda: _is_answered_by_two(inside), 60, "two processes answer")
    assert inside.scrape()[COUNTED] == before + 30
    _ask(inside, 20)
    assert inside.scrape()[COUNTED] == before + 50
    assert {place for name, *_, place in _gauges(inside)} == {"api-0", "api-1"}
    files = {path.name for path in (inside.service.data / "metrics").glob("counter_*.db")}
    assert files == {"counter_api-0.db", "counter_api-1.db", "counter_caption-worker-0.db"}


def test_every_line_of_the_logs_is_json(inside: Inside) -> None:
    for log in ("api", "caption-worker"):
        for line in inside.log(log):
            assert isinstance(json.loads(line), dict), line


def _of(inside: Inside, photo_id: str) -> list[dict[str, Any]]:
    return [line for line in inside.lines("caption-worker", "photo_done") if line["photo_id"] == photo_id]


def _ask(inside: Inside, times: int) -> None:
    for _ in range(times):
        assert inside.get("/v1/items?limit=1").status_code == 200


def _gauges(inside: Inside) -> list[tuple[str, ...]]:
    return [name for name in inside.scrape() if name[0] == "vitrine_view_behind_changes"]


def _is_answered_by_two(inside: Inside) -> bool:
    try:
        return inside.get("/readyz").status_code == 200 and len(_gauges(inside)) == 2
    except httpx.TransportError:
        return False
