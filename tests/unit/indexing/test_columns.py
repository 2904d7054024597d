"""Append-only columns: whatever later generations do, an older one keeps its rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexing.columns import Column

Appends = st.lists(st.tuples(st.integers(0, 30), st.lists(st.integers(0, 99), max_size=20)), max_size=25)


@given(Appends)
def test_a_generation_never_changes_whichever_generation_is_extended_next(appends: list[tuple[int, list[int]]]) -> None:
    columns = [Column.of(np.zeros(0, np.int64))]
    expected: list[list[int]] = [[]]
    for base, rows in appends:
        base %= len(columns)
        columns.append(columns[base].append(np.array(rows, np.int64)))
        expected.append([*expected[base], *rows])
        assert [column.values.tolist() for column in columns] == expected


def test_appending_uses_the_room_that_is_left() -> None:
    column = Column.of(np.arange(3)).append(np.arange(3))
    assert np.shares_memory(column.values, column.append(np.arange(2)).values)
