"""Columns of fields against a list of plain values: filters, counts, bins, order, and generations."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.states import FieldType
from indexing.fields import Range
from indexing.fields.booleans import BooleanColumn
from indexing.fields.kinds import empty_column
from indexing.fields.lists import ListColumn
from indexing.fields.numbers import NumberColumn
from indexing.fields.strings import StringColumn
from indexing.tokens import fold

WORDS = st.sampled_from(
    ["navy", "Navy", "NAVY", "ß", "SS", "i", "İ", "é", "e\u0301", "z", "", "a" * 130 + "b", "a" * 130]
)
NUMBERS = st.one_of(st.integers(-5, 5), st.floats(-10, 10, allow_nan=False))
VALUES: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.STRING: WORDS,
    FieldType.NUMBER: NUMBERS,
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: st.integers(-(2**60), 2**60),
}
LISTS = {FieldType.STRINGS: WORDS, FieldType.NUMBERS: NUMBERS, FieldType.BOOLEANS: st.booleans()}
DRAWN = {**VALUES, **{type_: st.lists(each, max_size=4) for type_, each in LISTS.items()}}


def elements(value: Any) -> list[Any]:
    """What a value compares by, once each."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    return list(dict.fromkeys(fold(each) if isinstance(each, str) else each for each in values))


def drawn(data: st.DataObject, type_: FieldType) -> tuple[Any, list[Any]]:
    """A column written in two steps, the second over some rows of the first, and what it must hold."""
    maybe = st.one_of(st.none(), DRAWN[type_])
    first = data.draw(st.lists(maybe, max_size=12))
    more = data.draw(st.lists(maybe, max_size=4))
    length = len(first) + len(more)
    again = data.draw(st.lists(st.integers(0, max(0, length - 1)), unique=True, max_size=length))
    values = [*first, *more]
    column = empty_column(type_).written(np.arange(len(first)), first, len(first))
    column = column.written(np.arange(len(first), length), more, length)
    new = [data.draw(maybe) for _ in again]
    for row, value in zip(again, new, strict=True):
        values[row] = value
    return column.written(np.array(sorted(again), np.int64), [values[row] for row in sorted(again)], length), values


@pytest.mark.parametrize("type_", list(FieldType))
@given(data=st.data())
def test_a_column_filters_as_its_values_do(type_: FieldType, data: st.DataObject) -> None:
    column, values = drawn(data, type_)
    scalar = LISTS[type_] if type_ in LISTS else VALUES[type_]
    wanted = data.draw(st.lists(scalar, min_size=1, max_size=3))
    assert (column.type, len(column)) == (type_, len(values))
    assert column.present().tolist() == [bool(elements(value)) for value in values]
    asked = set(elements(wanted))
    assert column.among(wanted).tolist() == [bool(asked & set(elements(value))) for value in values]


@pytest.mark.parametrize(
    "type_", [type_ for type_ in FieldType if type_ not in {FieldType.BOOLEAN, FieldType.BOOLEANS}]
)
@given(data=st.data())
def test_a_range_holds_what_lies_between_its_ends(type_: FieldType, data: st.DataObject) -> None:
    column, values = drawn(data, type_)
    end = st.one_of(st.none(), LISTS[type_] if type_ in LISTS else VALUES[type_])
    asked = Range(data.draw(end), data.draw(end), data.draw(st.booleans()), data.draw(st.booleans()))
    low, high = (None if each is None else elements(each)[0] for each in (asked.low, asked.high))

    def inside(value: Any) -> bool:
        above = low is None or value > low or (value == low and asked.includes_low)
        return above and (high is None or value < high or (value == high and asked.includes_high))

    assert column.within(asked).tolist() == [any(map(inside, elements(value))) for value in values]


@pytest.mark.parametrize("type_", [FieldType.STRING, FieldType.STRINGS, FieldType.BOOLEAN, FieldType.BOOLEANS])
@given(data=st.data())
def test_values_are_counted_once_an_item_in_their_commonest_spelling(type_: FieldType, data: st.DataObject) -> None:
    column, values = drawn(data, type_)
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, len(values) - 1)))) if values else [], np.int64)
    limit = data.draw(st.integers(1, 5))
    counts = Counter(each for row in rows for each in elements(values[row]))
    best = sorted(counts, key=lambda each: (-counts[each], each))[:limit]
    everywhere = np.arange(len(values))
    top = column.top(rows, limit, column.commonest(everywhere))
    assert [(fold(value) if isinstance(value, str) else value, count) for value, count in top] == [
        (each, counts[each]) for each in best
    ]
    spelled = Counter(
        spelling
        for value in values
        for spelling in {
            fold(one) if isinstance(one, str) else one: one
            for one in reversed(value if isinstance(value, list) else [] if value is None else [value])
        }.values()
    )
    for value, _ in top:
        rivals = [each for each in spelled if elements(each) == elements(value)]
        assert value == min(rivals, key=lambda each: (-spelled[each], each))


@pytest.mark.parametrize("type_", [FieldType.NUMBER, FieldType.NUMBERS, FieldType.DATE])
@given(data=st.data())
def test_numbers_are_counted_in_ten_equal_bins(type_: FieldType, data: st.DataObject) -> None:
    column, values = drawn(data, type_)
    rows = np.arange(len(values))
    exact = [each for value in values for each in elements(value)]
    flat = [float(each) for each in exact]
    found = column.histogram(rows)
    if not flat:
        assert found is None
        return
    low, high = min(flat), max(flat)
    edges = [low, high] if low == high else [*(low + (high - low) * step / 10 for step in range(10)), high]
    assert list(found.edges) == [min(exact), *edges[1:-1], max(exact)]

    def bin_of(value: float) -> int:
        return max(place for place, edge in enumerate(edges[:-1]) if value >= edge or place == 0)

    expected = Counter(place for value in values for place in {bin_of(float(each)) for each in elements(value)})
    assert list(found.counts) == [expected[place] for place in range(len(edges) - 1)]


@pytest.mark.parametrize("type_", list(VALUES))
@given(data=st.data())
def test_keys_sort_as_values_do_and_a_position_finds_its_place(type_: FieldType, data: st.DataObject) -> None:
    column, values = drawn(data, type_)
    keys = column.keys()
    sorts = {row: each[:128] if isinstance(each, str) else each for row, v in enumerate(values) for each in elements(v)}
    for one, its in sorts.items():
        assert column.key_of(column.value_at(one)) == keys[one]
        for other, others in sorts.items():
            assert (keys[one] < keys[other]) == (its < others)
    stranger = elements(data.draw(VALUES[type_]))[0]
    stranger = stranger[:128] if isinstance(stranger, str) else stranger
    place = column.key_of(stranger)
    assert all((keys[row] < place) == (its < stranger) for row, its in sorts.items())


@given(data=st.data())
@pytest.mark.parametrize("type_", list(FieldType))
def test_an_older_generation_sees_nothing_change(type_: FieldType, data: st.DataObject) -> None:
    old, values = drawn(data, type_)
    before = [old.present().tolist(), old.size_bytes > 0]
    rows = np.arange(len(values) + 2)
    new = old.written(rows, [data.draw(DRAWN[type_]) for _ in rows], len(rows))
    assert len(new) == len(values) + 2
    assert [old.present().tolist(), old.size_bytes > 0] == before
    probes = [each for value in values for each in (value if isinstance(value, list) else [value]) if each is not None]
    for probe in probes:
        assert old.among([probe]).tolist() == [elements(probe)[0] in elements(value) for value in values]


def test_dates_and_prices_are_compared_exactly() -> None:
    far = 2**53 + 1  # a float would round it
    dates = NumberColumn(np.zeros(0, np.int64), type=FieldType.DATE).written(np.arange(2), [far, far + 1], 2)
    assert dates.among([far]).tolist() == [True, False]
    assert dates.among([far, 5]).tolist() == [True, False]
    assert dates.within(Range(low=far, includes_low=False)).tolist() == [False, True]


def test_a_histogram_ends_at_the_very_values_that_a_float_would_round() -> None:
    first, last = 2**53 + 1, 253_402_300_799_999_999  # the last microsecond of the year 9999
    dates = NumberColumn(np.zeros(0, np.int64), type=FieldType.DATE).written(np.arange(2), [first, last], 2)
    found = dates.histogram(np.arange(2))
    assert found is not None
    assert (found.edges[0], found.edges[-1]) == (first, last)
    assert found.counts == (1, *[0] * 8, 1)


def test_the_empty_columns_answer_nothing() -> None:
    nothing = np.zeros(0, np.int64)
    assert StringColumn().top(nothing, 5, StringColumn().commonest(nothing)) == []
    assert BooleanColumn().top(nothing, 5, BooleanColumn().commonest(nothing)) == []
    assert ListColumn(StringColumn()).present().tolist() == []
    assert NumberColumn().histogram(nothing) is None
    assert not math.isnan(StringColumn().key_of("a"))
