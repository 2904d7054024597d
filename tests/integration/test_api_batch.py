"""Batches over HTTP: a line in, an answer a line, in order, as chunks are committed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import select
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from catalogue import models
from service.app import routes
from service.contract import document
from service.lines import CHUNK_BYTES, CHUNK_LINES, LINE_BYTES, MOST_LINES
from tests.contract import faults
from tests.integration.shop import Shop, picture

NDJSON = "application/x-ndjson"
MADE = document(routes(), "/")


def send(shop: Shop, body: bytes | str, **how: Any) -> TestResponse:
    """Buffered: a server closes each answer, and Flask's client only those that it reads to their end."""
    return shop.call("POST", "/v1/items:batch", data=body, **{"content_type": NDJSON, "buffered": True, **how})


def batch(shop: Shop, *lines: Any) -> list[dict[str, Any]]:
    """The answers, each held against the contract."""
    answer = send(shop, ndjson(lines))
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == NDJSON
    return read(answer.text)


def ndjson(lines: Iterable[Any]) -> str:
    return "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)


def read(text: str) -> list[dict[str, Any]]:
    answers = [json.loads(line) for line in text.splitlines()]
    kinds = [MADE["components"]["schemas"][name] for name in ("LineWritten", "LineProblem")]
    assert [faults(MADE, kinds["type" in answer], answer) for answer in answers] == [[]] * len(answers)
    return answers


def stock(number: int, price: float = 5) -> dict[str, Any]:
    return {"sku": f"sku-{number}", "price": price, "available": False}


def items_of(shop: Shop) -> dict[str, Any]:
    listed = shop.call("GET", "/v1/items", query_string={"limit": 100}).json
    assert listed is not None
    return {item["sku"]: item for item in listed["items"]}


def places_free(shop: Shop) -> int:
    """Of those for requests whose bodies are read."""
    return shop.services.bodies._value


def test_each_line_is_answered_in_order_as_a_single_call_would_be(shop: Shop) -> None:
    shop.put("there", title="Old", attributes={"colour": "navy"})
    shop.put("old", title="Old")
    answers = batch(
        shop,
        {"sku": "new", "title": "New", "price": "12.50", "attributes": {"sizes": ["S", "M"]}},
        {"op": "patch", "sku": "there", "attributes": {"fit": "slim", "colour": None}},
        {"op": "put", "sku": "there", "title": "Replaced"},
        {"op": "put", "sku": "there", "title": "Replaced"},
        {"op": "delete", "sku": "old"},
        {"op": "delete", "sku": "old"},
    )
    assert [answer["status"] for answer in answers] == [201, 200, 200, 200, 204, 404]
    assert [answer["sku"] for answer in answers] == ["new", "there", "there", "there", "old", "old"]
    assert [answer.get("changed") for answer in answers] == [True, True, True, False, True, None]
    assert answers[-1]["type"] == "/problems/not-found"
    assert answers[-1]["line"] == 6
    found = items_of(shop)
    assert set(found) == {"new", "there"}
    assert (found["new"]["price"], found["new"]["attributes"]) == (12.5, {"sizes": ["S", "M"]})
    assert (found["there"]["title"], found["there"]["attributes"]) == ("Replaced", {})
    assert answers[0]["seq"] == shop.seq() - 2  # the probe's own two


def test_a_search_shows_a_batch_under_its_number(shop: Shop) -> None:
    shop.stock(**{"tee-1": "blue tee", "tee-2": "red tee"})
    answers = batch(shop, {"sku": "tee-1", "price": 3}, {"sku": "tee-2", "published": False}, {"sku": "tee-3"})
    seen = {"Vitrine-Min-Seq": str(answers[-1]["seq"])}
    found = shop.call("GET", "/v1/search", query_string={"min_confidence": 0}, headers=seen)
    assert found.json is not None
    assert {hit["sku"] for hit in found.json["hits"]} == {"tee-1", "tee-3"}


WRONG: dict[str, tuple[Any, int, str, str | None]] = {
    "not JSON": ("{'sku': 'a'}", 400, "not-json", None),
    "half a line": ('{"sku": "a"', 400, "not-json", None),
    "no object": ('["a"]', 422, "invalid-input", ""),
    "no sku": ({"title": "T"}, 422, "invalid-input", "/sku"),
    "a sku of another type": ({"sku": 7}, 422, "invalid-input", "/sku"),
    "a sku that cannot be": ({"sku": "a/b"}, 422, "invalid-input", "/sku"),
    "a NUL": ('{"sku": "a\\u0000"}', 422, "invalid-input", ""),
    "half a surrogate pair": ('{"sku": "\\ud800"}', 422, "invalid-input", ""),
    "an unknown op": ({"sku": "a", "op": "drop"}, 422, "invalid-input", "/op"),
    "an unknown member": ({"sku": "a", "colour": "navy"}, 422, "invalid-input", "/colour"),
    "a wrong type": ({"sku": "a", "published": "yes"}, 422, "invalid-input", "/published"),
    "null in a put": ({"sku": "a", "op": "put", "title": None}, 422, "invalid-input", "/title"),
    "a delete of more": ({"sku": "a", "op": "delete", "title": "T"}, 422, "invalid-input", "/title"),
    "a price that is none": ({"sku": "a", "price": "much"}, 422, "invalid-input", "/price"),
    "a value of another type": ({"sku": "a", "attributes": {"size": "M"}}, 422, "field-type", "/attributes/size"),
    "a number beyond all bounds": ('{"sku": "a", "price": 1' + "0" * 400 + "}", 422, "invalid-input", ""),
    "deep nesting": ('{"sku": "a", "attributes": {"x": ' + "[" * 99 + "]" * 99 + "}}", 422, "invalid-input", ""),
    "a line without end": ('{"sku": "a", "title": "' + "x" * LINE_BYTES + '"}', 422, "invalid-input", ""),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_line_fails_alone(shop: Shop, what: str) -> None:
    line, status, code, pointer = WRONG[what]
    first, wrong, last = batch(shop, {"sku": "b", "attributes": {"size": 4}}, line, {"sku": "c", "title": "C"})
    assert (first["status"], last["status"]) == (201, 201)
    assert (wrong["status"], wrong["type"], wrong["line"]) == (status, f"/problems/{code}", 2)
    assert [fault["pointer"] for fault in wrong.get("errors", [])] == ([] if pointer is None else [pointer])
    assert len(wrong["detail"]) < 400
    assert set(items_of(shop)) == {"b", "c"}


def test_blank_lines_count_and_have_no_answer(shop: Shop) -> None:
    answer = send(shop, b'\xef\xbb\xbf{"sku": "a"}\r\n\n  \n{"op": 1}\n{"sku": "b"}')
    first, wrong, last = read(answer.text)
    assert (first["status"], wrong["line"], last["sku"]) == (201, 4, "b")


@pytest.mark.parametrize("body", ["", "\n", " \r\n\n", ndjson({"sku": "a"} for _ in range(MOST_LINES + 1))])
def test_a_batch_of_no_line_or_too_many_is_refused_as_a_whole(shop: Shop, body: str) -> None:
    refused = send(shop, body)
    assert refused.status_code == 422
    assert items_of(shop) == {}


def test_ten_thousand_lines_are_taken(shop: Shop) -> None:
    answer = send(shop, ndjson(["{}"] * (MOST_LINES - 1)) + json.dumps({"sku": "last"}))
    answers = read(answer.text)
    assert len(answers) == MOST_LINES
    assert answers[-1]["status"] == 201


@pytest.mark.parametrize(
    "kind", [None, "application/json", "text/plain", "multipart/form-data; boundary=b", "application/x-ndjson2"]
)
def test_another_media_type_is_refused(shop: Shop, kind: str | None) -> None:
    refused = send(shop, '{"sku": "a"}\n', content_type=kind)
    assert refused.status_code == 415
    assert refused.json is not None
    assert refused.json["type"] == "/problems/not-ndjson"
    assert items_of(shop) == {}


def test_a_charset_does_no_harm(shop: Shop) -> None:
    assert send(shop, '{"sku": "é"}', content_type=f"{NDJSON}; charset=utf-8").status_code == 200
    assert set(items_of(shop)) == {"é"}


def test_a_catalogue_that_is_none_takes_no_batch(shop: Shop) -> None:
    refused = send(shop, '{"sku": "a"}\n', query_string={"catalogue": "nobody"})
    assert refused.status_code == 404


def test_chunks_are_answered_as_they_are_committed_and_hanging_up_stops_between_them(shop: Shop) -> None:
    free = places_free(shop)
    answer = send(shop, ndjson(stock(number) for number in range(3 * CHUNK_LINES)), buffered=False)
    assert places_free(shop) == free - 1
    first = read(next(answer.iter_encoded()).decode())
    assert [line["status"] for line in first] == [201] * CHUNK_LINES
    assert shop.call("GET", f"/v1/items/sku-{CHUNK_LINES - 1}").status_code == 200
    assert shop.call("GET", f"/v1/items/sku-{CHUNK_LINES}").status_code == 404
    answer.close()
    assert places_free(shop) == free
    assert shop.call("GET", f"/v1/items/sku-{CHUNK_LINES}").status_code == 404
    assert list(shop.services.incoming.iterdir()) == []


def test_a_chunk_of_long_lines_is_a_short_one(shop: Shop) -> None:
    text = "x" * 9_999
    lines = [{"sku": f"sku-{number}", "attributes": {f"f{each}": text for each in range(20)}} for number in range(12)]
    answer = send(shop, ndjson(lines), buffered=False)
    first = read(next(answer.iter_encoded()).decode())
    answer.close()
    assert len(first) == -(-CHUNK_BYTES // 200_000)


def test_a_database_that_fails_in_the_middle_is_answered_for_each_line_that_is_left(shop: Shop) -> None:
    """SQLite's disk is full, PostgreSQL's connection is lost, while the second chunk is written."""
    database = shop.services.database
    batch(shop, *(stock(number) for number in range(3 * CHUNK_LINES)))
    seen: list[str] = []

    def fail(*event: Any) -> None:
        if event[2].startswith("UPDATE items"):
            seen.append(event[2])
        if len(seen) == 2:
            connection = event[0].connection.dbapi_connection
            connection.execute(
                f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}"
                if database.is_sqlite
                else "SELECT pg_terminate_backend(pg_backend_pid())"
            )

    title = "x" * 1000
    sqlalchemy.event.listen(database.write_engine, "before_cursor_execute", fail)
    try:
        answers = batch(shop, *({**stock(number, 7), "title": title} for number in range(3 * CHUNK_LINES)))
    finally:
        sqlalchemy.event.remove(database.write_engine, "before_cursor_execute", fail)
        with database.write_engine.begin() as connection:
            if database.is_sqlite:
                connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")
    status = 507 if database.is_sqlite else 503
    assert [line["status"] for line in answers] == [200] * CHUNK_LINES + [status] * 2 * CHUNK_LINES
    assert [line["line"] for line in answers[CHUNK_LINES:]] == list(range(CHUNK_LINES + 1, 3 * CHUNK_LINES + 1))
    assert "not tried" not in answers[CHUNK_LINES]["detail"]
    assert "not tried" in answers[-1]["detail"]
    prices = [shop.call("GET", f"/v1/items/sku-{number}").json["price"] for number in (0, 199, 200, 399, 400, 599)]  # type: ignore[index]  # it is JSON
    assert prices == [7, 7, 5, 5, 5, 5]
    again = batch(shop, *({**stock(number, 7), "title": title} for number in range(3 * CHUNK_LINES)))
    assert [line["changed"] for line in again] == [False] * CHUNK_LINES + [True] * 2 * CHUNK_LINES


def test_a_batch_is_one_line_of_the_log_under_the_requests_id(shop: Shop) -> None:
    with capture_logs() as log:
        send(shop, ndjson([stock(1), stock(1), {"op": "delete", "sku": "none"}]), headers={"X-Request-Id": "b-1"})
    [line] = [each for each in log if each["event"] == "batch_written"]
    assert (line["created"], line["kept"], line["refused"]) == (1, 1, 1)


def test_a_problem_of_a_line_names_the_request(shop: Shop) -> None:
    answer = send(shop, "{}\n", headers={"X-Request-Id": "b-2"})
    assert read(answer.text)[0]["instance"] == "b-2"


def test_work_that_a_batch_makes_due_keeps_the_requests_trace(shop: Shop) -> None:
    shop.put("tee", title="Tee")
    shop.upload("tee", picture())
    shop.work()
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    send(shop, ndjson([{"sku": "tee", "title": "New"}]), headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    with shop.services.database.reading() as session:
        traces = session.scalars(select(models.Work.trace).where(models.Work.catalogue_id == shop.catalogue.id)).all()
    assert [each.split("-")[1] for each in traces if each] == [trace]
