"""W3C trace context: what is taken over, what is refused, and that work keeps the trace of who caused it."""

from __future__ import annotations

import re

import pytest
import structlog

from catalogue import traces
from catalogue.catalogues import Catalogue
from catalogue.database import Database
from tests.unit.catalogue.shop import claim, finish, patch, put, upload

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GIVEN = f"00-{TRACE}-00f067aa0ba902b7-01"
FORM = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]")


def test_a_trace_goes_on_with_a_span_of_our_own() -> None:
    first, second = traces.next_hop(GIVEN), traces.next_hop(GIVEN)
    assert first.startswith(f"00-{TRACE}-")
    assert first.endswith("-01")
    assert len({GIVEN, first, second}) == 3
    assert FORM.fullmatch(first)


def test_a_later_versions_header_is_read_as_far_as_this_one_knows_it() -> None:
    later = traces.next_hop(f"cc-{TRACE}-00f067aa0ba902b7-ff-what-the-future-will-be-like")
    assert later.startswith(f"00-{TRACE}-")
    assert later.endswith("-01")


@pytest.mark.parametrize(
    "given",
    [
        None, "", "00", GIVEN.upper(), f" {GIVEN}", f"{GIVEN}-more", f"ff{GIVEN[2:]}", GIVEN.replace(TRACE, "0" * 32),
        GIVEN.replace("00f067aa0ba902b7", "0" * 16), GIVEN.replace("4b", "4g"), f"{GIVEN}\n", f"cc{GIVEN[2:]}x",
    ],
)  # fmt: skip
def test_without_a_header_that_can_be_read_a_new_trace_begins(given: str | None) -> None:
    made = traces.next_hop(given)
    assert FORM.fullmatch(made)
    assert TRACE not in made


def test_work_keeps_the_trace_of_the_request_that_made_it_due(database: Database, catalogue: Catalogue) -> None:
    with structlog.contextvars.bound_contextvars(traceparent=GIVEN):
        upload(database, catalogue, "tee", "a")
    upload(database, catalogue, "cap", "b")
    held = claim(database)
    assert held is not None
    assert [job.trace for job in held.jobs] == [GIVEN, None]
    finish(database, held)


def test_work_that_is_due_afresh_has_the_trace_of_who_made_it_so(database: Database, catalogue: Catalogue) -> None:
    put(database, catalogue, "tee", title="blue")
    upload(database, catalogue, "tee", "a")
    held = claim(database)
    assert held is not None
    finish(database, held)
    for title, trace in (("red", GIVEN), ("green", traces.next_hop(GIVEN))):
        with structlog.contextvars.bound_contextvars(traceparent=trace):
            patch(database, catalogue, "tee", title=title)
    again = claim(database)
    assert again is not None
    assert [job.trace for job in again.jobs] == [trace]
