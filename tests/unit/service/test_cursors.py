"""Cursors: read back exactly, and by nobody else's leave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.cursors import Cursors, query_hash
from service.errors import CursorExpired, CursorInvalid

numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(numbers, numbers, st.uuids(), st.integers(0, 1000))
def test_a_position_comes_back_exactly(value: float, score: float, item_id: object, shown: int) -> None:
    cursors = Cursors(b"secret")
    position = [value, score, str(item_id), shown]
    assert cursors.read(cursors.make("query", "world", position), "query", "world") == position


@given(st.text(max_size=80))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalid):
        Cursors(b"secret").read(text, "query", "world")


def test_a_cursor_of_another_secret_query_or_world_is_refused() -> None:
    cursor = Cursors(b"secret").make("query", "world", [1])
    with pytest.raises(CursorInvalid):
        Cursors(b"another").read(cursor, "query", "world")
    with pytest.raises(CursorInvalid):
        Cursors(b"secret").read(cursor, "another", "world")
    with pytest.raises(CursorExpired):
        Cursors(b"secret").read(cursor, "query", "another")


def test_parts_of_a_query_do_not_run_together() -> None:
    assert query_hash("a", "bc") != query_hash("ab", "c")
    assert query_hash("a", None) != query_hash("a", 0)
